"""What a caller may use, learned from a tenant's own days.

A budget shipped from a laboratory accuses the wrong callers: nominal 0.1 % of caller-days became 4.7 % on tenants
that had not been seen. So every threshold of `quota_abuse` is a quantile of the tenant's own caller-days:

- a caller-day's statistics are the detector's own, computed by the detector's own windows: the most calls and tokens
  of an hour and of a day, and how far it went beyond its own baseline, once it has one;
- they share one false-positive budget: a caller-day is accused when any of them is exceeded;
- they are learned on all days; the rate that is told was measured on the later days, with thresholds that were learned
  on the earlier ones alone;
- n caller-days can't promise less than 1/(n + 1): where more is asked, the thresholds lie beyond the largest value
  seen, and the file says what can be promised.

What it can't do: if the learning days hold abuse, the thresholds are as high as the abuse. The file names the
busiest callers it learned from, so that a person can look.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import msgspec
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tidegate.callers.baseline import LEAST_DAYS
from tidegate.callers.usage import STEPS_AN_HOUR, Usage, Window
from tidegate.detectors.about import Budget, Known
from tidegate.detectors.quota_abuse import is_use, limits_of, tokens_of
from tidegate.errors import ConfigurationError
from tidegate.model import Invocation, Record
from tidegate.scoring.calibration import Calibrated
from tidegate.settings import Settings
from tidegate_local.behaviour_learning import Learned
from tidegate_local.counting_learning import Counting

HOUR, DAY = 3600, 86400
EARLIER = 0.6  # of the days: what is learned on them is measured on the others
FEWEST_DAYS = 3
HEADROOM, FARTHEST = 1.25, 4.0  # times the largest value seen, where a quantile can't be had
_FEWEST_IN_TAIL = 5  # caller-days in the largest twentieth, for its slope
SHARES = (1.0, 0.8, 0.65, 0.5, 0.4, 0.3, 0.2)  # of the rate, tried for each statistic until all keep to it together
STATISTICS = ("calls_per_hour", "tokens_per_hour", "calls_per_day", "tokens_per_day", "own_baseline_times")
_NOTHING = (0.0, 0.0, 0.0, 0.0, -1.0)
_KNOWN = Known(budget=Budget(own_times=1.0))


class CallerDay(NamedTuple):
    day: int  # days since the epoch, UTC
    caller: str  # account/kind:value
    values: tuple[float, ...]  # in the order of STATISTICS; the last is -1 without a baseline


class Busiest(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    caller: str
    day: str
    calls_per_hour: int
    tokens_per_hour: int


class Calibration(BaseModel):
    """The file that `calibrate` writes and `replay --calibration` reads."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int = 1
    calls_per_hour: int = Field(ge=1)
    tokens_per_hour: int = Field(ge=1)
    calls_per_day: int = Field(ge=1)
    tokens_per_day: int = Field(ge=1)
    own_baseline_times: float = Field(ge=0)  # of the baseline's limit; 0: too few had one, it is not asked
    asked_false_positive_rate: float = Field(gt=0, lt=1)
    promised_false_positive_rate: float  # what the number of caller-days allows
    measured_false_positive_rate: float | None  # on the later days; None: there were none
    measured_interval: tuple[float, float] | None  # 95 %, Wilson
    learned_days: tuple[str, str]
    learned_caller_days: int
    measured_days: tuple[str, str] | None
    measured_caller_days: int
    with_baseline: int  # of the learned caller-days
    warm_up: str
    busiest: tuple[Busiest, ...] = ()
    behaviour: Learned | None = None  # None: too few days or texts; only rules and running sums judge behaviour
    counting: Counting | None = None  # None: written before it was learned; thresholds are the shipped ones
    callers: str = ""  # what the pipeline remembered of every caller when the history ended, see warm_states.py
    history_ended: float = 0.0  # event time, epoch seconds

    def applied_to(self, settings: Settings) -> Settings:
        learned = {"learned_budgets": True, "counting_multipliers": self.counting.multipliers if self.counting else {}}
        return settings.model_copy(update={name: getattr(self, name) for name in STATISTICS} | learned)

    def calibrated(self) -> Calibrated | None:
        """For logs that go on where the history ended, or that begin with it: it is taken for benign again."""
        if self.behaviour is None:
            return None
        return msgspec.structs.replace(self.behaviour.calibrated(), benign_until=self.history_ended)


