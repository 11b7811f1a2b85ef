"""The morning as files, and the command as a person runs it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

START = datetime(2026, 9, 14, 7, tzinfo=UTC)
PIPELINE = ("--pipeline", "role:DeploymentPipeline")


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    problems: str


type Tidegate = Callable[..., Ran]


def lines_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]
