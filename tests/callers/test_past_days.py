"""A count a day: slides over midnight, takes late records, leaves the spike out of what it is compared with."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.callers.baseline import LEAST_DAYS
from tidegate.callers.past_days import KEPT_DAYS, PastDays

DAY = 86_400


def _filled(*counts: int) -> PastDays:
    days = PastDays()
    for number, count in enumerate(counts):
        days.add((number + 1) * DAY, count)
    return days


def test_a_burst_across_midnight_is_seen_nearly_whole():
    days = PastDays()
    days.add(10 * DAY - 600, 50)
    days.add(10 * DAY + 600, 50)

    assert days.recent(10 * DAY + 600) == pytest.approx(100, abs=1)


def test_a_late_record_finds_its_day_and_a_very_late_one_is_refused():
    days = _filled(5, 5, 5)

    assert days.add(2 * DAY, 3)
    assert not days.add(DAY, 3)
    assert (days.yesterday, days.today) == (8, 5)


def test_today_and_yesterday_are_not_history():
    days = _filled(*[10] * LEAST_DAYS, 10_000, 10_000)

    usual = days.usual(floor=1)
    assert usual
    assert usual.level == pytest.approx(10, rel=0.1)


def test_a_short_history_says_nothing():
    assert _filled(10, 10, 10).usual(floor=1) is None


def test_days_without_a_count_are_no_history():
    days = _filled(10, 10)
    days.add(40 * DAY)

    assert days.days == 2
    assert days.yesterday == 0


@given(st.lists(st.integers(1, 2**40), min_size=1, max_size=40))
def test_it_stays_small(counts):
    assert len(_filled(*counts).past) <= KEPT_DAYS


@given(st.permutations([(5 * DAY + n * 7000, n) for n in range(20)]))
def test_order_within_a_day_and_its_yesterday_does_not_matter(records):
    days = PastDays(day=6)
    for time, amount in records:
        days.add(time, amount)

    assert days.recent(5 * DAY + 19 * 7000) == pytest.approx(
        sum(n for n in range(20) if 5 * DAY + n * 7000 >= 6 * DAY)
        + sum(n for n in range(20) if 5 * DAY + n * 7000 < 6 * DAY) * (1 - (5 * DAY + 19 * 7000 - 6 * DAY) / DAY)
    )
