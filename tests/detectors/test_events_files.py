"""Every events file: what fires, fires; what must stay quiet, does. Through the readers and the engine, as in AWS."""

from __future__ import annotations

import json

import pytest
from event_cases import EVENTS, Case, cases, happens, steps

from tidegate import detectors


def test_every_detector_has_an_events_file_with_both_kinds():
    files = {file.stem: json.loads(file.read_text()) for file in EVENTS.glob("*.json")}

    assert set(files) == set(detectors.BY_ID)
    assert all(told["detector"] == name and told["fires"] and told["quiet"] for name, told in files.items())


@pytest.mark.parametrize("case", list(cases()), ids=lambda case: case.id)
def test_case(case: Case):
    world = case.world
    *earlier, last = list(steps(case.told))
    for step in earlier:
        happens(step, world)
    before = {finding.id for finding in world.found if finding.detector == case.detector}

    happens(last, world)

    new = [finding for finding in world.found if finding.id not in before and finding.detector == case.detector]
    assert bool(new) is case.fires, case.told["why"]
    assert not (case.fires and before), "only the last delivery of a case decides"
