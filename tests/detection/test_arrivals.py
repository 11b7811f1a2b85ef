"""When an event reached us and when it was found travel with the finding, and decide nothing."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from detection_builders import NOW, T, World, a_delivery, an_api_call, an_invocation

from tidegate.detection import Delivery

LATER = NOW + timedelta(minutes=12)


def a_stop(at: float = 0.0, arrived: float | None = None) -> Delivery:
    """Logging is switched off: one record decides."""
    delivery = a_delivery(an_api_call("DeleteModelInvocationLoggingConfiguration", at=at))
    return Delivery(delivery.id, delivery.records, arrived=arrived)


def test_a_finding_says_when_its_event_arrived_and_when_it_was_found():
    world = World(now=LATER)

    world.detection.take([a_stop(arrived=T + 600)])

    (finding,) = world.found
    assert (finding.time, finding.arrived, finding.found) == (NOW, datetime.fromtimestamp(T + 600, UTC), LATER)
    assert finding.heard.stages == {"source": 600.0, "detect": 120.0}


def test_in_a_replay_there_is_no_arrival_and_the_finding_says_so():
    live, replayed = World(now=LATER), World(now=NOW + timedelta(days=9))

    live.detection.take([a_stop(arrived=T + 600)])
    replayed.detection.take([a_stop()])

    (said,) = replayed.found
    assert (said.arrived, said.found, said.heard) == (None, None, None)
    assert json.loads(said.model_dump_json())["arrived"] is None
    (lived,) = live.found
    assert lived.model_copy(update={"arrived": None, "found": None}) == said  # the same to the last letter, id included


def test_of_several_deliveries_the_one_that_decided_counts():
    world = World(now=LATER)
    quiet = a_delivery(an_invocation())

    world.detection.take([Delivery(quiet.id, quiet.records, arrived=T + 700), a_stop(arrived=T + 600)])

    (finding,) = world.found
    assert finding.arrived == datetime.fromtimestamp(T + 600, UTC)


def test_what_many_calls_decided_arrived_with_the_last_of_them():
    world = World(now=LATER)
    for file in range(4):
        calls = a_delivery(*(an_invocation(100 * file + n) for n in range(200)), id=f"file-{file}")
        world.detection.take([Delivery(calls.id, calls.records, arrived=T + 1000 + file)])

    abused = [one for one in world.found if one.detector == "quota_abuse"]
    assert [one.arrived for one in abused] == [datetime.fromtimestamp(T + 1003, UTC)] * len(abused)
    assert abused
