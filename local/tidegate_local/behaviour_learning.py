"""What a tenant's days say of how its callers behave: the behavioural half of a calibration.

The first days tell where the text heads' scores lie among this tenant's records; the others what each statistic
reaches on a caller-day. Never on the same days: a baseline judged by itself looks better than it is. Everybody's own
history is warmed on the way, so that thresholds are those of callers who are known.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime

from pydantic import BaseModel, ConfigDict

from tidegate.callers.behaviour.day import SHAPE
from tidegate.callers.behaviour.memory import Behaviour
from tidegate.callers.behaviour.record import read
from tidegate.callers.behaviour.usual import ranges_of
from tidegate.callers.board import Board
from tidegate.callers.groups import group_of
from tidegate.detectors.about import Known
from tidegate.model import Invocation, Record
from tidegate.scoring import fitting, group_history, scale
from tidegate.scoring.calibration import NOT_ASKED, Calibrated, Tail, suspicious
from tidegate.scoring.scale import Scale
from tidegate.scoring.statistics import STATISTICS, detector_of
from tidegate.scoring.text import HEADS, score
from tidegate.sources.contents import contents_of
from tidegate_local.allowances import AccusedDay, Proposal, proposed
from tidegate_local.crowd_learning import CrowdDays, thresholds

DAY = 86_400
EARLY = 0.3  # of the days: they tell the scale of the text heads
FEWEST_DAYS = 3
_MOST_A_DAY = 40  # records of a caller-day that count for the scale: one busy caller isn't the tenant
_LEAST_RECORDS = 300  # for a scale of one's own
_STEEPER = 1.91 * 1.5  # q997 - q97 over q97 - q90 of an exponential tail, and half as much again
_REFUSALS = (0.005, 0.1)  # least and most that a tenant's usual share of refusals is taken for
_FEWEST_CALLER_DAYS = 50
_NEVER = (1e9,) * len(STATISTICS)


class _Read(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Suspect(_Read):
    """A caller-day of the history that looks like an attack by what ships: left out of what is benign."""

    caller: str
    day: str
    looks_like: str  # the detector of the statistic that stands out most


class Learned(_Read):
    """Part of the file that `calibrate` writes."""

    median: tuple[float, ...]
    q97: tuple[float, ...]
    q997: tuple[float, ...]
    refusals: float
    tails: dict[str, tuple[float, float, float, float]]  # start, share of days, slope, floor
    thresholds: dict[str, float]
    asked_false_positive_rate: float
    promised_false_positive_rate: float
    measured_false_positive_rate: float | None  # learned on the first half of the days, measured on the second
    measured_caller_days: int
    days: int
    caller_days: int
    groups: float = group_history.MOST
    crowds: dict[str, float] = {}  # thresholds of many names together; empty: too few of their days
    crowd_days: int = 0
    usual: dict[str, tuple[float, float, float]] = {}  # by feature: nine callers in ten lie between the outer
    suspects: tuple[Suspect, ...] = ()
    proposals: tuple[Proposal, ...] = ()
    warm_up: str = ""

    def calibrated(self) -> Calibrated:
        return Calibrated(
            scale=Scale(self.median, self.q97, self.q997),
            thresholds=tuple(self.thresholds[name] for name in STATISTICS),
            refusals=self.refusals,
            asks_heads=True,
            tails=tuple(Tail(*self.tails[name]) for name in STATISTICS),
            rate=self.asked_false_positive_rate,
            days=self.days,
            caller_days=self.caller_days,
            groups=self.groups,
            crowds=tuple(self.crowds[name] for name in STATISTICS) if self.crowds else (),
            crowd_days=self.crowd_days,
            usual=tuple(self.usual[name] for name in SHAPE) if self.usual else (),
        )


class CallerDay:
    __slots__ = ("caller", "day", "most", "records")

    def __init__(self, day: int, caller: str) -> None:
        self.day, self.caller = day, caller
        self.most = [0.0 if not name.startswith("head:") else NOT_ASKED for name in STATISTICS]
        self.records = 0


def learn(records: Iterable[Record], rate: float) -> Learned | None:
    """`records` are iterated twice, in event-time order. None: no text, or too few days or caller-days."""
    known = sorted({int(record.time) // DAY for record in _invocations(records)})
    if len(known) < FEWEST_DAYS:
        return None
    border = known[max(1, math.floor(len(known) * EARLY)) - 1]
    measured = _scale_and_refusals(records, border)
    if measured is None:
        return None
    at, refusals = measured
    groups = _Groups()
    measuring = Calibrated(at, _NEVER, refusals, asks_heads=True)
    crowds = CrowdDays(measuring)
    every, memories = _caller_days(records, measuring, groups, crowds)
    days = [day for day in every if day.day > border]
    if len(days) < _FEWEST_CALLER_DAYS:
        return None
    usual = ranges_of(memory.profile.shape for memory in memories)
    fitted = fitting.fit([day.most for day in days], rate)
    half = known[(known.index(border) + len(known)) // 2]
    first, second = [d for d in days if d.day <= half], [d for d in days if d.day > half]
    wrong = _measured(first, second, rate) if first and second else None
    return Learned(
        median=at.median,
        q97=at.q97,
        q997=at.q997,
        refusals=refusals,
        tails={
            name: (tail.start, tail.share, tail.slope, tail.floor)
            for name, tail in zip(STATISTICS, fitted.tails, strict=True)
        },
        thresholds=dict(zip(STATISTICS, fitted.thresholds, strict=True)),
        asked_false_positive_rate=rate,
        promised_false_positive_rate=fitted.promised,
        measured_false_positive_rate=wrong,
        measured_caller_days=len(second),
        days=len([day for day in known if day > border]),
        caller_days=len(days),
        groups=groups.threshold(),
        crowds=thresholds(crowds.after(border), rate),
        crowd_days=len(crowds.after(border)),
        usual=dict(zip(SHAPE, usual, strict=True)) if usual else {},
        suspects=tuple(_suspects(days, fitted)),
        proposals=tuple(_proposals(days, fitted)),
        warm_up=_warm_up(len(days), rate),
    )


def _invocations(records: Iterable[Record]) -> Iterator[Invocation]:
    return (record for record in records if isinstance(record, Invocation) and not record.error)


def _scale_and_refusals(records: Iterable[Record], border: int) -> tuple[Scale, float] | None:
    taken: Counter[tuple[str, int]] = Counter()
    found: list[tuple[float, ...]] = []
    for call in _invocations(records):
        day = int(call.time) // DAY
        if day > border:
            break
        if taken[call.caller, day] < _MOST_A_DAY and (heads := score(contents_of(call).user).heads):
            taken[call.caller, day] += 1
            found.append(heads)
    if len(found) < _LEAST_RECORDS:
        return (scale.SHIPPED, _REFUSALS[0] * 4) if found else None
    columns = [sorted(row[place] for row in found) for place in range(len(HEADS))]
    median, q90, q97, q997 = (tuple(_quantile(column, at) for column in columns) for at in (0.5, 0.9, 0.97, 0.997))
    # Attacks in the history would push the last percentile away: it is held to the tail before it.
    held = tuple(
        min(top, high + _STEEPER * max(high - low, 0.2)) for low, high, top in zip(q90, q97, q997, strict=True)
    )
    return scale.learned((median, q97, held)), _REFUSALS[0] * 4


def _quantile(ordered: Sequence[float], at: float) -> float:
    return ordered[min(len(ordered) - 1, int(at * len(ordered)))]


class _Groups:
    """The callers of each account side by side, as the detector of campaigns sees them."""

    def __init__(self) -> None:
        self._boards: dict[str, Board] = defaultdict(Board)
        self._furthest: dict[int, float] = defaultdict(float)
        self._known = Known()

    def look(self, memory: Behaviour, call: Invocation) -> None:
        if (told := memory.tell(call, self._known, lambda _other: None, again=False)) is None:
            return
        board = self._boards[call.account]
        self._furthest[told.day] += 0.0  # a day without groups is a day
        if board.note(told) and told.caller in board.members and (group := group_of(board, told.caller)):
            self._furthest[told.day] = max(self._furthest[told.day], group.score)

    def threshold(self) -> float:
        return group_history.threshold(self._furthest)


def _caller_days(
    records: Iterable[Record], calibration: Calibrated, groups: _Groups, crowds: CrowdDays
) -> tuple[list[CallerDay], Collection[Behaviour]]:
    """What each statistic reached on every caller-day, by the detectors' own memory; and these memories at the end."""
    memories: dict[str, Behaviour] = defaultdict(Behaviour)
    open_days: dict[str, CallerDay] = {}
    found: list[CallerDay] = []
    for call in _invocations(records):
        record = read(call, contents_of(call), calibration.scale)
        if record is None:
            continue
        name, day = f"{call.account}/{call.caller}", int(call.time) // DAY
        memory, present = memories[name], open_days.get(name)
        if present is None or day > present.day:
            if present is not None and suspicious(present.most):
                memory.runs = [0] * len(HEADS)  # as after an accusation
            present = open_days[name] = CallerDay(day, name)
            found.append(present)
        seen = memory.fold(record, calibration)
        groups.look(memory, call)
        crowds.fold(call, record)
        present.records += 1
        most = present.most
        for place, value in seen.values.items():
            if value > most[place]:
                most[place] = value
    return found, memories.values()


