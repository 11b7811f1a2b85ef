from __future__ import annotations

import math
from itertools import pairwise
from random import Random

import pytest
from measuring import Share, conformal, curve, quantile, threshold_reached, wilson


def test_the_interval_is_wilsons() -> None:
    """Newcombe (1998), table I: 81 of 263 and 15 of 148."""
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(15, 148) == pytest.approx((0.0624, 0.1605), abs=5e-5)


def test_nothing_of_some_is_not_certainly_nothing() -> None:
    low, high = wilson(0, 20)

    assert low == 0
    assert high == pytest.approx(0.1611, abs=1e-4)


def test_nothing_tried_tells_nothing() -> None:
    assert wilson(0, 0) == (0.0, 1.0)
    assert Share(0, 0).as_json()["share"] is None


def test_a_conformal_threshold_keeps_to_its_rate_on_new_scores() -> None:
    dice = Random(1)
    exceeded = total = 0
    for _ in range(300):
        threshold = conformal([dice.gauss(0, 1) for _ in range(199)], 0.05)
        exceeded += sum(dice.gauss(0, 1) > threshold for _ in range(50))
        total += 50

    assert exceeded / total == pytest.approx(0.05, abs=0.01)


def test_too_few_scores_give_no_threshold() -> None:
    assert conformal([1.0] * 98, 0.01) == math.inf
    assert conformal([1.0] * 99, 0.01) == 1.0


def test_the_rate_reached_is_counted_on_the_scores_themselves() -> None:
    benign = [float(score) for score in range(1000)]

    threshold = threshold_reached(benign, 0.01)

    assert sum(score > threshold for score in benign) == 10


def test_ties_at_the_threshold_never_exceed_the_rate() -> None:
    benign = [0.0] * 990 + [1.0] * 10 + [2.0]

    assert sum(score > threshold_reached(benign, 0.005) for score in benign) <= 0.005 * len(benign)


def test_a_curve_rises_to_one_and_one() -> None:
    drawn = curve([0.1, 0.2, 0.3, 0.4], [0.35, 0.9])

    assert drawn[0] == (0.0, 0.5)
    assert drawn[-1] == (1.0, 1.0)
    assert all(before[0] <= after[0] and before[1] <= after[1] for before, after in pairwise(drawn))


def test_a_quantile_is_a_value_that_was_seen() -> None:
    assert quantile([5, 1, 9], 0.5) == 5
    assert quantile([5, 1, 9], 0.9) == 9
    assert quantile([], 0.5) is None
