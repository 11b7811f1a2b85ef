"""Once a day: what this tenant's callers' days say, kept, learned from, and compared with what was learned before.

Texts aren't kept anywhere for this: each caller's state holds how far its statistics went on its last day, and reading
all states once a day costs less than writing anything when a day turns. Two things are learned, one after the other,
because units of different scales don't compare:

1. from the first days, where the text heads lie among this tenant's records: a scale of its own, which then stays;
2. from days measured in it, up to `DAYS` of them, the threshold of each statistic; every day anew.

What is learned is in force from the next day (UTC) on, so that a day is judged by one scale. Until then phrases and
running sums judge, with conservative thresholds. Running twice keeps the same day once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec

from tidegate.callers.behaviour.crowd import Crowd
from tidegate.callers.behaviour.kept_days import (
    DayKept,
    day_of,
    drift,
    from_configuration,
    mark_of,
    scale_of,
    to_configuration,
)
from tidegate.callers.behaviour.memory import Behaviour
from tidegate.callers.behaviour.past_day import PastDay
from tidegate.callers.behaviour.usual import Range, ranges_of
from tidegate.callers.state import decoded
from tidegate.errors import Permanent
from tidegate.folding import CROWD
from tidegate.model import derived_id
from tidegate.ports import Clock, ConfigurationSnapshots, EveryState, Notifier
from tidegate.scoring.calibration import UNCALIBRATED, Calibrated
from tidegate.scoring.fitting import fit, learned_of_crowds
from tidegate.scoring.statistics import STATISTICS
from tidegate.telemetry import logger

DAYS = 28  # learned from at most
FEWEST_DAYS, FEWEST_CALLER_DAYS = 3, 50
MOST_SHAPES = 1500  # callers whose own days tell what is usual among all
RATE = 0.0008  # of caller-days: the behavioural share of one in a thousand (docs/decisions)
_MEMORY = "behaviour"
_CROWD = "attack_under_many_names"
_CALLERS = ("user:", "session:", "role:", "iam-user:", "key:", "root:", "service:")
_DAY = 86_400


def resource_of(region: str) -> str:
    return f"calibration/{region}"


def stored_calibration(snapshots: ConfigurationSnapshots, region: str, day: int) -> Calibrated | None:
    """What is in force on a day (since the epoch): the last one learned before it began."""
    found = snapshots.before(resource_of(region), float(day * _DAY))
    if found is None or found.get("statistics") != list(STATISTICS):
        return None  # learned by a version with other statistics: begun anew
    return msgspec.convert(found["calibration"], Calibrated)


def _is_crowd(key: str) -> bool:
    return key.partition("/")[2].startswith(CROWD)


def _of_day(memory: Behaviour | Crowd, day: int) -> PastDay | None:
    """How far the statistics went on this day, where it had records."""
    measured = memory.measured() if memory.day == day else memory.past
    return measured if measured.day == day and measured.records else None


@dataclass
class Calibration:
    """What came of a run. `stage`: collecting, scale, thresholds."""

    stage: str
    day: str
    caller_days: int  # of that day
    days: int = 0  # learned from
    unreadable: int = 0
    drift: list[str] = field(default_factory=list)


class Calibrating:
    def __init__(
        self, states: EveryState, snapshots: ConfigurationSnapshots, notifier: Notifier, clock: Clock, region: str
    ) -> None:
        self._states = states
        self._snapshots = snapshots
        self._notifier = notifier
        self._clock = clock
        self._region = region

    def run(self) -> Calibration:
        """Keeps yesterday, learns from the days kept, and reports drift."""
        now = self._clock().timestamp()
        today = int(now) // _DAY
        judged_by = stored_calibration(self._snapshots, self._region, today - 1) or UNCALIBRATED
        done = Calibration("collecting", str(today - 1), 0)
        usual = self._keep(today - 1, judged_by, done)
        latest = stored_calibration(self._snapshots, self._region, today + 1)
        scale = (latest or UNCALIBRATED).scale
        days = [kept for kept in self._kept(today) if kept.scale == mark_of(scale)]
        rows = [row for kept in days for row in kept.rows]
        done.days = len(days)
        if len(days) >= FEWEST_DAYS and latest is None and (own := scale_of(days)) is not None:
            done.stage = "scale"
            self._record(msgspec.structs.replace(UNCALIBRATED, scale=own), now, today)
        elif len(days) >= FEWEST_DAYS and latest is not None and len(rows) >= FEWEST_CALLER_DAYS:
            done.stage = "thresholds"
            if judged_by.rate:
                done.drift = drift(days[-7:], judged_by)
            fitted = fit(rows, RATE)
            crowds = [row for kept in days for row in kept.crowds]
            learned = Calibrated(
                scale, fitted.thresholds, asks_heads=True, tails=fitted.tails, rate=RATE, days=len(days),
                caller_days=len(rows), crowds=learned_of_crowds(crowds, RATE), crowd_days=len(crowds),
                usual=usual,
            )  # fmt: skip
            self._record(learned, now, today)
        if done.drift:
            self._report(done)
        return done

    def _keep(self, day: int, judged_by: Calibrated, done: Calibration) -> tuple[Range, ...]:
        """Returns what is usual among the callers of this day."""
        found: dict[str, PastDay] = {}
        crowds: dict[str, PastDay] = {}
        shapes: list[list[int]] = []
        for key, data in self._states.every():
            memory = self._memory(key, data, done)
            if memory is None or (measured := _of_day(memory, day)) is None:
                continue
            (crowds if _is_crowd(key) else found)[key] = measured
            if isinstance(memory, Behaviour) and memory.profile.shape and len(shapes) < MOST_SHAPES:
                shapes.append(memory.profile.shape)  # tables are read in the order of hashes: the first are like all
        done.caller_days = len(found)
        if found and self._day(day) is None:
            kept = to_configuration(day_of(found, judged_by.scale, crowds))
            self._snapshots.record(self._day_resource(day), day * _DAY, derived_id("caller-days", str(day)), kept)
        return ranges_of(shapes)

    def _memory(self, key: str, data: bytes, done: Calibration) -> Behaviour | Crowd | None:
        """What is remembered of a caller's behaviour, or of a crowd's. The table holds more than callers."""
        account, _, name = key.partition("/")
        if not account.isdigit() or not name.startswith((*_CALLERS, CROWD)):
            return None
        kept, kind = (_CROWD, Crowd) if _is_crowd(key) else (_MEMORY, Behaviour)
        try:
            state = decoded(data, key)
            return state.memory(kept, kind) if kept in state.memories else None
        except (Permanent, msgspec.ValidationError) as error:
            # One caller's damaged state isn't everybody's: it is said, and the rest is learned from.
            logger.error("state not learned from", extra={"caller": key, "reason": str(error)})
            done.unreadable += 1
            return None

    def _kept(self, today: int) -> Iterator[DayKept]:
        for day in range(today - DAYS, today):
            if (found := self._day(day)) is not None and (kept := from_configuration(found)) is not None:
                yield kept

    def _day(self, day: int) -> dict[str, Any] | None:
        return self._snapshots.before(self._day_resource(day), float((day + 1) * _DAY))

    def _day_resource(self, day: int) -> str:
        return f"{resource_of(self._region)}/day/{day}"

    def _record(self, learned: Calibrated, now: float, today: int) -> None:
        configuration = {"statistics": list(STATISTICS), "calibration": msgspec.to_builtins(learned)}
        self._snapshots.record(
            resource_of(self._region), now, derived_id("calibration", self._region, str(today)), configuration
        )

    def _report(self, done: Calibration) -> None:
        lines = "\n".join(f"- {line}" for line in done.drift)
        self._notifier.tell(
            "Tidegate: callers behave otherwise than was learned",
            f"Thresholds of behaviour were learned from {done.days} days; now\n{lines}\nA new application, other "
            "traffic, or an attack that many callers take part in. docs/operating.md says what to do.",
            deduplication=f"drift-{self._region}-{done.day}",
        )