def _measured(first: Sequence[CallerDay], second: Sequence[CallerDay], rate: float) -> float:
    thresholds = fitting.fit([day.most for day in first], rate).thresholds
    return sum(_accused(day, thresholds) for day in second) / len(second)


def _accused(day: CallerDay, thresholds: Sequence[float]) -> bool:
    return any(value > most for value, most in zip(day.most, thresholds, strict=True))


def _proposals(days: Sequence[CallerDay], fitted: fitting.Fitted) -> list[Proposal]:
    """Of callers who are no suspects and would be accused all the same."""
    held = {days[place].caller for place in fitted.suspects}
    accused = [
        AccusedDay(day.caller, day.day, day.records, detector_of(_furthest(day, fitted)))
        for day in days
        if day.caller not in held and _accused(day, fitted.thresholds)
    ]
    return proposed(accused, until=max(day.day for day in days))


def _suspects(days: Sequence[CallerDay], fitted: fitting.Fitted) -> Iterator[Suspect]:
    for place in fitted.suspects[:50]:
        day = days[place]
        yield Suspect(caller=day.caller, day=_date(day.day), looks_like=detector_of(_furthest(day, fitted)))


def _furthest(day: CallerDay, fitted: fitting.Fitted) -> str:
    values = [
        tail.p_value(value) if value >= tail.floor else 1.0 for tail, value in zip(fitted.tails, day.most, strict=True)
    ]
    return STATISTICS[values.index(min(values))]


def _warm_up(caller_days: int, rate: float) -> str:
    if 1 / (caller_days + 1) <= rate:
        return f"Behaviour: learned from {caller_days:,} caller-days."
    return (
        f"Behaviour: {caller_days:,} caller-days can't promise less than {1 / (caller_days + 1):.4f}; thresholds for "
        f"{rate} are drawn on from the days seen. About {math.ceil(1 / rate):,} are needed to promise it."
    )


def _date(day: int) -> str:
    return datetime.fromtimestamp(day * DAY, UTC).date().isoformat()
