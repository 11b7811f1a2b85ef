"""From a tenant's benign caller-days to thresholds: pure arithmetic over what was measured on each.

A caller-day is the largest value of each statistic. Four steps:

1. each statistic's tail. Sums and phrases: exponential, with the slope of the tenant's own days. Trained heads: the
   tenant's days tell where they lie, and the laboratory's how they fall off beyond: of some hundred days of its own a
   tenant has none that tell what one in a thousand reaches;
2. a caller-day's smallest p-value over all statistics, which decides whether it would be accused;
3. how often chance makes the smallest p-value small, told by days from one in fifty to one in seven, and with it the
   p-value at which the asked share of caller-days would be accused. One attack in a hundred days isn't among those;
4. the days beyond the thresholds are looked at: those that what ships calls attacks are suspects and left out; for the
   others the thresholds of what they are beyond are raised, until no more than the rate of the days seen are accused.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from statistics import median
from typing import NamedTuple

from tidegate.scoring.calibration import (
    FEWEST_CROWD_DAYS,
    NEVER,
    NOT_ASKED,
    UNCALIBRATED_CROWDS,
    Tail,
    head_tail,
    suspicious,
)
from tidegate.scoring.statistics import HEAD, STATISTICS
from tidegate.scoring.trees import shipped as shipped_heads

_NEAR, _START, _FAR = 0.08, 0.02, 0.005  # shares of days between which a tail's slope is taken, and where it begins
_FEW = 3  # days that have a statistic at all, below which its tail is the usual one
_PRIOR = 20.0  # days beyond the far point that the usual slope counts for
_BULK = (0.02, 0.15)  # shares of the days that tell how small the smallest p-value is by chance
_MOVED = 0.05  # share of days whose value tells where a head lies here
_MOVED_PRIOR = 30.0  # days with a head that the laboratory's counts for
# Part of the budget that a statistic has of what others have. Running sums and the head for what is recited are there
# to be quick and to give the right name; what they alone find is little.
_PARTS = {"run": 0.1, "elicited": 0.1, "head:recital": 0.3}
# Usual slopes and least thresholds, of the benign callers of bench/training. Nobody is accused of one odd record.
_SLOPES = {"run": 1.2, "rule": 0.6, "refusals": 1.5, "elicited": 2.0}
_FLOORS = {"run": 3.5, "rule": 1.4, "refusals": 4.0, "elicited": 12.0}
_LEAST_SLOPE = 0.15
_SLACK = 0.25  # slopes by which a threshold lies beyond the days it was raised for, or the furthest day seen


class Fitted(NamedTuple):
    tails: tuple[Tail, ...]
    cut: float  # the smallest p-value from which a caller-day is accused
    thresholds: tuple[float, ...]
    suspects: tuple[int, ...]  # places of the days that were left out as likely attacks
    accused: int  # of the days seen, suspects left out
    promised: float


class _Seen(NamedTuple):
    """A statistic's tail, and before it the days themselves."""

    tail: Tail
    ordered: Sequence[float]
    part: float  # of the budget

    def p_value(self, value: float) -> float:
        if value > self.tail.start:
            return self.tail.p_value(value) / self.part
        count = len(self.ordered)
        return (count - bisect_left(self.ordered, value) + 1) / (count + 1) / self.part

    def value_at(self, p: float) -> float:
        share = p * self.part
        return (
            self.tail.value_at(share)
            if share < self.tail.share
            else max(_reached(self.ordered, share), self.tail.floor)
        )


def fit(days: Sequence[Sequence[float]], rate: float) -> Fitted:
    """`days`: for each caller-day the largest value of each statistic. Raises ValueError without days."""
    if not days:
        raise ValueError("no caller-days to learn from")
    seen = [_seen(sorted(day[place] for day in days), place) for place in range(len(STATISTICS))]
    smallest = [min(one.p_value(value) for one, value in zip(seen, day, strict=True)) for day in days]
    cut = rate / _chances(sorted(smallest))
    drawn = [one.value_at(cut) for one in seen]
    suspects = tuple(place for place, day in enumerate(days) if _beyond(day, drawn) and suspicious(day))
    held = set(suspects)
    allowed = math.floor(rate * len(days) + 0.5)
    benign = [day for place, day in enumerate(days) if place not in held]
    tails = tuple(one.tail for one in seen)
    raised, accused = _raised(drawn, tails, benign, allowed)
    thresholds = _clear_of(benign, raised, tails)
    return Fitted(tails, cut, thresholds, suspects, accused, max(rate, 1 / (len(days) + 1)))


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


def _chances(ordered: Sequence[float]) -> float:
    """As how many independent statistics all of them together count: 1 were they all the same."""
    count = len(ordered)
    first, last = (min(count - 1, math.ceil(share * count)) for share in _BULK)
    return max(1.0, median((place + 1) / (count + 1) / ordered[place] for place in range(first, last + 1)))


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


def _seen(ordered: Sequence[float], place: int) -> _Seen:
    name = STATISTICS[place]
    kind = name.partition(":")[0]
    tail = _tail_of_head(ordered, place - HEAD) if place >= HEAD else _tail(ordered, kind)
    return _Seen(tail, ordered, _PARTS.get(name, _PARTS.get(kind, 1.0)))


def _tail_of_head(ordered: Sequence[float], place: int) -> Tail:
    """The laboratory's, moved to where the tenant's days lie."""
    head = shipped_heads()[1][place]
    asked = ordered[bisect_left(ordered, NOT_ASKED + 1) :]
    if not asked:
        return Tail(NEVER, 0.0, 1.0, NEVER)
    known = len(asked) / (len(asked) + _MOVED_PRIOR)
    moved = known * (_reached(asked, _MOVED) - head.benign[0])
    return head_tail(head, moved, len(asked) / len(ordered))


def _tail(ordered: Sequence[float], kind: str) -> Tail:
    """From the value that one day in fifty reaches, with the slope of the days from one in twelve to one in 200.

    A statistic that fewer days have at all begins where half of those are; all lean on the usual slope.
    """
    count = len(ordered)
    share = (count - bisect_left(ordered, 1e-9)) / count
    if share * count < _FEW:
        return Tail(0.0, _FEW / count, _SLOPES[kind], _FLOORS[kind])
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
