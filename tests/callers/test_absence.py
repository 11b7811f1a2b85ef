"""What was expected and did not come."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from tidegate.callers.absence import Awaited, Rhythm

T = 1_788_220_800  # 2026-09-01T00:00:00Z
QUARTER, HOUR, DAY = 900, 3600, 86_400

told = st.lists(st.tuples(st.booleans(), st.sampled_from("abcdef"), st.integers(0, HOUR)), max_size=20)


def _awaiting(told: list[tuple[bool, str, int]]) -> Awaited:
    memory = Awaited(due={}, met={})
    for expected, what, at in told:
        if expected:
            memory.expect(what, T + at, most=10)
        else:
            memory.came(what, T + at, most=10)
    return memory


@given(told, st.randoms())
def test_what_is_overdue_does_not_depend_on_the_order_or_on_repetition(told: list[tuple[bool, str, int]], random):
    again = random.sample(told + told, 2 * len(told))

    assert _awaiting(again) == _awaiting(told)
    assert _awaiting(told).overdue(T + HOUR) == _awaiting(again).overdue(T + HOUR)


def test_it_is_overdue_from_its_deadline_on_and_not_once_it_came():
    memory = _awaiting([(True, "report", 600), (True, "copy", 900)])

    assert memory.overdue(T + 599) == []
    assert memory.overdue(T + 600) == [("report", T + 600)]
    memory.came("report", T + 700, most=10)
    assert memory.overdue(T + 900) == [("copy", T + 900)]


def test_what_came_before_it_was_expected_is_not_missed():
    assert _awaiting([(False, "report", 0), (True, "report", 600)]).overdue(T + DAY) == []


def test_more_than_are_kept_are_dropped_and_counted():
    memory = Awaited(due={}, met={})
    for number in range(5):
        memory.expect(f"n-{number}", T + number, most=3)

    assert memory.dropped == 2
    assert [what for what, _ in memory.overdue(T + HOUR)] == ["n-2", "n-3", "n-4"]


def test_what_is_long_over_is_forgotten():
    memory = _awaiting([(True, "old", 0), (False, "old", 5), (True, "new", HOUR)])
    memory.forget(T + DAY, keep=DAY - 600)

    assert (list(memory.due), list(memory.met)) == (["new"], [])


def _hourly(days: int, *, until: int = 0) -> Rhythm:
    memory = Rhythm()
    for at in range(0, days * DAY - until, HOUR):
        memory.hear(T + at)
    return memory


def test_a_source_heard_every_hour_is_missed_after_three():
    memory = _hourly(7)
    last = T + 7 * DAY - HOUR

    assert memory.silence(last + 2 * HOUR) is None
    silence = memory.silence(last + 4 * HOUR)
    assert silence is not None
    assert (silence.since, silence.longest, silence.limit) == (last + QUARTER, 3 * QUARTER, 3 * HOUR)


def test_a_night_is_usual_for_who_sleeps():
    memory = Rhythm()
    for day in range(7):
        for hour in range(8, 18):
            memory.hear(T + day * DAY + hour * HOUR)
    end = T + 6 * DAY + 17 * HOUR

    assert memory.silence(end + 15 * HOUR) is None
    assert memory.silence(end + 30 * HOUR) is not None


def test_without_history_nothing_is_missed():
    assert Rhythm().silence(T) is None
    assert _hourly(2).silence(T + 9 * DAY) is None


def test_who_is_heard_once_a_week_cannot_be_missed():
    memory = Rhythm()
    for week in range(3):
        for quarter in range(40):
            memory.hear(T + week * 7 * DAY + quarter * QUARTER)

    assert memory.silence(T + 60 * DAY) is None


@given(st.lists(st.integers(0, 20 * DAY), max_size=40), st.randoms())
def test_hearing_does_not_depend_on_order_or_repetition(times: list[int], random):
    one, other = Rhythm(), Rhythm()
    for at in times:
        one.hear(T + at)
    for at in random.sample(times + times, 2 * len(times)):
        other.hear(T + at)

    assert (one.latest, one.heard) == (other.latest, other.heard)


def test_a_fortnight_takes_200_bytes():
    memory = Rhythm()
    for at in range(0, 20 * DAY, QUARTER):
        memory.hear(T + at)

    assert len(msgspec.msgpack.encode(memory)) < 200
