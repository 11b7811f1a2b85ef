"""Properties of the whole registry: odd records never crash a detector; order and repetition don't change findings."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from typing import Any

import pytest
from detection_builders import World, ids
from event_cases import Case, cases, steps
from hypothesis import given, settings
from hypothesis import strategies as st
from odd_json import odd_values, paths, replaced

from tidegate.detection import Delivery
from tidegate.errors import DamagedRecord
from tidegate.probe_cases import repeated
from tidegate.sources import read_any
from tidegate_local.memory import MemoryDeliveries

CASES = [case for case in cases() if not any("watch" in given for given in case.told["records"])]
RECORDS = [(case, next(iter(repeated(given)))) for case in CASES for given in case.told["records"]]


@settings(max_examples=400)
@given(data=st.data())
def test_any_json_value_anywhere_in_a_record_crashes_nothing(data: st.DataObject):
    """The odd record comes after the sound ones of its case, and once more: memories have been opened by then."""
    case, record = data.draw(st.sampled_from(RECORDS))
    place = data.draw(st.sampled_from(paths(record)))
    odd = replaced(record, place, data.draw(odd_values))
    world = case.world
    for delivery in steps(case.told):
        assert isinstance(delivery, Delivery)
        world.detection.take([delivery])

    read = [one for one in read_any(json.dumps(odd).encode(), "odd") if not isinstance(one, DamagedRecord)]
    for again in ("odd", "odd-again"):
        assert world.detection.take([Delivery(again, read)]) == set()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_what_comes_twice_is_found_once(case: Case):
    """Every delivery once more after all of them, and its mark is gone: what a queue may do within days."""
    once, twice = case.world, case.world
    deliveries = [step for step in steps(case.told) if isinstance(step, Delivery)]
    for delivery in deliveries:
        once.detection.take([delivery])
        twice.detection.take([delivery])
    forgetful = twice.but(deliveries=MemoryDeliveries())
    for delivery in deliveries:
        forgetful.detection.take([delivery])

    assert _of(case, twice) == _of(case, once)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_the_order_within_a_batch_decides_nothing(case: Case):
    deliveries = [step for step in steps(case.told) if isinstance(step, Delivery)]
    expected = _found_in_one_batch(case, deliveries)

    for seed in range(3):
        shuffled = [replace(one, records=_shuffled(one.records, seed)) for one in _shuffled(deliveries, seed)]
        assert _found_in_one_batch(case, shuffled) == expected


def _found_in_one_batch(case: Case, deliveries: list[Delivery]) -> set[str]:
    world = case.world
    world.detection.take(deliveries)
    return ids(world.found)


def _of(case: Case, world: World) -> set[str]:
    """Ids of what the case's own detector found."""
    return ids(finding for finding in world.found if finding.detector == case.detector)


def _shuffled(things: Any, seed: int) -> list[Any]:
    return random.Random(seed).sample(list(things), len(things))
