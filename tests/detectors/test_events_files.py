"""Every events file: what fires, fires; what must stay quiet, does. Through the readers and the engine, as in AWS."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from detection_builders import T, World

from tidegate import detectors
from tidegate.detection import Delivery
from tidegate.errors import DamagedRecord
from tidegate.model import Record
from tidegate.rules import Rules
from tidegate.sources import read_any

EVENTS = Path(__file__).parents[2] / "events"


def _cases() -> Iterator[Any]:
    for file in sorted(EVENTS.glob("*.json")):
        told = json.loads(file.read_text())
        for expected in ("fires", "quiet"):
            for case in told[expected]:
                yield pytest.param(told["detector"], expected == "fires", case, id=f"{file.stem}-{case['name']}")


def test_every_detector_has_an_events_file_with_both_kinds():
    files = {file.stem: json.loads(file.read_text()) for file in EVENTS.glob("*.json")}

    assert set(files) == set(detectors.BY_ID)
    assert all(told["detector"] == name and told["fires"] and told["quiet"] for name, told in files.items())


@pytest.mark.parametrize(("detector", "fires", "case"), list(_cases()))
def test_case(detector: str, fires: bool, case: dict[str, Any]):
    world = World(rules=Rules.from_toml(case.get("rules", "")))
    *earlier, last = list(_steps(case))
    for step in earlier:
        _happens(step, world)
    before = {finding.id for finding in world.found if finding.detector == detector}

    _happens(last, world)

    new = [finding for finding in world.found if finding.id not in before and finding.detector == detector]
    assert bool(new) is fires, case["why"]
    assert not (fires and before), "only the last delivery of a case decides"


def _steps(case: dict[str, Any]) -> Iterator[Delivery | float]:
    """Deliveries, and times (seconds after NOW) at which the watch looks at what came."""
    for number, given in enumerate(case["records"]):
        if "watch" in given:
            yield datetime.fromisoformat(given["watch"]).timestamp() - T
        else:
            records = [_read(record) for record in _repeated(given)]
            yield Delivery(f"{case['name']}-{number}", records)


def _happens(step: Delivery | float, world: World) -> None:
    if isinstance(step, Delivery):
        world.detection.take([step])
    else:
        world.watch(step)


def _repeated(given: dict[str, Any]) -> Iterator[dict[str, Any]]:
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


def _read(record: dict[str, Any]) -> Record:
    read = list(read_any(json.dumps(record).encode(), "events"))
    assert len(read) == 1
    assert not isinstance(read[0], DamagedRecord)
    return read[0]
