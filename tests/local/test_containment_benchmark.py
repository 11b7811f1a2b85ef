"""The benchmark of containments contains: a figure of something that did not happen is no figure."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.end_to_end

ROOT = Path(__file__).parents[2]


def test_every_kind_of_incident_is_contained_and_timed(tmp_path: Path) -> None:
    figures = tmp_path / "figures.json"
    measure = [sys.executable, "bench/containment/measure.py", "--incidents", "1", "--json", str(figures)]
    ran = subprocess.run(measure, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    report = json.loads(figures.read_text())
    assert report["incidents"] == 5
    assert all(0 < kind["proven_p50"] <= kind["closed_p50"] for kind in report["milliseconds"].values())
