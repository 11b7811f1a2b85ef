"""The cases of the events files, as native records and as deliveries."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from detection_builders import T, World

from tidegate.detection import Delivery
from tidegate.errors import DamagedRecord
from tidegate.model import Record
from tidegate.rules import Rules
from tidegate.sources import read_any

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


def steps(case: dict[str, Any]) -> Iterator[Delivery | float]:
    """Deliveries, and times (seconds after NOW) at which the watch looks at what came."""
    for number, given in enumerate(case["records"]):
        if "watch" in given:
            yield datetime.fromisoformat(given["watch"]).timestamp() - T
        else:
            records = [read_one(record) for record in repeated(given)]
            yield Delivery(f"{case['name']}-{number}", records)


def happens(step: Delivery | float, world: World) -> None:
    if isinstance(step, Delivery):
        world.detection.take([step])
    else:
        world.watch(step)


def repeated(given: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """`{repeat, record}`: an invocation or API call so many times, so many seconds apart, each with its own id.

    `{n}` in it is its number, and is one where nothing else is in the string."""
    if "repeat" not in given:
        yield given
        return
    for number in range(given["repeat"]["times"]):
        record = _numbered(given["record"], number)
        told = record.get("detail", record)  # an API call lies in its envelope
        when, request = ("eventTime", "requestID") if "eventTime" in told else ("timestamp", "requestId")
        time = datetime.fromisoformat(told[when]) + timedelta(seconds=number * given["repeat"]["seconds"])
        told[when] = time.isoformat().replace("+00:00", "Z")
        told[request] = f"{told[request]}-{number}"
        if "eventID" in told:
            told["eventID"] = f"{told['eventID']}-{number}"
        yield record


def _numbered(value: Any, number: int) -> Any:
    if isinstance(value, dict):
        return {str(_numbered(name, number)): _numbered(held, number) for name, held in value.items()}
    if isinstance(value, list):
        return [_numbered(held, number) for held in value]
    if value == "{n}":
        return number
    return value.replace("{n}", str(number)) if isinstance(value, str) else value


def read_one(record: dict[str, Any]) -> Record:
    read = list(read_any(json.dumps(record).encode(), "events"))
    assert len(read) == 1
    assert not isinstance(read[0], DamagedRecord)
    return read[0]
