"""An invocation and its CloudTrail event find each other by request id: in both orders, once, whatever dies between."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from detection_builders import NOW, T, a_delivery, a_session, a_user, an_api_call, an_invocation
from dying_ports import Died, Fate, Mortal
from hypothesis import given
from hypothesis import strategies as st

from tidegate.callers import pages
from tidegate.callers.pages import SHARDS, key_of
from tidegate.detection import Delivery
from tidegate.errors import Conflict
from tidegate.joining import APART, Joining
from tidegate.model import ApiCall, Invocation, Joined
from tidegate_local.memory import MemoryCallerStates


def _joining(states: Any = None) -> Joining:
    return Joining(MemoryCallerStates() if states is None else states, minutes=90, clock=lambda: NOW)


def _invoked(number: int, at: float = 0.0) -> Invocation:
    return an_invocation(at, id=f"req-{number}", user=f"u-{number}", tokens=70 + number)


def _called(number: int, at: float = 0.0, **more: Any) -> ApiCall:
    given: dict[str, Any] = {"user_agent": f"agent/{number}", "request_id": f"req-{number}", "principal": a_session()}
    return an_api_call("Converse", at=at, id=f"event-{number}", **{**given, **more})


def _found(joining: Joining, *deliveries: Delivery) -> list[Joined]:
    joins = joining.match(deliveries)
    assert not joins.failed
    return [one for found in joins.of.values() for one in found]


def test_a_match_tells_what_was_used_and_from_where():
    joining = _joining()
    _found(joining, a_delivery(_invoked(1, at=2)))
    call = _called(1, bearer=True, bearer_type="SHORT_TERM", principal=a_user(access_key="AKIATIDEEXAMPLE00001"))

    (found,) = _found(joining, a_delivery(call))

    assert (found.id, found.time, found.caller, found.tokens) == ("req-1", T + 2, "user:u-1", 71)
    assert (found.address, found.user_agent, found.bearer_type) == ("203.0.113.7", "agent/1", "SHORT_TERM")
    assert (found.principal.role_arn, found.principal.access_key) == (a_session().role_arn, "AKIATIDEEXAMPLE00001")


@given(st.data())
def test_every_pair_is_found_alike_whatever_way_the_halves_come(data: st.DataObject):
    times = data.draw(st.lists(st.integers(0, 900), min_size=1, max_size=6))
    drift = st.integers(-APART, APART)  # seconds between what the two say of the same call
    halves: list[Any] = [_invoked(n, at) for n, at in enumerate(times)]
    halves += [_called(n, at + data.draw(drift)) for n, at in enumerate(times)]
    arrived = data.draw(st.permutations(halves))
    cuts = sorted(data.draw(st.sets(st.integers(1, len(arrived)))) | {0, len(arrived)})
    joining = _joining()

    found = [one for begin, end in pairwise(cuts) for one in _found(joining, a_delivery(*arrived[begin:end]))]

    together = _found(_joining(), a_delivery(*halves))
    assert sorted(found, key=lambda one: one.id) == sorted(together, key=lambda one: one.id)
    assert len(found) == len(times)


def test_a_delivery_that_comes_again_brings_the_same_match_and_writes_nothing():
    states = MemoryCallerStates()
    joining = _joining(states)
    _found(joining, a_delivery(_invoked(1), id="file"))
    first = _found(joining, a_delivery(_called(1), id="event"))
    kept = dict(states._stored)

    assert _found(_joining(states), a_delivery(_called(1), id="event")) == first
    assert _found(_joining(states), a_delivery(_invoked(1), id="file")) == first
    assert states._stored == kept


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", range(1, 9))
@pytest.mark.parametrize("order", [1, -1], ids=["log first", "trail first"])
def test_a_crash_between_any_two_calls_loses_no_match(order: int, at: int, after: bool):
    states = MemoryCallerStates()
    fate = Fate(at, after)
    halves = [a_delivery(_invoked(1), id="file"), a_delivery(_called(1), id="event")][::order]
    found: list[Joined] = []
    for half in halves:  # each by a process of its own, which may die; then the delivery comes again
        try:
            found += _found(_joining(Mortal(states, fate)), half)
        except Died:
            found += _found(_joining(states), half)

    assert found == _found(_joining(), *halves)


def test_halves_that_arrive_at_the_same_moment_find_each_other():
    """The other side is written between our write and our read, or between our read and the other's."""

    class Meanwhile(MemoryCallerStates):
        def __init__(self, when: Callable[[str], bool]) -> None:
            super().__init__()
            self.when, self.found = when, list[Joined]()

        def save(self, key: str, data: bytes, *, revision: int, forget_at: float) -> None:
            other, self.when = self.when, lambda _key: False
            if other("before"):
                self.found += _found(_joining(self), a_delivery(_called(1)))
            super().save(key, data, revision=revision, forget_at=forget_at)
            if other("after"):
                self.found += _found(_joining(self), a_delivery(_called(1)))

    for moment in ("before", "after"):
        states = Meanwhile(lambda now, moment=moment: now == moment)
        ours = _found(_joining(states), a_delivery(_invoked(1)))

        assert {one.id for one in [*ours, *states.found]} == {"req-1"}


