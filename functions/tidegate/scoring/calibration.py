"""What a tenant's own caller-days say: the scale of the text heads, and a threshold for each statistic.

Thresholds shipped from a laboratory accuse 7 % of caller-days where 1 % was meant; a tenant's own keep to it. All
statistics share one budget: a caller-day's smallest p-value decides, and it is the distribution of that smallest
p-value over the tenant's days that is cut at the rate asked for. A statistic's tail is drawn from the bulk of the
benign days and not from the largest few, so that one attack in a hundred days bends it little: see fitting.py.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache

import msgspec

from tidegate.scoring import trees
from tidegate.scoring.scale import SHIPPED, Scale
from tidegate.scoring.statistics import HEAD, STATISTICS

# Conservative, until calibrated: four or more records far in the tail, or three phrases. Heads are not asked, nor are
# the running sums that accuse 4 % of the caller-days of tenants whose texts were not learned from (searches, batches).
_RUN, _RULE = 9.0, 2.4
_TELLING = {
    "run:jailbreak": _RUN,
    "run:system_prompt": _RUN,
    "run:generation": _RUN,
    "run:harmful": 15.0,
    "run:reasoning": 15.0,
    "elicited": 30.0,  # a dozen of fifteen, or thirty of some two hundred
}
NEVER = 1e9
NOT_ASKED = -1e9  # a statistic that a day had no value of
_ORDINARY = trees.STRANGERS.index(0.2)
_LAB = 0.0005  # share of benign laboratory days whose value of a head makes a day a suspect


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
    crowds: tuple[float, ...] = ()  # thresholds of many names together; empty: too few of their days
    crowd_days: int = 0  # learned from
    usual: tuple[tuple[float, float, float], ...] = ()  # of callers' days, see callers/behaviour/usual.py; empty: few
    benign_until: float = 0.0  # epoch seconds: days before are a history taken for benign, accused ones are learned too


UNCALIBRATED = Calibrated(
    SHIPPED,
    thresholds=tuple(_RULE if name.startswith("rule:") else _TELLING.get(name, NEVER) for name in STATISTICS),
)

# Of many names together: as far as eight names that all lie far out, or phrases an order beyond what chance gives.
_CROWD_RUN, _CROWD_RULE = 24.0, 12.0
UNCALIBRATED_CROWDS = Calibrated(
    SHIPPED,
    thresholds=tuple(
        _CROWD_RULE if name.startswith("rule:") else _CROWD_RUN / _RUN * known if known < NEVER else NEVER
        for name, known in zip(STATISTICS, UNCALIBRATED.thresholds, strict=True)
    ),
)
FEWEST_CROWD_DAYS = 20  # from which a tenant's crowds are judged by their own days


def of_crowds(known: Calibrated | None) -> Calibrated:
    """What many names together are judged by."""
    if known is None:
        return UNCALIBRATED_CROWDS
    if not known.crowds:
        return msgspec.structs.replace(UNCALIBRATED_CROWDS, scale=known.scale, refusals=known.refusals)
    return msgspec.structs.replace(known, thresholds=known.crowds, tails=(), caller_days=known.crowd_days)


def head_tail(head: trees.Head, moved: float = 0.0, share: float = 1.0) -> Tail:
    """How a head's log-odds fall off over benign caller-days, as the laboratory's do.

    `moved`: how much higher they lie at this tenant; `share`: of its days on which the head was asked. Who looks less
    like an attack than one in five benign newcomers anywhere is never accused, however alike a tenant's callers are:
    where all of them ask the same, any day that differs is rare.
    """
    _, one_in_100, one_in_1000 = head.benign
    slope = max((one_in_1000 - one_in_100) / math.log(10), 0.05)
    return Tail(one_in_100 + moved, 0.01 * share, slope, head.strangers[_ORDINARY])


@cache
def _suspicious() -> tuple[float, ...]:
    """From where what ships calls a caller-day an attack, whatever the tenant's days are like: it is left out of what
    is taken for benign."""
    heads = tuple(head_tail(head).value_at(_LAB) for head in trees.shipped()[1])
    return UNCALIBRATED.thresholds[:HEAD] + heads


def suspicious(day: Sequence[float]) -> bool:
    """`day`: the largest value of each statistic."""
    return any(value > least for value, least in zip(day, _suspicious(), strict=True))
