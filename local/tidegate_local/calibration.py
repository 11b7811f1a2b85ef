"""What one hour of one caller may be, learned from a tenant's own days.

A budget shipped from a laboratory accuses the wrong callers: nominal 0.1 % of caller-days became 4.7 % on tenants
that had not been seen. So the threshold of `quota_abuse` is a conformal quantile of the tenant's own caller-days:

- a caller-day's statistic is its busiest sliding hour (calls, and tokens), in event time;
- calls and tokens share one false-positive budget, half of it each;
- thresholds are learned on the earlier days and measured on the later ones, never on the same;
- with n caller-days no threshold can promise less than 1/(n + 1): where more is asked, the file says so.

What it can't do: if the learning days hold abuse, the thresholds are as high as the abuse. The file names the
busiest callers it learned from, so that a person can look.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tidegate.errors import ConfigurationError
from tidegate.model import Invocation, Record
from tidegate.settings import Settings

HOUR, DAY = 3600.0, 86400.0
LEARNED_SHARE = 0.6  # of the days, the earlier ones
FEWEST_DAYS = 3
HEADROOM = 1.05  # a threshold lies just above the value it was learned from


class CallerDay(NamedTuple):
    day: int  # days since the epoch, UTC
    caller: str  # account/kind:value
    calls: int  # of its busiest hour
    tokens: int


class Busiest(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    caller: str
    calls_per_hour: int
    tokens_per_hour: int


class Calibration(BaseModel):
    """The file that `calibrate` writes and `replay --calibration` reads."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int = 1
    calls_per_hour: int = Field(ge=1)
    tokens_per_hour: int = Field(ge=1)
    asked_false_positive_rate: float = Field(gt=0, lt=1)
    promised_false_positive_rate: float  # what the number of caller-days allows
    measured_false_positive_rate: float | None  # on the later days; None: there were none
    measured_interval: tuple[float, float] | None  # 95 %, Wilson
    learned_days: tuple[str, str]
    learned_caller_days: int
    measured_days: tuple[str, str] | None
    measured_caller_days: int
    warm_up: str
    busiest: tuple[Busiest, ...] = ()

    def applied_to(self, settings: Settings) -> Settings:
        return settings.model_copy(
            update={"calls_per_hour": self.calls_per_hour, "tokens_per_hour": self.tokens_per_hour}
        )


class _Hour:
    """A sliding hour of one caller: its sums now and the largest they have been today."""

    __slots__ = ("calls", "day", "most_calls", "most_tokens", "tokens", "waiting")

    def __init__(self, day: int) -> None:
        self.waiting: deque[tuple[float, int]] = deque()
        self.tokens = self.calls = self.most_calls = self.most_tokens = 0
        self.day = day

    def add(self, time: float, tokens: int) -> None:
        self.waiting.append((time, tokens))
        self.calls += 1
        self.tokens += tokens
        while self.waiting[0][0] <= time - HOUR:
            self.calls -= 1
            self.tokens -= self.waiting.popleft()[1]
        self.most_calls = max(self.most_calls, self.calls)
        self.most_tokens = max(self.most_tokens, self.tokens)


def caller_days(records: Iterable[Record]) -> list[CallerDay]:
    """Busiest hours of every caller and day. `records` in event-time order."""
    hours: dict[str, _Hour] = {}
    found: list[CallerDay] = []
    for record in records:
        if not isinstance(record, Invocation):
            continue
        caller = f"{record.account}/{record.caller}"
        day = int(record.time // DAY)
        hour = hours.get(caller)
        if hour is None:
            hour = hours[caller] = _Hour(day)
        elif hour.day != day:
            found.append(CallerDay(hour.day, caller, hour.most_calls, hour.most_tokens))
            hour.day, hour.most_calls, hour.most_tokens = day, 0, 0
        hour.add(record.time, record.input_tokens + record.output_tokens)
    found += [CallerDay(hour.day, caller, hour.most_calls, hour.most_tokens) for caller, hour in hours.items()]
    return sorted(found)


def calibrate(days: list[CallerDay], false_positive_rate: float) -> Calibration:
    """Raises ConfigurationError where there is too little to learn from."""
    known = sorted({day.day for day in days})
    if len(known) < FEWEST_DAYS:
        raise ConfigurationError(
            f"{len(known)} day(s) with model invocations: at least {FEWEST_DAYS} are needed, so that thresholds are "
            "measured on other days than they are learned on. Give more log files."
        )
    border = known[max(2, math.ceil(len(known) * LEARNED_SHARE)) - 1]
    learned = [day for day in days if day.day <= border]
    later = [day for day in days if day.day > border]
    calls = _threshold([day.calls for day in learned], false_positive_rate / 2)
    tokens = _threshold([day.tokens for day in learned], false_positive_rate / 2)
    accused = sum(day.calls > calls or day.tokens > tokens for day in later)
    lowest = 2 / (len(learned) + 1)
    short = (
        ""
        if lowest <= false_positive_rate
        else (
            f" {len(learned)} caller-days can't promise less than {lowest:.4f}: "
            f"about {math.ceil(2 / false_positive_rate)} are needed for {false_positive_rate}."
        )
    )
    return Calibration(
        calls_per_hour=calls,
        tokens_per_hour=tokens,
        asked_false_positive_rate=false_positive_rate,
        promised_false_positive_rate=max(false_positive_rate, lowest),
        measured_false_positive_rate=accused / len(later) if later else None,
        measured_interval=wilson(accused, len(later)) if later else None,
        learned_days=(_date(known[0]), _date(border)),
        learned_caller_days=len(learned),
        measured_days=(_date(later[0].day), _date(later[-1].day)) if later else None,
        measured_caller_days=len(later),
        warm_up=(
            f"Learned on the first {sum(day <= border for day in known)} of {len(known)} days. A caller that was not "
            f"seen then is judged by the same budget.{short} Calibrate again when traffic changes."
        ),
        busiest=tuple(
            Busiest(caller=day.caller, calls_per_hour=day.calls, tokens_per_hour=day.tokens)
            for day in sorted(learned, key=lambda day: -day.tokens)[:5]
        ),
    )


def _threshold(values: list[int], rate: float) -> int:
    """The conformal quantile: at most `rate` of further caller-days from the same source lie above it."""
    ordered = sorted(values)
    rank = math.ceil((len(ordered) + 1) * (1 - rate))
    if rank > len(ordered):  # too few to promise the rate: beyond the largest that was seen
        return max(1, math.ceil(ordered[-1] * HEADROOM))
    return max(1, math.ceil(ordered[rank - 1]))


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