def test_another_account_or_region_is_another_call():
    joining = _joining()
    _found(joining, a_delivery(_invoked(1)))

    assert not _found(joining, a_delivery(msgspec.structs.replace(_called(1), region="eu-west-1")))
    assert not _found(joining, a_delivery(msgspec.structs.replace(_called(1), account="444455556666")))


def test_calls_that_the_log_does_not_cover_wait_for_nobody():
    states = MemoryCallerStates()
    _found(
        _joining(states),
        a_delivery(an_api_call("CreateInference", "bedrock-mantle", request_id="r"), an_api_call("ListBuckets", "s3")),
    )

    assert len(states) == 0


def test_one_batch_writes_one_page_however_many_calls():
    class Counting(MemoryCallerStates):
        saves = 0

        def save(self, key: str, data: bytes, *, revision: int, forget_at: float) -> None:
            self.saves += 1
            super().save(key, data, revision=revision, forget_at=forget_at)

    states = Counting()
    _found(_joining(states), *[a_delivery(*[_invoked(n * 100 + i) for i in range(100)]) for n in range(10)])

    assert states.saves == 1


def test_a_page_stays_below_what_an_item_may_hold_and_what_has_no_room_is_left_unmatched(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr("tidegate.joining.MOST_BYTES", 4000)
    states = MemoryCallerStates()
    joining = _joining(states)
    for number in range(40):
        _found(joining, a_delivery(*[_invoked(number * 20 + i) for i in range(20)]))

    sizes = [len(stored.data) for stored in states._stored.values()]
    assert len(sizes) == SHARDS
    assert max(sizes) <= 4000


def test_a_line_costs_about_forty_bytes():
    states = MemoryCallerStates()
    _found(_joining(states), a_delivery(*[an_invocation(0.01 * n, user=f"u-{n % 50}") for n in range(2000)]))

    assert sum(len(stored.data) for stored in states._stored.values()) / 2000 < 50


def test_a_contended_page_is_left_for_the_next_shard():
    class Contended(MemoryCallerStates):
        lost = 3

        def save(self, key: str, data: bytes, *, revision: int, forget_at: float) -> None:
            if self.lost:
                self.lost -= 1
                raise Conflict("someone else wrote first")
            super().save(key, data, revision=revision, forget_at=forget_at)

    states = Contended()
    joining = _joining(states)
    _found(joining, a_delivery(_invoked(1)))

    assert [one.id for one in _found(joining, a_delivery(_called(1)))] == ["req-1"]


def test_deliveries_whose_pages_stay_contended_come_again():
    class Hopeless(MemoryCallerStates):
        def save(self, key: str, data: bytes, *, revision: int, forget_at: float) -> None:
            raise Conflict("always")

    joins = _joining(Hopeless()).match([a_delivery(_invoked(1), id="file"), a_delivery(an_api_call(), id="event")])

    assert joins.failed == {"file"}


def test_a_page_that_cannot_be_read_costs_only_its_own_matches():
    states = MemoryCallerStates()
    joining = _joining(states)
    _found(joining, a_delivery(_invoked(1), _invoked(2, at=pages.PAGE)))
    broken = next(key for key in states._stored if f"/{int(T) // pages.PAGE}/" in key)
    states.save(broken, b"\x00\x00\x00\x05nonsense!!!!", revision=1, forget_at=2e9)

    assert [one.id for one in _found(_joining(states), a_delivery(_called(1), _called(2, at=pages.PAGE)))] == ["req-2"]


def test_pages_outlive_the_wait_by_event_time_and_by_the_clock():
    kept = {}

    class Noting(MemoryCallerStates):
        def save(self, key: str, data: bytes, *, revision: int, forget_at: float) -> None:
            kept[key] = forget_at
            super().save(key, data, revision=revision, forget_at=forget_at)

    late = Joining(Noting(), minutes=90, clock=lambda: datetime(2027, 1, 1, tzinfo=UTC))
    _found(_joining(Noting()), a_delivery(_invoked(1)))
    _found(late, a_delivery(_called(1)))

    log, trail = kept.values()
    assert log >= T + 90 * 60
    assert trail >= datetime(2027, 1, 1, tzinfo=UTC).timestamp() + 90 * 60


def test_keys_are_in_the_account_of_the_calls():
    assert key_of("111122223333", "us-east-1", "log", 7, 0) == "111122223333/join:us-east-1/log/7/0"
