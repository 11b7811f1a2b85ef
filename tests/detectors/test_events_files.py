"""Every events file: what fires, fires; what must stay quiet, does. Through the readers and the engine, as in AWS."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from detection_builders import World

from tidegate import detectors
from tidegate.detection import Delivery
from tidegate.errors import DamagedRecord
from tidegate.model import Record
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
    world = World()
    *earlier, last = list(_deliveries(case))
    for delivery in earlier:
        world.detection.take([delivery])
    before = {finding.id for finding in world.found if finding.detector == detector}

    world.detection.take([last])

    new = [finding for finding in world.found if finding.id not in before and finding.detector == detector]
    assert bool(new) is fires, case["why"]
    assert not (fires and before), "only the last delivery of a case decides"


def _deliveries(case: dict[str, Any]) -> Iterator[Delivery]:
    for number, given in enumerate(case["records"]):
        records = [_read(record) for record in _repeated(given)]
        yield Delivery(f"{case['name']}-{number}", records)


def _repeated(given: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """`{repeat, record}`: an invocation so many times, so many seconds apart, each with its own id."""
    if "repeat" not in given:
        yield given
        return
    first = datetime.fromisoformat(given["record"]["timestamp"])
    for number in range(given["repeat"]["times"]):
        record = copy.copy(given["record"])
        time = first + timedelta(seconds=number * given["repeat"]["seconds"])
        record["timestamp"] = time.isoformat().replace("+00:00", "Z")
        record["requestId"] = f"{record['requestId']}-{number}"
        yield record


def _read(record: dict[str, Any]) -> Record:
    read = list(read_any(json.dumps(record).encode(), "events"))
    assert len(read) == 1
    assert not isinstance(read[0], DamagedRecord)
    return read[0]
