"""Distinct counts over a sliding window: what was seen, whatever order and however often it came."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from tidegate.callers.sightings import KEPT, Sightings, raised_once

T = 1_788_256_800
seen = st.lists(st.tuples(st.sampled_from("abcde"), st.integers(0, 5000)), min_size=1, max_size=30)


def _after(sightings: list[tuple[str, int]]) -> Sightings:
    state = Sightings()
    for what, seconds in sightings:
        state.add(what, T + seconds, most=10)
    return state


@given(seen, st.randoms())
def test_neither_order_nor_repetition_matters(sightings, dice):
    shuffled = sightings * 2
    dice.shuffle(shuffled)

    assert _after(shuffled) == _after(sightings)


@given(seen)
def test_a_window_holds_what_was_seen_in_its_steps_and_nothing_else(sightings):
    state = _after(sightings)
    time = T + sightings[-1][1]

    for end, inside in state.windows(time, 15):
        begin = end - 15 * 120
        assert inside == tuple(sorted({what for what, at in sightings if begin <= (T + at) // 120 * 120 < end}))
        assert begin <= time < end


def test_the_window_that_ends_with_a_sighting_is_always_among_them():
    state = _after([("a", 0), ("b", 1500)])

    assert ("a", "b") in [inside for _, inside in state.windows(T, 15)]
    assert [inside for _, inside in state.windows(T + 1500, 15)] == [("a", "b")]


def test_what_is_too_late_is_not_counted():
    state = _after([("a", KEPT * 120)])

    assert not state.add("b", T, most=10)
    assert state.add("b", T + 120, most=10)


def test_of_too_many_the_oldest_go():
    state = Sightings()
    for n in range(5):
        state.add(f"thing {n}", T + n * 120, most=3)

    assert sorted(state.seen) == ["thing 2", "thing 3", "thing 4"]


def test_a_full_memory_is_small_and_comes_back_whole():
    state = Sightings()
    for n in range(10):
        for step in range(KEPT):
            state.add(f"GetModelInvocationLoggingConfiguration{n}", T + step * 120, most=10)

    data = msgspec.msgpack.encode(state)

    assert len(data) < 550
    assert msgspec.msgpack.decode(data, type=Sightings) == state


def test_a_mark_is_new_once_and_the_oldest_are_forgotten():
    raised: list[str] = []

    assert [raised_once(raised, mark, keep=2) for mark in ("a", "a", "b", "c")] == [True, False, True, True]
    assert raised == ["b", "c"]
