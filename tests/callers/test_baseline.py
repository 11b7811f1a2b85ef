"""What is usual for a caller."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tidegate.callers.baseline import LEAST_DAYS, baseline


def test_without_enough_days_there_is_no_baseline():
    assert baseline([100] * (LEAST_DAYS - 1), floor=10) is None


def test_one_wild_day_does_not_move_the_limit():
    calm = baseline([100, 110, 90, 105, 95, 100, 100], floor=10)
    wild = baseline([100, 110, 90, 105, 95, 100, 9000], floor=10)

    assert calm is not None
    assert wild is not None
    assert wild.limit <= 1.3 * calm.limit


def test_a_caller_that_hardly_calls_has_the_floor():
    usual = baseline([1, 1, 2, 1, 1], floor=60)

    assert usual is not None
    assert usual.limit == 60


@given(st.lists(st.integers(0, 10**9), min_size=LEAST_DAYS, max_size=14))
def test_the_limit_is_never_below_three_times_the_usual(values):
    usual = baseline(values, floor=0)

    assert usual is not None
    assert usual.limit >= 3 * usual.level