@dataclass
class _Caller:
    usage: Usage = field(default_factory=Usage)
    hour: int = -1
    waiting: list[tuple[float, int]] = field(default_factory=list)  # of this clock hour
    day: int = -1
    most: list[float] = field(default_factory=lambda: list(_NOTHING))

    def settle(self) -> None:
        """Folds the hour in, as the detector does, and keeps the day's largest values."""
        touched = self.usage.add(self.waiting)
        self.waiting = []
        for window in Window if touched else ():
            for end in self.usage.ends(window, touched):
                own = {limit.measure: limit for limit in limits_of(window, end, self.usage, _KNOWN)}
                known = len(self.usage.history(end // STEPS_AN_HOUR if window is Window.HOUR else end)) >= LEAST_DAYS
                place = 0 if window is Window.HOUR else 2
                for step, (measure, used) in enumerate(
                    zip(("calls", "tokens"), self.usage.used(window, end), strict=True)
                ):
                    # Who is within its own baseline isn't held to what all callers use.
                    if not known or (measure in own and own[measure].times > 1):
                        self._raise(place + step, used)
                for limit in own.values():
                    self._raise(4, limit.times)
        if len(self.usage.history(self.hour)) >= LEAST_DAYS:
            self._raise(4, 0.0)
        self.usage.forget()

    def _raise(self, place: int, value: float) -> None:
        self.most[place] = max(self.most[place], value)


def caller_days(records: Iterable[Record]) -> list[CallerDay]:
    """The statistics of every caller and day. `records` in event-time order."""
    callers: dict[str, _Caller] = {}
    found: list[CallerDay] = []
    for record in records:
        if not isinstance(record, Invocation) or not is_use(record):
            continue
        name = f"{record.account}/{record.caller}"
        caller = callers.setdefault(name, _Caller())
        hour = int(record.time) // HOUR
        if hour != caller.hour:
            found += _ended(caller, name, hour)
        caller.waiting.append((record.time, tokens_of(record)))
    for name, caller in callers.items():
        found += _ended(caller, name, caller.hour + DAY // HOUR)
    return sorted(found)


def _ended(caller: _Caller, name: str, hour: int) -> Iterator[CallerDay]:
    """Settles the hour that is over; the day, too, when the next hour lies in another."""
    if caller.waiting:
        caller.settle()
    day = hour * HOUR // DAY
    if day != caller.day:
        if caller.day >= 0:
            yield CallerDay(caller.day, name, tuple(caller.most))
        caller.day, caller.most = day, list(_NOTHING)
    caller.hour = hour


def calibrate(days: Sequence[CallerDay], rate: float) -> Calibration:
    """Raises ConfigurationError where there is too little to learn from."""
    known = sorted({day.day for day in days})
    if len(known) < FEWEST_DAYS:
        raise ConfigurationError(
            f"{len(known)} day(s) with model invocations: at least {FEWEST_DAYS} are needed, so that thresholds are "
            "measured on other days than they are learned on. Give more log files."
        )
    border = known[max(2, math.ceil(len(known) * EARLIER)) - 1]
    later = [day for day in days if day.day > border]
    earlier = _thresholds([day for day in days if day.day <= border], rate)
    accused = sum(_accused(day, earlier) for day in later)
    thresholds = _thresholds(days, rate)
    with_baseline = sum(day.values[4] >= 0 for day in days)
    lowest = 1 / (len(days) + 1)
    return Calibration(
        **dict(zip(STATISTICS[:4], map(int, thresholds), strict=False)),
        own_baseline_times=thresholds[4],
        asked_false_positive_rate=rate,
        promised_false_positive_rate=max(rate, lowest),
        measured_false_positive_rate=accused / len(later) if later else None,
        measured_interval=wilson(accused, len(later)) if later else None,
        learned_days=(_date(known[0]), _date(known[-1])),
        learned_caller_days=len(days),
        measured_days=(_date(later[0].day), _date(later[-1].day)) if later else None,
        measured_caller_days=len(later),
        with_baseline=with_baseline,
        warm_up=_warm_up(len(known), len(days), with_baseline, thresholds[4], rate),
        busiest=tuple(
            Busiest(
                caller=day.caller,
                day=_date(day.day),
                calls_per_hour=int(day.values[0]),
                tokens_per_hour=int(day.values[1]),
            )
            for day in sorted(days, key=lambda day: -day.values[1])[:5]
        ),
    )


def _thresholds(learned: Sequence[CallerDay], rate: float) -> list[float]:
    """One a statistic, at the largest common share of the rate with which all together keep to it."""
    columns = [sorted(day.values[place] for day in learned) for place in range(4)]
    own = sorted(day.values[4] for day in learned if day.values[4] >= 0)
    allowed = math.floor(rate * (len(learned) + 1))
    thresholds: list[float] = []
    for share in SHARES:
        thresholds = [max(1.0, math.ceil(_quantile(column, rate * share))) for column in columns]
        thresholds.append(round(max(1.0, _quantile(own, rate * share)), 3) if len(own) >= 1 / rate else 0.0)
        if sum(_accused(day, thresholds) for day in learned) <= allowed:
            break
    return thresholds


def _quantile(ordered: Sequence[float], rate: float) -> float:
    """The conformal one: at most `rate` of further values from the same source lie above it."""
    rank = math.ceil((len(ordered) + 1) * (1 - rate))
    return ordered[rank - 1] if rank <= len(ordered) else ordered[-1] * _headroom(ordered, rate)


def _headroom(ordered: Sequence[float], rate: float) -> float:
    """How far beyond the largest value seen: use has a heavy tail, so the next largest is often far beyond it.

    The slope of the largest twentieth in logarithms (Hill 1975), drawn on to the rate; at most `FARTHEST`.
    """
    top = [value for value in ordered[-max(2, len(ordered) // 20) :] if value > 0]
    if len(top) < _FEWEST_IN_TAIL:
        return HEADROOM
    slope = sum(math.log(value / top[0]) for value in top[1:]) / (len(top) - 1)
    beyond: float = (1 / (rate * (len(ordered) + 1))) ** slope
    return min(FARTHEST, max(HEADROOM, beyond))


def _accused(day: CallerDay, thresholds: Sequence[float]) -> bool:
    over = any(value > most for value, most in zip(day.values[:4], thresholds, strict=False))
    return over or bool(thresholds[4] and day.values[4] > thresholds[4])


def _warm_up(days: int, learned: int, with_baseline: int, own: float, rate: float) -> str:
    said = [
        f"Learned on {days} days. A caller that was not seen then is judged by the same budgets. Calibrate again when "
        "traffic changes."
    ]
    if 1 / (learned + 1) > rate:
        said.append(
            f"{learned} caller-days can't promise less than {1 / (learned + 1):.4f}: about {math.ceil(1 / rate)} are "
            f"needed for {rate}; until then the budgets lie beyond the largest use seen."
        )
    if not own:
        said.append(
            f"Only {with_baseline} learned caller-days had a baseline of their own (it takes {LEAST_DAYS} days), "
            "too few to calibrate it: it is not asked until there are more."
        )
    return " ".join(said)


def wilson(hits: int, trials: int) -> tuple[float, float]:
    """95 % interval of a share (Wilson 1927)."""
    z, share = 1.959964, hits / trials
    middle = (share + z * z / (2 * trials)) / (1 + z * z / trials)
    half = z * math.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials)) / (1 + z * z / trials)
    return max(0.0, middle - half), min(1.0, middle + half)


def _date(day: int) -> str:
    return datetime.fromtimestamp(day * DAY, UTC).date().isoformat()


def load(path: Path) -> Calibration:
    """Raises ConfigurationError that names the file and what is wrong with it."""
    try:
        return Calibration.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise ConfigurationError(
            f"{path}: no calibration file: {error}. Write one with `tidegate calibrate`."
        ) from error
