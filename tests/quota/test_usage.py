"""Whether one more call fits: buckets, days, retries, reservations, clocks; and never more than allowed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from quota_builders import DAY, TERM, asked, refused, taken

from tidegate_quota.budgets import Budget
from tidegate_quota.table import Control
from tidegate_quota.usage import KEPT, MOST_OPEN, MOST_TRIES, Refusal, Usage, release, settle

TWO = Budget(calls_per_minute=60, burst_calls=2)
HALF_A_DAY = DAY / 2  # from noon to the next day


def after(*asks: tuple[str, float], budget: Budget = TWO, **more: Any) -> Usage:
    usage = Usage()
    for request, at in asks:
        usage = taken(usage, request, at, budget=budget, **more)
    return usage


def settled(usage: Usage, request: str, tokens: int, dollars: int = 0) -> Usage:
    answer = settle(usage, request, tokens, dollars, TERM)
    assert answer is not None
    return answer


def test_a_bucket_holds_its_burst_and_says_when_the_next_call_fits() -> None:
    usage = after(("a", 0), ("b", 0))
    assert refused(usage, "c", 0, budget=TWO) == Refusal("calls_per_minute", 1.0)
    assert refused(usage, "c", 0.25, budget=TWO).retry_after == pytest.approx(0.75)
    assert taken(usage, "c", 1, budget=TWO)


def test_a_bucket_never_holds_more_than_its_burst_however_long_nobody_calls() -> None:
    usage = after(("a", 0), ("b", 10 * DAY), ("c", 10 * DAY))
    assert refused(usage, "d", 10 * DAY, budget=TWO).reason == "calls_per_minute"


def test_a_limit_holds_at_once_and_slows_the_bucket_down_to_its_share() -> None:
    budget, tenth = Budget(calls_per_minute=60, burst_calls=30), Control(limited_to=10)
    usage = taken(Usage(), "a", 0, budget=budget)  # 29 are left
    for request in ("b", "c", "d"):
        usage = taken(usage, request, 0, budget=budget, control=tenth)
    assert refused(usage, "e", 0, budget=budget, control=tenth) == Refusal("calls_per_minute", 10.0)
    assert taken(usage, "e", 1, budget=budget)  # the limit is lifted: a second is enough again


def test_the_lowest_limit_still_lets_a_call_through_now_and_then() -> None:
    slow = Control(limited_to=1)
    usage = taken(Usage(), "a", 0, budget=TWO, control=slow)
    assert refused(usage, "b", 0, budget=TWO, control=slow).retry_after == 100
    assert taken(usage, "b", 100, budget=TWO, control=slow)


@pytest.mark.parametrize("control", [Control(blocked=True), Control(limited_to=0)])
def test_who_is_blocked_gets_nothing_not_even_a_retry(control: Control) -> None:
    usage = after(("a", 0))
    assert refused(usage, "a", 1, control=control) == Refusal("blocked", None)


def test_a_block_with_an_end_says_how_long_it_lasts_and_ends() -> None:
    until = Control(blocked=True, blocked_until=1772452800 + 60.0)  # noon and a minute
    assert refused(Usage(), "a", 15, control=until) == Refusal("blocked", 45.0)
    assert taken(Usage(), "a", 60, control=until)


def test_tokens_are_reserved_before_a_call_and_corrected_after_it() -> None:
    budget = Budget(tokens_per_day=1000)
    usage = after(("a", 0), budget=budget, tokens=800)
    assert refused(usage, "b", 0, budget=budget, tokens=300).reason == "tokens_per_day"
    usage = settled(usage, "a", 600)
    assert taken(usage, "b", 0, budget=budget, tokens=300).tokens == 900


def test_without_an_estimate_calls_go_on_until_the_day_is_used_up() -> None:
    budget = Budget(tokens_per_day=1000, dollars_per_day=1)
    usage = settled(after(("a", 0), budget=budget), "a", 1500)
    answer = refused(usage, "b", 0, budget=budget)
    assert (answer.reason, answer.retry_after) == ("tokens_per_day", HALF_A_DAY)


def test_dollars_are_counted_to_the_millionth() -> None:
    budget = Budget(dollars_per_day=0.01)
    usage = settled(after(("a", 0), budget=budget, dollars=9000), "a", 10, dollars=4000)
    assert taken(usage, "b", 0, budget=budget, dollars=6000).dollars == 10_000
    assert refused(usage, "b", 0, budget=budget, dollars=6001).reason == "dollars_per_day"


def test_a_day_ends_at_midnight_utc() -> None:
    budget = Budget(calls_per_day=1)
    usage = after(("a", 0), budget=budget)
    assert refused(usage, "b", HALF_A_DAY - 1, budget=budget) == Refusal("calls_per_day", 1.0)
    assert taken(usage, "b", HALF_A_DAY, budget=budget).calls == 1


def test_what_is_settled_after_midnight_belongs_to_the_day_it_began_on() -> None:
    budget = Budget(tokens_per_day=1000)
    usage = after(("a", HALF_A_DAY - 1), budget=budget, tokens=800)
    usage = taken(usage, "b", HALF_A_DAY + 1, budget=budget, tokens=100)
    assert settled(usage, "a", 50).tokens == 100
    assert settled(usage, "a", 5000).tokens == 100


def test_the_same_request_is_charged_once_and_let_through_a_few_times_only() -> None:
    usage = after(*[("a", n) for n in range(MOST_TRIES)], tokens=10)
    assert (usage.calls, usage.tokens) == (1, 10)
    assert refused(usage, "a", 3) == Refusal("repeated", None)


def test_a_call_is_settled_once() -> None:
    usage = settled(after(("a", 0), tokens=10), "a", 7)
    assert settle(usage, "a", 7, 0, TERM) is None
    assert settle(taken(usage, "a", 1), "a", 7, 0, TERM) is None


def test_a_call_that_the_model_refused_gives_its_tokens_back_and_reserves_them_anew_when_tried_again() -> None:
    budget = Budget(calls_per_minute=60, burst_calls=1, tokens_per_day=100)
    usage = release(after(("a", 0), budget=budget, tokens=100), "a", TERM)
    assert usage is not None
    assert (usage.calls, usage.tokens) == (1, 0)
    again = taken(usage, "a", 0, budget=budget, tokens=60)
    assert (again.calls, again.tokens, settled(again, "a", 40).tokens) == (1, 60, 40)
    assert refused(usage, "a", 0, budget=budget, tokens=101).reason == "tokens_per_day"


def test_a_call_of_more_tokens_than_the_bucket_holds_waits_until_it_is_full_and_leaves_a_debt() -> None:
    budget = Budget(tokens_per_minute=600, burst_tokens=100)
    usage = after(("a", 0), budget=budget, tokens=50)
    assert refused(usage, "b", 0, budget=budget, tokens=500) == Refusal("tokens_per_minute", 5.0)
    usage = taken(usage, "b", 5, budget=budget, tokens=500)
    assert refused(usage, "c", 5, budget=budget, tokens=1).retry_after == pytest.approx(40.1)


def test_a_process_that_dies_leaves_its_estimate_and_no_open_call() -> None:
    budget = Budget(calls_per_minute=600)
    usage = after(*[(f"dead-{n}", 0) for n in range(MOST_OPEN)], budget=budget, tokens=10)
    assert refused(usage, "a", 1, budget=budget).reason == "open_calls"
    usage = taken(usage, "a", TERM / 1000, budget=budget)
    assert usage.tokens == 10 * MOST_OPEN
    assert len(usage.requests) <= KEPT + 1


def test_a_settlement_after_the_term_still_corrects_the_estimate() -> None:
    usage = taken(after(("slow", 0), tokens=500), "b", 2 * TERM / 1000)
    assert settled(usage, "slow", 20).tokens == 20


def test_a_clock_behind_fills_nothing_and_turns_no_day_back() -> None:
    usage = after(("a", 0), ("b", 0))
    assert refused(usage, "c", -200, budget=TWO).reason == "calls_per_minute"
    tomorrow = after(("a", HALF_A_DAY), budget=Budget(calls_per_day=1))
    assert refused(tomorrow, "b", HALF_A_DAY - 1, budget=Budget(calls_per_day=1)).reason == "calls_per_day"


def test_one_clock_that_was_days_ahead_stops_nobody_for_days() -> None:
    usage = after(("wrong", 3 * DAY), ("wrong too", 3 * DAY))
    usage = taken(usage, "a", 0, budget=TWO)
    assert (usage.day, usage.at) == (after(("a", 0)).day, after(("a", 0)).at)
    assert taken(usage, "b", 0, budget=TWO)
    assert refused(taken(usage, "b", 0, budget=TWO), "c", 0, budget=TWO).reason == "calls_per_minute"


def test_an_item_keeps_what_matters_within_one_write_unit() -> None:
    usage = Usage()
    budget = Budget(tokens_per_minute=10**9)
    for n in range(500):
        key = f"{n:024x}"
        usage = settled(taken(usage, key, n, budget=budget, tokens=99_999, dollars=9_999_999), key, 99_999, 9_999_999)
    written = usage.written()
    size = sum(len(name) + len(next(iter(value.values()))) for name, value in written.items())
    assert size + len("user") + len("usage|alice@example.org") < 1024
    assert Usage.of(written) == usage


STEPS = st.lists(
    st.tuples(
        st.integers(0, 9),  # the request
        st.integers(-5000, 40_000),  # milliseconds that the caller's clock moved
        st.integers(0, 60),  # tokens estimated
        st.sampled_from(["ask", "settle", "release"]),
        st.integers(0, 60),  # tokens used
    ),
    max_size=60,
)


@given(steps=STEPS, burst=st.integers(1, 5), per_minute=st.integers(1, 90), percent=st.sampled_from([1, 10, 50, 100]))
def test_no_order_of_calls_retries_and_clocks_gets_more_than_bucket_and_budget_give(
    steps: list[tuple[int, int, int, str, int]], burst: int, per_minute: int, percent: int
) -> None:
    budget = Budget(calls_per_minute=per_minute, burst_calls=burst, tokens_per_day=150)
    control = Control(limited_to=percent)
    usage, now, latest, granted, dearer = Usage(), 1_772_452_800_000, 0, set(), 0
    first = None
    for number, (request, moved, tokens, what, used) in enumerate(steps):
        now += moved
        key = f"r{request}-{number // 20}"
        if what == "ask":
            answer = asked(usage, key, (now - 1_772_452_800_000) / 1000, budget=budget, control=control, tokens=tokens)
            if isinstance(answer, Usage):
                usage, latest = answer, max(latest, now)
                first = now if first is None else first
                granted.add(key)
        else:
            before = usage.requests.get(key)
            answer = settle(usage, key, used, 0, TERM) if what == "settle" else release(usage, key, TERM)
            if answer and before and what == "settle":
                dearer += max(0, used - before.tokens)
            usage = answer or usage
        assert usage.tokens <= 150 + dearer, "more than the budget and what calls cost beyond their estimates"
    most = max(1, burst * percent / 100) + per_minute * percent / 100 * (latest - (first or 0)) / 60_000
    assert len(granted) <= most


@given(steps=STEPS)
def test_what_is_written_is_read_back(steps: list[tuple[int, int, int, str, int]]) -> None:
    usage, now = Usage(), 0.0
    for request, moved, tokens, _, _ in steps:
        now += moved / 1000
        answer = asked(usage, f"r{request}", now, tokens=tokens, budget=Budget(tokens_per_minute=100))
        usage = answer if isinstance(answer, Usage) else usage
    if usage.revision:
        assert Usage.of(usage.written()) == usage
