"""What a tenant's own caller-days say: the scale of the text heads, and a threshold for each statistic.

Thresholds shipped from a laboratory accuse 7 % of caller-days where 1 % was meant; a tenant's own keep to it. All
statistics share one budget: a caller-day's smallest p-value decides, and it is the distribution of that smallest
p-value over the tenant's days that is cut at the rate asked for. Each statistic's tail is drawn from the bulk of the
benign days (one in twenty to one in 200) and not from the largest few, so that one attack in a hundred days bends it
little: see fitting.py.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec

from tidegate.scoring.scale import SHIPPED, Scale
from tidegate.scoring.statistics import STATISTICS

# Conservative, until calibrated: three or more records far in the tail, or three phrases. Heads are not asked.
_RUN, _RULE = 9.0, 2.4
_NEVER = 1e9
NOT_ASKED = -1e9  # a statistic that a day had no value of
_LAB = 4.5  # log-odds of a head from which a day is a suspect: 0.05 % of benign laboratory days, 40 % of attacks
_TELLING = ("run:jailbreak", "run:system_prompt", "run:training_data", "run:generation")


class Tail(msgspec.Struct, frozen=True):
    """The upper tail of a statistic over caller-days: exponential beyond `start`."""

    start: float
    share: float  # of caller-days at or beyond `start`
    slope: float  # what divides the share by e
    floor: float = 0.0  # a threshold never lies below

    def p_value(self, value: float) -> float:
        if value <= self.start:
            return 1.0
        return self.share * math.exp(-(value - self.start) / self.slope)

    def value_at(self, p: float) -> float:
        """The value that a share `p` of benign caller-days reaches."""
        if p >= self.share:
            return max(self.start, self.floor)
        return max(self.start + self.slope * math.log(self.share / p), self.floor)


class Calibrated(msgspec.Struct, frozen=True):
    """What `Known.calibration` holds. `thresholds` are in the order of STATISTICS."""

    scale: Scale
    thresholds: tuple[float, ...]
    refusals: float = 0.02  # share of benign records that are refused
    asks_heads: bool = False
    tails: tuple[Tail, ...] = ()
    rate: float = 0.0  # of caller-days, that was asked for; 0: not calibrated
    days: int = 0  # learned from
    caller_days: int = 0
    groups: float = 9.0  # nats from which callers that ask alike are a campaign, see callers/groups.py
    learns_every_day: bool = False  # a history is lived through that is taken for benign: accused days are learned too


_KINDS = {"run": _RUN, "rule": _RULE}
UNCALIBRATED = Calibrated(SHIPPED, thresholds=tuple(_KINDS.get(name.partition(":")[0], _NEVER) for name in STATISTICS))

# From where what ships calls a caller-day an attack, whatever the tenant's days are like: it is left out of what is
# taken for benign.
_SUSPECT = {"rule": _RULE, "head": _LAB}
_SUSPICIOUS = tuple(_RUN if name in _TELLING else _SUSPECT.get(name.partition(":")[0], _NEVER) for name in STATISTICS)


def suspicious(day: Sequence[float]) -> bool:
    """`day`: the largest value of each statistic."""
    return any(value > least for value, least in zip(day, _SUSPICIOUS, strict=True))
