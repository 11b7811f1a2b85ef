"""Modules of the benchmark and the training: scripts, no packages. What needs the bench extra is left out."""

from __future__ import annotations

import sys
from pathlib import Path

for _folder in ("quality", "training"):
    sys.path.append(str(Path(__file__).resolve().parents[2] / "bench" / _folder))
