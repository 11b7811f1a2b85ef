"""An application installs tidegate_quota by itself: the wheel holds all of it, and needs boto3 alone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from deployed_template import ROOT

LOOK = """
import sys
sys.path.insert(0, sys.argv[1])
import tidegate_quota
print(tidegate_quota.__file__.startswith(sys.argv[1]), sorted({"tidegate", "pydantic", "msgspec"} & set(sys.modules)))
"""


def test_the_wheel_is_imported_without_anything_of_tidegate(tmp_path: Path) -> None:
    source = ROOT / "functions/tidegate_quota"
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=source, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    said = subprocess.run([sys.executable, "-I", "-c", LOOK, str(wheel)], check=True, capture_output=True, text=True)
    assert said.stdout.split(maxsplit=1) == ["True", "[]\n"]
