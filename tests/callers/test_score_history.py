"""A sequential test against one's own history: no alarm while nothing changes, an alarm soon after something did."""

from __future__ import annotations

import random

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from tidegate.callers.score_history import LEARNING_DAYS, LEARNING_SCORES, ScoreHistory

DAY = 86_400


def _scores(dice: random.Random, count: int, *, mean: float = 0.85, spread: float = 0.1) -> list[float]:
    return [min(1.0, max(0.0, dice.gauss(mean, spread))) for _ in range(count)]


def _see(history: ScoreHistory, day: int, scores, *, blocked=lambda _: False) -> list[str]:
    return [said for n, score in enumerate(scores) if (said := history.see(score, blocked(n), day * DAY + n * 60))]


@given(st.integers(0, 10_000), st.integers(15, 200))
@settings(max_examples=60)
def test_an_application_that_stays_as_it_is_raises_no_alarm(seed, a_day):
    dice, history = random.Random(seed), ScoreHistory()

    assert [said for day in range(1, 15) for said in _see(history, day, _scores(dice, a_day))] == []


@given(st.integers(0, 10_000))
@settings(max_examples=40)
def test_a_fall_is_told_within_some_dozens_of_answers(seed):
    dice, history = random.Random(seed), ScoreHistory()
    for day in range(1, 8):
        _see(history, day, _scores(dice, 60))

    assert _see(history, 8, _scores(dice, 60, mean=0.5, spread=0.2))[:1] == ["scores"]


def test_blocks_that_become_frequent_are_told_though_the_scores_are_as_before():
    dice, history = random.Random(1), ScoreHistory()
    for day in range(1, 8):
        _see(history, day, _scores(dice, 60), blocked=lambda n: n % 30 == 0)

    assert "blocks" in _see(history, 8, _scores(dice, 60), blocked=lambda n: n % 2 == 0)
    assert history.facts("blocks")["usual_share"] == 0.033


def test_nothing_is_said_while_learning():
    dice, history = random.Random(2), ScoreHistory()
    for day in range(1, LEARNING_DAYS):
        assert _see(history, day, _scores(dice, LEARNING_SCORES)) == []
    assert _see(history, LEARNING_DAYS, _scores(dice, 80, mean=0.1)) == []


def test_a_day_of_alarm_does_not_become_the_standard():
    dice, history = random.Random(3), ScoreHistory()
    for day in range(1, 8):
        _see(history, day, _scores(dice, 60))
    _see(history, 8, _scores(dice, 60, mean=0.3))
    _see(history, 9, _scores(dice, 1))

    assert history.total == 7 * 60


def test_it_stays_small_and_within_its_years():
    dice, history = random.Random(4), ScoreHistory()
    for day in range(1, 60):
        _see(history, day, _scores(dice, 300))

    assert history.total <= 4300
    assert len(msgspec.msgpack.encode(history)) < 200


@given(st.integers(0, 10_000), st.integers(15, 120))
@settings(max_examples=40)
def test_a_new_application_that_is_merely_strict_raises_no_alarm(seed, a_day):
    dice, history = random.Random(seed), ScoreHistory()

    said = [
        history.see(score, score < 0.7, day * DAY + n * 60, 0.7)
        for day in range(1, LEARNING_DAYS + 1)
        for n, score in enumerate(_scores(dice, a_day, mean=0.82, spread=0.13))
    ]

    assert not any(said), "one answer in six is blocked"


@given(st.integers(0, 10_000))
@settings(max_examples=40)
def test_an_application_bad_from_its_first_day_is_told_on_it_and_never_becomes_its_own_history(seed):
    dice, history = random.Random(seed), ScoreHistory()

    for day in range(1, 6):
        scores = _scores(dice, 60, mean=0.35, spread=0.2)
        said = [history.see(score, False, day * DAY + n * 60, 0.6) for n, score in enumerate(scores)]
        assert "floor" in said
        assert set(said) <= {"floor", ""}

    assert history.is_learning


def test_without_a_threshold_only_blocks_count_against_a_new_application():
    history = ScoreHistory()

    assert not any(history.see(0.1, False, DAY + n) for n in range(100))
    assert any(history.see(0.1, True, DAY + 1000 + n) for n in range(100))
