"""The benchmark's modules, which are scripts and no package; those that need the bench extra are left out here."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench" / "quality"))
