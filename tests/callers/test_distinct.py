"""Counting different things within a sliding hour: near the truth, whatever the order, however often."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tidegate.callers.distinct import KEPT, MOST, SECONDS, Distinct

T = 1_788_256_800.0


def _counted(things, at=T):
    counter = Distinct()
    for thing in things:
        counter.add(thing, at)
    return counter.ending(int(at) // SECONDS)


def test_the_estimate_is_near_the_truth():
    for truth in (1, 10, 100, 300, 800):
        estimate = _counted(f"bucket/{truth}/{number}" for number in range(truth))

        assert abs(estimate - truth) <= max(2, 0.12 * truth)


def test_more_than_can_be_told_apart_is_said_to_be_the_most():
    assert _counted(str(number) for number in range(20_000)) == MOST


def test_the_window_slides():
    counter = Distinct()
    for quarter in range(5):
        counter.add(f"thing-{quarter}", T + quarter * SECONDS)
    step = int(T) // SECONDS

    assert [counter.ending(step + quarter) for quarter in range(5)] == [1, 2, 3, 4, 4]
    assert list(counter.windows(T)) == [step, step + 1, step + 2, step + 3]


def test_what_is_older_than_another_hour_is_left_out():
    counter = Distinct()
    counter.add("new", T)

    assert not counter.add("late", T - KEPT * SECONDS)
    assert counter.add("late", T - (KEPT - 1) * SECONDS)


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 6)), min_size=1, max_size=40), st.randoms())
def test_neither_order_nor_repetition_matters(sights, random):
    """Within what is kept: seven quarters of an hour."""
    shuffled = sights * 2
    random.shuffle(shuffled)
    one, other = Distinct(), Distinct()
    for counter, order in ((one, sights), (other, shuffled)):
        for thing, quarter in order:
            counter.add(str(thing), T + quarter * SECONDS)

    last = int(T) // SECONDS + 9
    assert [one.ending(last - n) for n in range(12)] == [other.ending(last - n) for n in range(12)]
