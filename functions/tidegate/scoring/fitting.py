"""From a tenant's benign caller-days to thresholds: pure arithmetic over what was measured on each.

A caller-day is the largest value of each statistic. Three steps:

1. each statistic's tail, exponential beyond the value that one day in a hundred reaches;
2. a caller-day's smallest p-value over all statistics, which decides whether it would be accused;
3. the p-value at which the asked share of caller-days would be. The largest 1.5 % of days are left out of this fit and
   the curve is drawn on to the rate, so that one attack in a hundred days doesn't set it. Then the days left out are
   looked at: those the trained heads or phrases say are attacks are reported as suspects; for the others the thresholds
   of what they are beyond are raised until no more than the rate (and a half) of the days seen would be accused.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import median
from typing import NamedTuple

from tidegate.scoring.calibration import (
    FEWEST_CROWD_DAYS,
    NEVER,
    NOT_ASKED,
    UNCALIBRATED_CROWDS,
    Tail,
    suspicious,
)
from tidegate.scoring.statistics import STATISTICS

_NEAR, _START, _FAR = 0.05, 0.01, 0.005  # shares of days between which a tail's slope is taken, and where it begins
_FEW = 3  # days that have a statistic at all, below which its tail is the usual one
_TRIMMED, _FITTED = 0.015, 0.08  # shares of the days between which the curve of p-values is fitted
_SPARE = 1.0  # times the rate that may be accused among the days seen
_CAREFUL = 0.8  # of the p-value drawn on: thresholds from some hundred days are uncertain by as much
_PRIOR = 2.0  # days beyond the far point that the usual slope counts for
# Usual slopes and least thresholds, of the benign callers of bench/training. Nobody is accused of one odd record.
_SLOPES = {"run": 1.2, "surplus": 1.5, "rule": 0.6, "refusals": 1.5, "elicited": 2.0, "head": 0.7}
_FLOORS = {"run": 3.5, "surplus": 7.0, "rule": 1.4, "refusals": 4.0, "elicited": 12.0, "head": NOT_ASKED}
_LEAST_SLOPE = 0.15
_SLACK = 0.25  # slopes by which a threshold lies beyond the days it was raised for, or the furthest day seen


class Fitted(NamedTuple):
    tails: tuple[Tail, ...]
    cut: float  # the smallest p-value from which a caller-day is accused
    thresholds: tuple[float, ...]
    suspects: tuple[int, ...]  # places of the days that were left out as likely attacks
    accused: int  # of the days seen, suspects left out
    promised: float


def fit(days: Sequence[Sequence[float]], rate: float) -> Fitted:
    """`days`: for each caller-day the largest value of each statistic. Raises ValueError without days."""
    if not days:
        raise ValueError("no caller-days to learn from")
    tails = tuple(_tail(sorted(day[place] for day in days), name) for place, name in enumerate(STATISTICS))
    smallest = [smallest_p(tails, day) for day in days]
    cut = _drawn_on(sorted(smallest), rate)
    suspects = tuple(place for place, day in enumerate(days) if smallest[place] < cut and suspicious(day))
    held = set(suspects)
    allowed = math.floor(_SPARE * rate * len(days) + 0.5)
    benign = [day for place, day in enumerate(days) if place not in held]
    thresholds, accused = _raised([tail.value_at(cut) for tail in tails], tails, benign, allowed)
    return Fitted(tails, cut, _clear_of(benign, thresholds, tails), suspects, accused, max(rate, 1 / (len(days) + 1)))


def learned_of_crowds(days: Sequence[Sequence[float]], rate: float) -> tuple[float, ...]:
    """Thresholds of many names together, none below what ships: a tenant has few principals, and its quietest days say
    little. Empty while their days are too few."""
    if len(days) < FEWEST_CROWD_DAYS:
        return ()
    shipped = UNCALIBRATED_CROWDS.thresholds
    return tuple(
        max(known, least) if least < NEVER else known
        for known, least in zip(fit(days, rate).thresholds, shipped, strict=True)
    )


def _raised(
    thresholds: list[float], tails: Sequence[Tail], days: Sequence[Sequence[float]], allowed: int
) -> tuple[list[float], int]:
    """Thresholds of which no more than `allowed` days are beyond, and how many are.

    Day by day, the one that costs least first: only the statistics that it is beyond are raised. An evaluation run that
    is far beyond in one of them says nothing about the others, and the furthest days are the ones that stay accused.
    """
    over = [day for day in days if _beyond(day, thresholds)]
    while len(over) > allowed:
        least = min(
            over, key=lambda day: sum((day[p] - thresholds[p]) / tails[p].slope for p in _beyond(day, thresholds))
        )
        for place in _beyond(least, thresholds):
            thresholds[place] = least[place] + _SLACK * tails[place].slope
        over = [day for day in over if _beyond(day, thresholds)]
    return thresholds, len(over)


def _clear_of(days: Sequence[Sequence[float]], thresholds: Sequence[float], tails: Sequence[Tail]) -> tuple[float, ...]:
    """No threshold is drawn right through the furthest day seen: callers who go on as before end up there again, give
    or take what statistics move by themselves (heads ask how many days are known). Those with days beyond stay."""
    furthest = [max(column) for column in zip(*days, strict=True)] or list(thresholds)
    return tuple(
        least if most > least else max(least, most + _SLACK * tail.slope)
        for least, most, tail in zip(thresholds, furthest, tails, strict=True)
    )


def _beyond(day: Sequence[float], thresholds: Sequence[float]) -> list[int]:
    return [place for place, value in enumerate(day) if value > thresholds[place]]


def smallest_p(tails: Sequence[Tail], day: Sequence[float]) -> float:
    return min(tail.p_value(value) if value >= tail.floor else 1.0 for tail, value in zip(tails, day, strict=True))


def _tail(ordered: Sequence[float], name: str) -> Tail:
    """From the value that one day in a hundred reaches, with the slope of the days from one in twenty to one in 200.

    A statistic that fewer days have at all begins where half of those are, and leans on the usual slope.
    """
    kind = name.partition(":")[0]
    known = [value for value in ordered if value > NOT_ASKED]
    if not known:
        return Tail(1e9, 0.0, 1.0, 1e9)
    count = len(ordered)
    least = 0.0 if kind != "head" else known[0]
    share = sum(value > least for value in known) / count
    if share * count < _FEW:
        return Tail(max(least, 0.0), _FEW / count, _SLOPES[kind], _FLOORS[kind])
    near, start, far = min(_NEAR, share * 0.8), min(_START, share / 2), min(_FAR, share / 4)
    high, middle, low = (_reached(ordered, part) for part in (far, start, near))
    evidence = far * count
    slope = ((high - low) / math.log(near / far) * evidence + _PRIOR * _SLOPES[kind]) / (evidence + _PRIOR)
    return Tail(middle, start, max(slope, _LEAST_SLOPE), _FLOORS[kind])


def _reached(ordered: Sequence[float], share: float) -> float:
    """The value that this share of days reaches."""
    place = share * len(ordered)
    below = min(len(ordered) - 1, max(1, math.floor(place)))
    upper, lower = ordered[-below], ordered[-min(below + 1, len(ordered))]
    return upper + (lower - upper) * min(max(place - below, 0.0), 1.0)


def _drawn_on(ordered: Sequence[float], rate: float) -> float:
    """The p-value that a share `rate` of days lies below: in proportion to the shares that are fitted."""
    count = len(ordered)
    if rate >= _TRIMMED and rate * (count + 1) >= 1:
        return ordered[min(count - 1, int(rate * (count + 1)))]
    first, last = math.ceil(_TRIMMED * count), math.ceil(_FITTED * count)
    shares = [
        ordered[place] * (count + 1) / (place + 1)
        for place in range(min(first, count - 1), min(last + 1, count))
        if ordered[place] <= _START
    ]
    return rate * _CAREFUL * (median(shares) if shares else _START)
