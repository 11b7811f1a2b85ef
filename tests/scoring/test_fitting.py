"""Thresholds out of a tenant's days: they keep to the rate, bear attacks among the days, and say who is suspect."""

from __future__ import annotations

import math
import random

import pytest

from tidegate.scoring.calibration import NOT_ASKED, UNCALIBRATED, suspicious
from tidegate.scoring.fitting import fit
from tidegate.scoring.statistics import HEAD, PLACE, STATISTICS
from tidegate.scoring.trees import STRANGERS, Head, shipped


def _benign(dice: random.Random) -> list[float]:
    scales = {"run": 0.7, "rule": 0.05, "refusals": 0.5, "elicited": 1.0}
    sums = [dice.expovariate(1 / scales[name.partition(":")[0]]) for name in STATISTICS[:HEAD]]
    return [*sums, *(_log_odds(head, dice) for head in shipped()[1])]


def _log_odds(head: Head, dice: random.Random) -> float:
    """As benign days of the laboratory have them, one in twenty upwards."""
    near, middle, far = head.benign
    nats = dice.expovariate(1) + math.log(0.05)  # beyond one in twenty
    if nats < math.log(5):
        return near + (middle - near) / math.log(5) * nats
    return middle + (far - middle) / math.log(10) * (nats - math.log(5))


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
    kinds = ("run:jailbreak", "rule:system_prompt_extraction", "run:generation", "head:harvest")
    days = [_benign(dice) for _ in range(2000)] + [_attack(dice, kinds[place % 4]) for place in range(20)]

    found = fit(days, 0.01)

    assert _accused([_attack(dice, kind) for kind in kinds for _ in range(20)], found.thresholds) == 1.0
    attacks = set(range(2000, 2020))
    assert attacks & set(found.suspects)
    assert len(set(found.suspects) - attacks) <= 4, "what one benign day in 2,000 reaches makes a suspect"


def test_a_tenant_whose_heads_lie_elsewhere_is_judged_from_there():
    dice = random.Random(8)
    place = PLACE["head:harvest"]
    days = [_benign(dice) for _ in range(1500)]
    here = fit(days, 0.01).thresholds[place]
    elsewhere = fit([[*day[:place], day[place] + 1.5, *day[place + 1 :]] for day in days], 0.01).thresholds[place]

    assert elsewhere == pytest.approx(here + 1.5, abs=0.15)


def test_where_all_callers_ask_the_same_nobody_is_accused_of_looking_less_like_an_attack_than_others_do():
    dice, place = random.Random(10), PLACE["head:harvest"]
    days = [_benign(dice) for _ in range(200)]
    alike = [[*day[:place], -5.0 + 0.001 * number, *day[place + 1 :]] for number, day in enumerate(days)]

    ordinary = shipped()[1][0].strangers[STRANGERS.index(0.2)]

    assert fit(alike, 0.01).thresholds[place] == pytest.approx(ordinary)


def test_how_a_head_falls_off_is_not_learned_from_a_few_days():
    dice = random.Random(9)
    place = PLACE["head:harvest"]
    thresholds = [fit([_benign(dice) for _ in range(300)], 0.001).thresholds[place] for _ in range(12)]

    assert max(thresholds) - min(thresholds) < 1.2


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
    assert min(limit for name, limit in limits.items() if name.startswith(("head", "refusals"))) > 1e6
    day = [0.0] * len(STATISTICS)
    assert not suspicious(day)
    day[PLACE["rule:system_prompt_extraction"]] = 3
    assert suspicious(day)
