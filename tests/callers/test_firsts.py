"""What was seen before: whatever order and however often it came, and never with what is judged in it."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from tidegate.callers.firsts import LEARNING_ACTIVE, LEARNING_DAYS, MOST, MOST_ENCODED, Firsts

DAY = 86_400
T = 1_788_256_800  # some time of a day
sights = st.lists(
    st.tuples(st.sampled_from(list(MOST)), st.sampled_from("abcdef"), st.integers(0, 40)), min_size=1, max_size=40
)


def _after(seen: list[tuple[str, str, int]]) -> Firsts:
    firsts = Firsts(seen={}, overflowed={})
    for dimension, thing, day in seen:
        firsts.saw(dimension, thing, T + day * DAY)
    return firsts


@given(sights, st.randoms())
def test_neither_order_nor_repetition_matters(seen, dice):
    shuffled = seen * 2
    dice.shuffle(shuffled)
    one, other = _after(seen), _after(shuffled)

    assert (one.since, one.latest, one.active) == (other.since, other.latest, other.active)
    assert {(d, x): one.first_day(d, x) for d, x, _ in seen} == {(d, x): other.first_day(d, x) for d, x, _ in seen}


@given(sights)
def test_the_first_day_is_the_first(seen):
    firsts = _after(seen)

    for dimension, thing, _ in seen:
        first = min(day for d, x, day in seen if (d, x) == (dimension, thing))
        assert firsts.first_day(dimension, thing) == (T + first * DAY) // DAY


@given(sights, st.integers(0, 45))
def test_the_past_ends_before_the_day_that_is_judged(seen, day):
    past = _after(seen).past(T + day * DAY)
    before = {other for _, _, other in seen if other < day}

    assert past.active == len(before)
    assert past.days == (day - min(before) if before else 0)


@given(sights, st.integers(0, 45), st.integers(1, 5))
def test_new_is_what_was_not_there_before_the_last_days(seen, day, within):
    firsts = _after(seen)
    earlier = [(d, x) for d, x, other in seen if other <= day - within]

    for dimension, thing, _ in seen:
        others = any(d == dimension for d, _ in earlier)
        expected = others and (dimension, thing) not in earlier
        assert firsts.is_new(dimension, thing, T + day * DAY, within=within) is expected


def test_what_comes_again_the_same_day_is_still_new_and_tomorrow_is_not():
    firsts = _after([("network", "192.0.2.0/24", 0)])
    now = T + 10 * DAY

    assert firsts.saw("network", "198.51.100.0/24", now)
    assert not firsts.saw("network", "198.51.100.0/24", now + 60)
    assert firsts.is_new("network", "198.51.100.0/24", now + 60)
    assert not firsts.is_new("network", "198.51.100.0/24", now + DAY)
    assert firsts.is_new("network", "198.51.100.0/24", now + DAY, within=2)


def test_nothing_is_history_before_a_week_with_three_active_days():
    days = [("act", "a", day) for day in range(LEARNING_ACTIVE)]

    assert not _after(days).past(T + (LEARNING_DAYS - 1) * DAY).is_history
    assert _after(days).past(T + LEARNING_DAYS * DAY).is_history
    assert not _after(days[:-1]).past(T + LEARNING_DAYS * DAY).is_history


def test_an_empty_thing_is_never_kept_and_never_new():
    firsts = _after([("network", "192.0.2.0/24", 0)])

    assert not firsts.saw("network", "", T)
    assert not firsts.is_new("network", "", T + 9 * DAY)
    assert not firsts.is_new("agent", "curl", T + 9 * DAY), "no agent was ever seen: not having one is no history"


def test_of_too_many_those_seen_longest_ago_go():
    firsts = Firsts(seen={}, overflowed={})
    firsts.saw("region", "kept in use", T)
    for n in range(MOST["region"] - 1):
        firsts.saw("region", f"region {n}", T + n * DAY)
    firsts.saw("region", "kept in use", T + 20 * DAY)
    firsts.saw("region", "one more", T + 21 * DAY)

    assert firsts.first_day("region", "region 0") is None
    assert firsts.first_day("region", "kept in use") == T // DAY


def test_an_identity_with_a_new_network_all_the_time_roams_from_the_next_day_on():
    firsts = Firsts(seen={}, overflowed={})
    for n in range(40):
        firsts.saw("network", f"network {n}", T + n)

    assert not firsts.roams("network", T + 60), "what comes on one day may be the attack itself"
    assert firsts.roams("network", T + DAY)
    assert not firsts.roams("agent", T + DAY)


@given(st.binary(max_size=64), st.binary(max_size=64))
def test_a_thing_is_found_whatever_bytes_lie_around_it(one, other):
    firsts = Firsts(seen={}, overflowed={})
    firsts.saw("agent", one.hex() or "-", T)
    firsts.saw("agent", other.hex() or "-", T + DAY)

    assert firsts.first_day("agent", one.hex() or "-") == T // DAY


def test_a_full_memory_is_small_and_comes_back_whole():
    firsts = Firsts(seen={}, overflowed={})
    for dimension in MOST:
        for n in range(100):
            firsts.saw(dimension, f"thing {n}", T + n * DAY)

    data = msgspec.msgpack.encode(firsts)

    assert len(data) < MOST_ENCODED
    assert msgspec.msgpack.decode(data, type=Firsts) == firsts
