"""Thresholds out of a tenant's days: they keep to the rate, bear attacks among the days, and say who is suspect."""

from __future__ import annotations

import random

import pytest

from tidegate.scoring.calibration import NOT_ASKED, UNCALIBRATED, suspicious
from tidegate.scoring.fitting import fit
from tidegate.scoring.statistics import PLACE, STATISTICS


def _benign(dice: random.Random) -> list[float]:
    scales = {"run": 0.7, "surplus": 1.0, "rule": 0.05, "refusals": 0.5, "elicited": 1.0, "head": 0.8}
    return [
        dice.expovariate(1 / scales[name.partition(":")[0]]) - (4 if name.startswith("head") else 0)
        for name in STATISTICS
    ]


def _attack(dice: random.Random, name: str) -> list[float]:
    day = _benign(dice)
    day[PLACE[name]] = 30 + dice.random()
    return day


def _accused(days, thresholds) -> float:
    return sum(any(v > t for v, t in zip(day, thresholds, strict=True)) for day in days) / len(days)


@pytest.mark.parametrize("rate", [0.01, 0.002])
def test_thresholds_keep_to_the_rate_on_other_days(rate):
    dice = random.Random(3)
    found = fit([_benign(dice) for _ in range(3000)], rate)

    assert _accused([_benign(dice) for _ in range(6000)], found.thresholds) <= 1.5 * rate + 0.001


def test_one_attack_in_a_hundred_days_does_not_hide_the_next_one():
    dice = random.Random(4)
    kinds = ("run:jailbreak", "rule:system_prompt_extraction", "run:generation", "surplus:reasoning")
    days = [_benign(dice) for _ in range(2000)] + [_attack(dice, kinds[place % 4]) for place in range(20)]

    found = fit(days, 0.01)

    assert _accused([_attack(dice, kind) for kind in kinds for _ in range(20)], found.thresholds) == 1.0
    assert set(found.suspects) <= set(range(2000, 2020))
    assert found.suspects


def test_few_days_promise_little_and_say_so():
    dice = random.Random(5)

    assert fit([_benign(dice) for _ in range(99)], 0.001).promised == pytest.approx(0.01)


def test_a_statistic_that_no_day_has_accuses_nobody_lightly():
    dice = random.Random(6)
    days = [_benign(dice) for _ in range(500)]
    for day in days:
        day[PLACE["head:recital"]] = NOT_ASKED
        day[PLACE["rule:prompt_attack"]] = 0.0

    found = fit(days, 0.01)

    assert found.thresholds[PLACE["rule:prompt_attack"]] >= 1.4, "one phrase accuses nobody"
    assert found.thresholds[PLACE["head:recital"]] > 1e6


def test_no_days_are_no_calibration():
    with pytest.raises(ValueError, match="no caller-days"):
        fit([], 0.01)


def test_what_ships_calls_attacks_by_phrases_and_running_sums_alone():
    limits = dict(zip(STATISTICS, UNCALIBRATED.thresholds, strict=True))

    assert not UNCALIBRATED.asks_heads
    assert limits["rule:prompt_attack"] < 3 < limits["run:jailbreak"] < 20
    assert min(limit for name, limit in limits.items() if name.startswith(("head", "surplus", "refusals"))) > 1e6
    day = [0.0] * len(STATISTICS)
    assert not suspicious(day)
    day[PLACE["rule:system_prompt_extraction"]] = 3
    assert suspicious(day)
