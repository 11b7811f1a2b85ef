"""The cases of the events files, as native records and as deliveries."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from detection_builders import T, World

from tidegate import probe_cases
from tidegate.detection import Delivery
from tidegate.rules import Rules

EVENTS = Path(__file__).parents[1] / "events"


class Case(NamedTuple):
    detector: str
    fires: bool
    told: dict[str, Any]

    @property
    def id(self) -> str:
        return f"{self.detector}-{self.told['name']}"

    @property
    def world(self) -> World:
        return World(rules=Rules.from_toml(self.told.get("rules", "")))


def cases() -> Iterator[Case]:
    for file in sorted(EVENTS.glob("*.json")):
        told = json.loads(file.read_text())
        for expected in ("fires", "quiet"):
            for case in told[expected]:
                yield Case(told["detector"], expected == "fires", case)


def steps(case: dict[str, Any]) -> Iterator[Delivery | datetime]:
    return probe_cases.steps(case["name"], case["records"])


def happens(step: Delivery | datetime, world: World) -> None:
    if isinstance(step, Delivery):
        world.detection.take([step])
    else:
        world.watch(step.timestamp() - T)
