"""Calls without a log record, and silent sources: what the watch finds, how grave it is, and that it is told once."""

from __future__ import annotations

from typing import Any

import pytest
from detection_builders import REGION, World, a_delivery, a_user, an_api_call, an_invocation
from dying_ports import Died, Fate, Mortal
from hypothesis import given
from hypothesis import strategies as st

from tidegate.model import ApiCall, Severity
from tidegate.rules import Rules

HOUR, DAY = 3600, 86_400
DUE = 2 * HOUR + 600  # 90 minutes of delay, the page itself and the next


def _called(number: int, at: float = 0.0, **more: Any) -> ApiCall:
    return an_api_call("Converse", at=at, id=f"e-{number}", request_id=f"req-{number}", **more)


def _calls(world: World, count: int, *, at: float = 0.0, logged: int = 0) -> None:
    world.see(*[_called(n, at + n) for n in range(count)], delivery=f"trail-{at}")
    if logged:
        world.see(*[an_invocation(at + n, id=f"req-{n}") for n in range(logged)], delivery=f"log-{at}")


@pytest.mark.parametrize(
    ("calls", "logged", "severity"),
    [(1, 0, "medium"), (20, 0, "high"), (20, 10, "high"), (40, 32, "medium"), (20, 16, None), (20, 20, None)],
)
def test_the_share_that_is_missing_decides(calls: int, logged: int, severity: str | None):
    world = World()
    _calls(world, calls, logged=logged)

    found = world.watch(DUE)

    assert [str(finding.severity) for finding in found] == ([severity] if severity else [])


def test_the_finding_says_how_many_which_share_when_and_what_was_configured_last():
    world = World()
    world.see(
        an_api_call(
            "PutModelInvocationLoggingConfiguration",
            at=-DAY,
            parameters={"loggingConfig": {"s3Config": {"bucketName": "logs-of-old"}}},
        )
    )
    _calls(world, 8, logged=1)

    (finding,) = world.watch(DUE)

    told = finding.evidence
    assert (told["calls"], told["missing"], told["share_missing"]) == (8, 7, 0.875)
    assert (told["first"], told["last"]) == ("2026-09-01T10:00:01Z", "2026-09-01T10:00:07Z")
    assert told["callers"] == {"iam-user:ci-user": 7}
    assert told["last_logging_configuration"] == {"s3Config": {"bucketName": "logs-of-old"}}
    assert told["severity_from"]
    assert (finding.caller, finding.resource) == (f"service:invocation_log/{REGION}", f"logging/111122223333/{REGION}")


def test_a_single_lost_record_is_low_where_the_log_arrives():
    world = World()
    world.see(an_invocation(-HOUR))
    _calls(world, 1)

    assert [finding.severity for finding in world.watch(DUE)] == [Severity.LOW]


def test_one_caller_s_missing_calls_are_seen_among_those_of_others():
    world = World()
    thief = a_user("thief", "AKIATIDETHIEF0000001")
    _calls(world, 30, logged=30)
    world.see(*[_called(100 + n, n, principal=thief) for n in range(5)])

    found = {finding.caller: finding for finding in world.watch(DUE)}

    assert set(found) == {"iam-user:thief", f"service:invocation_log/{REGION}"}
    assert found["iam-user:thief"].evidence["calls_of_others_logged"] == 30


def test_it_grows_graver_once_and_is_told_once_a_day():
    world = World()
    for quarter in range(8):
        _calls(world, 6, at=quarter * 900.0 + quarter)

    told = [finding for look in range(30) for finding in world.watch(DUE + look * 900)]

    assert [str(finding.severity) for finding in told] == ["medium", "high"]
    assert len({finding.id for finding in told}) == len(told)


@given(st.permutations(range(8)), st.sets(st.integers(0, 7)))
def test_the_order_in_which_both_sides_arrive_does_not_matter(order: list[int], logged: set[int]):
    def seen(numbers: list[int]) -> dict[str, Any]:
        world = World()
        for number in numbers:
            world.see(_called(number, number * 100.0))
            if number in logged:
                world.see(an_invocation(number * 100.0, id=f"req-{number}"))
        return {finding.id: finding for finding in world.watch(DUE + HOUR)}

    assert seen(order) == seen(sorted(order))


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", range(1, 8))
def test_a_crash_anywhere_is_made_good_by_the_next_look(at: int, after: bool):
    world, calm = World(), World()
    for one in (world, calm):
        _calls(one, 8)
    fate = Fate(at, after)
    dying = world.but(states=Mortal(world.states, fate), findings=Mortal(world.findings, fate))
    try:
        dying.watch(DUE)
    except Died:
        world.watch(DUE)
    calm.watch(DUE)

    assert world.found == calm.found


def test_an_allowed_region_is_left_alone():
    rules = Rules.from_toml(
        f"""[[allow]]
        detector = "telemetry_gap"
        model = "logging/111122223333/{REGION}"
        expires = 2027-01-01T00:00:00Z
        reason = "Nothing confidential is asked there, ticket 12"
        """
    )
    world = World(rules=rules)
    _calls(world, 30)

    assert world.watch(DUE) == []
    (kept,) = [line for batch in world.outbox.batches.values() for line in batch if b"ticket 12" in line]
    assert b"telemetry_gap" in kept


def test_a_source_that_falls_silent_is_told_once_and_again_after_it_was_heard():
    world = World()

    def heard(begin: int, hours: int) -> None:
        world.detection.take([a_delivery(*[an_invocation((begin + n) * HOUR) for n in range(hours)])])

    heard(0, 96)
    first = world.watch(110 * HOUR)
    assert [finding.title for finding in first] == [f"invocation_log of {REGION} fell silent"]
    assert world.watch(111 * HOUR) == []
    heard(112, 6)
    assert world.watch(119 * HOUR) == []
    assert len(world.watch(160 * HOUR)) == 1


def test_a_caller_crowd_is_counted_in_bounded_room():
    world = World()
    crowd = [_called(n, 0, principal=a_user(f"user-{n}", f"AKIATIDE{n:012}")) for n in range(400)]
    world.see(*crowd)

    (finding,) = world.watch(DUE)

    assert finding.evidence["calls"] == 400
    assert len(world.states.load(["tidegate/watch"])["tidegate/watch"].data) < 40_000
