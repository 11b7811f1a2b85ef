"""What cases can't say about quota_exhaustion: shares of a written quota, two sources, order, exactly once."""

from __future__ import annotations

import msgspec
from detection_builders import World, an_api_call, an_invocation
from hypothesis import given
from hypothesis import strategies as st

from tidegate.model import Severity
from tidegate.rules import Rules

QUOTA = Rules.from_toml(
    '[[quota]]\nmodel = "anthropic.claude-3-haiku*"\nrequests_per_minute = 10\ntokens_per_minute = 10_000\n'
)
THROTTLED = "ThrottlingException"


def _of(world: World):
    return [finding for finding in world.found if finding.detector == "quota_exhaustion"]


def _throttled(count: int, at: float = 0.0):
    return [an_invocation(at + n, error=THROTTLED, id=f"t-{at}-{n}") for n in range(count)]


def test_log_and_cloudtrail_tell_of_the_same_calls():
    world = World()
    world.see(*_throttled(20))
    who = _throttled(1)[0].principal
    trail = [an_api_call("Converse", at=n, error=THROTTLED, principal=who, id=f"e-{n}") for n in range(20)]
    world.see(*trail)

    assert _of(world) == [], "twenty calls, told twice"


def test_a_redelivery_counts_nothing():
    world = World()
    world.see(*_throttled(20), delivery="one")
    world.see(*_throttled(20), delivery="one")

    assert _of(world) == []


def test_half_of_a_written_quota_is_said_and_explained():
    world = World(rules=QUOTA)
    world.see(*[an_invocation(n, id=f"c-{n}") for n in range(80)])

    [finding] = _of(world)
    assert finding.severity == Severity.LOW
    assert finding.evidence["quota"]["quota_of_window"] == 150
    assert finding.evidence["quota"]["share"] == 0.53


def test_tokens_exhaust_a_quota_as_requests_do():
    world = World(rules=QUOTA)
    world.see(*[an_invocation(n, tokens=20_000, id=f"c-{n}") for n in range(7)])

    assert {finding.severity for finding in _of(world)} == {Severity.LOW, Severity.MEDIUM}
    assert all(finding.evidence["quota"]["measure"] == "tokens" for finding in _of(world))


def test_all_of_it_while_calls_are_refused_is_high():
    world = World(rules=QUOTA)
    world.see(*[an_invocation(n, id=f"c-{n}") for n in range(140)], *_throttled(40, 150))

    assert _of(world)[-1].severity == Severity.HIGH


def test_another_model_has_another_quota():
    world = World(rules=QUOTA)
    calls = [an_invocation(n, id=f"c-{n}") for n in range(140)]
    world.see(*(msgspec.structs.replace(call, model="amazon.nova-lite-v1:0") for call in calls))

    assert _of(world) == []


@given(st.permutations(range(8)))
def test_every_order_of_deliveries_gives_the_same_findings(order):
    pieces = [_throttled(50, 60 * n) for n in range(8)]
    world, in_order = World(), World()
    for piece in pieces:
        in_order.see(*piece)
    for place in order:
        world.see(*pieces[place])

    assert {finding.id for finding in _of(world)} == {finding.id for finding in _of(in_order)}


def test_a_busy_week_stays_small():
    world = World(rules=QUOTA)
    for day in range(7):
        for hour in range(3):
            world.see(*_throttled(40, 86_400 * day + 3600 * hour), an_invocation(86_400 * day + 3600 * hour))

    memories = [item.data for key, item in world.states._stored.items() if "session:" in key]
    assert max(map(len, memories)) < 1_400


def test_a_call_refused_every_few_minutes_all_day_is_no_storm_and_is_found():
    world = World()
    for number in range(199):
        world.see(*_throttled(1, at=number * 240.0))
    assert not _of(world)

    world.see(*_throttled(1, at=199 * 240.0))

    (found,) = _of(world)
    assert found.severity is Severity.MEDIUM
    assert found.evidence["throttled_today"] == 200
