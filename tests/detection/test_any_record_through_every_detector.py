"""Whatever a record holds, no detector falls over it: the records of events/, with any JSON anywhere in them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from detection_builders import World
from hypothesis import given, settings
from hypothesis import strategies as st
from odd_json import odd_values, paths, replaced

from tidegate.detection import Delivery
from tidegate.errors import DamagedRecord
from tidegate.sources import read_any

EVENTS = Path(__file__).parents[2] / "events"


def _written() -> Iterator[list[dict[str, Any]]]:
    """The records of every case, and of every ordinary theme in runs of ten."""
    for file in sorted(EVENTS.glob("*.json")):
        told = json.loads(file.read_text())
        for case in (*told["fires"], *told["quiet"]):
            yield [given.get("record", given) for given in case["records"]]
    for file in sorted((EVENTS / "benign").glob("*.jsonl")):
        lines = [json.loads(line) for line in file.read_text().splitlines()]
        yield from (lines[start : start + 10] for start in range(0, len(lines), 10))


CASES = list(_written())


@settings(max_examples=150)
@given(data=st.data(), case=st.sampled_from(CASES), value=odd_values)
def test_no_record_makes_a_detector_fall_over(data: st.DataObject, case: list[dict[str, Any]], value: Any) -> None:
    place = data.draw(st.integers(0, len(case) - 1))
    path = data.draw(st.sampled_from(paths(case[place])))
    told = [*case[:place], replaced(case[place], path, value), *case[place + 1 :]]
    world = World()
    for number, record in enumerate(told):
        read = list(read_any(json.dumps(record).encode(), "events"))
        records = [one for one in read if not isinstance(one, DamagedRecord)]
        damaged = [one for one in read if isinstance(one, DamagedRecord)]
        assert world.detection.take([Delivery(f"{number}", records, damaged)]) == set()
    for finding in world.found:
        assert finding.model_dump_json()
