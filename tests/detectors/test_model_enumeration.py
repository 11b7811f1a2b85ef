"""What cases can't say about model_enumeration: order of arrival, redelivery, evidence, what it costs."""

from __future__ import annotations

from itertools import permutations

import pytest
from detection_builders import World, an_api_call

from tidegate.detectors.model_enumeration import RECON
from tidegate.model import Severity


def _looks(count: int, **more):
    return [an_api_call(name, at=60 * n, read_only=True, **more) for n, name in enumerate(RECON[:count])]


def _a_loud_one():
    world = World()
    world.see(*_looks(5))
    [finding] = world.found
    return finding


@pytest.mark.parametrize("order", list(permutations(range(5)))[::11])
def test_every_order_of_arrival_gives_the_same_finding(order):
    calls, world = _looks(5), World()
    for place in order:
        world.see(calls[place])

    assert [finding.id for finding in world.found] == [_a_loud_one().id]


def test_a_second_delivery_of_four_is_not_a_fifth():
    world = World()
    world.see(*_looks(4))
    world.see(*_looks(4), delivery="again")

    assert world.found == []


def test_going_on_is_the_same_finding():
    world = World()
    world.see(*_looks(12))
    world.see(*_looks(12), delivery="again")

    assert len(world.found) == 1


def test_the_evidence_names_what_was_asked_and_how_much_is_enough():
    finding = _a_loud_one()

    assert finding.evidence["apis"] == sorted(RECON[:5])
    assert (finding.evidence["distinct"], finding.evidence["distinct_needed"]) == (5, 5)
    assert len(finding.event_ids) == 5


def test_a_person_at_the_console_is_a_weaker_signal():
    world = World()
    world.see(*_looks(5, user_agent="Mozilla/5.0 (X11; Linux x86_64)"))

    assert world.found[0].severity == Severity.LOW


def test_a_caller_that_only_invokes_leaves_nothing_behind():
    world = World()
    world.see(an_api_call("InvokeModel", at=0))
    revision = next(iter(world.states._stored.values())).revision

    world.see(an_api_call("InvokeModel", at=300))

    assert next(iter(world.states._stored.values())).revision == revision
