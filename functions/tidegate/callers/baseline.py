"""What is usual for a caller, and from where on it is not: robust, and silent without history."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import NamedTuple

LEAST_DAYS = 5  # active days; with fewer, a median means nothing and only budgets apply
_SPREADS = 6.0
_TIMES = 3.0
_TO_SIGMA = 1.4826  # median absolute deviation -> standard deviation, were it a normal distribution


class Baseline(NamedTuple):
    level: float  # the median
    spread: float
    limit: float
    days: int


def baseline(values: Sequence[int], *, floor: float) -> Baseline | None:
    """The limit of a daily value, from its history: the largest of level + 6 spreads, 3 times the level, `floor`.

    Median and median absolute deviation bear up to half the days being wild. `floor` keeps callers that hardly call
    from alarming at their second call. None: fewer than `LEAST_DAYS` active days.
    """
    if len(values) < LEAST_DAYS:
        return None
    level = median(values)
    spread = _TO_SIGMA * median(abs(value - level) for value in values)
    return Baseline(level, spread, max(level + _SPREADS * spread, _TIMES * level, floor), len(values))
