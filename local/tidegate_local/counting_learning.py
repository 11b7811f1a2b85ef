"""How far a tenant's callers go beyond the thresholds of the detectors that count over a day.

Those thresholds were set on simulated traffic. Where a tenant's callers are beyond them by nature, a rule lets pass a
multiple of what ships: at most `FARTHEST`. Where hardly anybody does such a thing, less than what ships tells an
attack: as little as `NEAREST`, for the detectors of things that few applications do. Each rule of a detector is learned
by itself: a tenant that embeds titles all day sweeps no settings. The detectors themselves say how
far a caller-day went, with all else that they ask, by their own memories; the rest is arithmetic.

An attack of the history must not become the tenant's habit, so three kinds of caller-days are not learned from:

- those of callers that behaviour suspects already;
- those of callers that went as far as what ships calls high, the furthest first, up to one in a hundred caller-days;
- those that fewer than `FEWEST_CALLERS` callers go as far as: what one or two do is theirs, for a person to judge.

All of them are named as suspects. What is left decides: no more of it than the share of the rate stays accused. A
threshold is lowered only to half as much again as what is left, but for that share, ever reached: an attack in the
history, or an application that does a little of it, can keep a threshold from being lowered and do no more.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict

from tidegate.detectors import (
    denial_of_wallet,
    embedding_extraction,
    fold,
    knowledge_base_scraping,
    logit_probe,
    remembering,
)
from tidegate.detectors.about import Known
from tidegate.detectors.campaigns import HIGH_TIMES
from tidegate.model import ApiCall, Invocation, Record
from tidegate.sources.contents import Contents, contents_of
from tidegate_local.behaviour_learning import Suspect

DAY = 86_400
_LEARNED = (logit_probe, embedding_extraction, knowledge_base_scraping, denial_of_wallet)
DETECTORS = tuple(one.about.id for one in _LEARNED)
RULES: tuple[str, ...] = tuple(rule for one in _LEARNED for rule in one.RULES)
LOWERED: tuple[str, ...] = (
    *logit_probe.RULES,
    *embedding_extraction.RULES,
    *denial_of_wallet.RULES,
    knowledge_base_scraping.ASKED_WHOLE,
    knowledge_base_scraping.GIVEN_WHOLE,
    knowledge_base_scraping.FURTHER_PAGES,
)
FARTHEST, NEAREST = 8.0, 0.5
FEWEST_DAYS, FEWEST_CALLER_DAYS, FEWEST_CALLERS = 3, 50, 3
FEWEST_QUIET = 300  # caller-days, from which on it means something that hardly any does a thing
_HEADROOM = 1.05  # times the furthest that is to pass
_ROOM_BELOW = 1.5  # the same where a threshold is lowered: what a new application may do beyond all others
_SEEN_FROM = 0.25  # of what ships, from where on it is told how far a caller-day went
_LIKELY_ATTACKS = 0.01  # of caller-days
_NAMED = 50


class CallerDay(NamedTuple):
    day: int  # since the epoch, UTC
    caller: str  # account/kind:value
    times: dict[str, float]  # by rule that it came near: how many times its shipped threshold

    def over(self, rule: str) -> float:
        return self.times.get(rule, 0.0)


class Counting(BaseModel):
    """Part of the file that `calibrate` writes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    multipliers: dict[str, float]  # by rule; 1: what ships, below: less is enough
    asked_false_positive_rate: float  # for all of them together
    measured_false_positive_rate: float | None  # learned on the first half of the days, measured on the second
    measured_caller_days: int
    caller_days: int
    suspects: tuple[Suspect, ...] = ()
    warm_up: str = ""

    def shortest(self) -> dict[str, float]:
        """The multipliers other than one, by detector where all of its rules have the same."""
        found: dict[str, float] = {}
        for detector in DETECTORS:
            own = {rule: times for rule, times in self.multipliers.items() if rule.partition("/")[0] == detector}
            alike = len(set(own.values())) == 1
            found |= {detector if alike else rule: times for rule, times in own.items() if times != 1}
        return found


class Fitted(NamedTuple):
    multiplier: float
    suspects: list[CallerDay]


def learn(records: Iterable[Record], rate: float, suspected: Collection[str] = ()) -> Counting:
    """`records` in event-time order; `suspected`: callers that behaviour's half of the calibration left out."""
    days = caller_days(records)
    known = sorted({day.day for day in days})
    half = known[len(known) // 2] if known else 0
    first, second = [day for day in days if day.day < half], [day for day in days if day.day >= half]
    earlier, fitted = _fit_all(first, rate, suspected), _fit_all(days, rate, suspected)
    accused = sum(any(over >= earlier[name].multiplier for name, over in day.times.items()) for day in second)
    suspects = [(day, name) for name, one in fitted.items() for day in one.suspects]
    return Counting(
        multipliers={name: one.multiplier for name, one in fitted.items()},
        asked_false_positive_rate=rate,
        measured_false_positive_rate=accused / len(second) if first else None,
        measured_caller_days=len(second),
        caller_days=len(days),
        suspects=tuple(
            Suspect(caller=day.caller, day=_date(day.day), looks_like=name.partition("/")[0])
            for day, name in sorted(suspects, key=lambda one: -one[0].over(one[1]))[:_NAMED]
        ),
        warm_up=_warm_up(days),
    )


def _warm_up(days: Sequence[CallerDay]) -> str:
    if _is_enough(days):
        return ""
    return (
        f"Counting detectors: {len(days)} caller-days are too few to learn from ({FEWEST_DAYS} days, "
        f"{FEWEST_CALLER_DAYS} caller-days are needed); their thresholds are the shipped ones."
    )


def caller_days(records: Iterable[Record]) -> list[CallerDay]:
    """How far each caller went on each of its days, by the detectors' own memories."""
    memories: dict[tuple[str, str], Any] = {}
    since: dict[str, int] = {}
    found: dict[tuple[int, str], CallerDay] = {}
    for record in records:
        if not isinstance(record, Invocation | ApiCall):
            continue
        asked = [one for one in remembering(record) if one.key in DETECTORS]
        if not asked:
            continue
        caller, day = f"{record.account}/{record.caller}", int(record.time) // DAY
        known = Known(
            name=record.caller,
            since=since.setdefault(caller, day),
            contents=_opened_once(),
            multipliers=_TOLD,
            reached=found.setdefault((day, caller), CallerDay(day, caller, {})).times,
        )
        for one in asked:
            memory = memories.get((caller, one.key))
            kept = memory is not None
            memory = memory if kept else one.memory()
            for _ in fold(one, [record], memory, known):
                pass  # what it would say is in `reached`
            if not kept and memory != one.empty:
                memories[caller, one.key] = memory
    days = [
        day._replace(times={name: _shipped(name, over) for name, over in day.times.items()}) for day in found.values()
    ]
    return sorted(days, key=lambda one: one[:2])


_TOLD = dict.fromkeys(LOWERED, _SEEN_FROM)


def _shipped(rule: str, times: float) -> float:
    """How many times what ships, of how many times what is told."""
    return times * _TOLD.get(rule, 1.0)


def _opened_once() -> Callable[[Invocation], Contents]:
    """A body is opened once, whoever of the detectors asks."""
    opened: list[Contents] = []

    def contents(call: Invocation) -> Contents:
        if not opened:
            opened.append(contents_of(call))
        return opened[0]

    return contents


def _fit_all(days: Sequence[CallerDay], rate: float, suspected: Collection[str]) -> dict[str, Fitted]:
    """Each rule has the same part of the rate."""
    part = rate / len(RULES)
    return {name: fit(days, name, part, suspected, lowest=NEAREST if name in LOWERED else 1.0) for name in RULES}


def _is_enough(days: Sequence[CallerDay]) -> bool:
    return len(days) >= FEWEST_CALLER_DAYS and len({day.day for day in days}) >= FEWEST_DAYS


def fit(
    days: Sequence[CallerDay], rule: str, rate: float, suspected: Collection[str] = (), *, lowest: float = 1.0
) -> Fitted:
    """The multiplier with which no more than `rate` of the caller-days are accused, suspects left out; not below
    `lowest`."""
    beyond = sorted((day for day in days if day.over(rule) >= 1), key=lambda day: -day.over(rule))
    held = _likely_attackers(beyond, rule, math.ceil(_LIKELY_ATTACKS * len(days))) | set(suspected)
    benign = [day for day in beyond if day.caller not in held]
    callers = list(dict.fromkeys(day.caller for day in benign))  # the one that went furthest first
    allowed = math.floor(rate * len(days))
    multiplier = 1.0
    if _is_enough(days) and len(callers) >= FEWEST_CALLERS and len(benign) > allowed:
        common = next(day for day in benign if day.caller == callers[FEWEST_CALLERS - 1])
        reached = min(common.over(rule), benign[allowed].over(rule))
        multiplier = min(FARTHEST, math.ceil(_HEADROOM * reached * 100) / 100)
    elif lowest < 1 and _is_enough(days) and len(days) >= FEWEST_QUIET:
        multiplier = max(lowest, _quiet(days, rule, held, allowed))
        beyond = sorted((d for d in days if d.over(rule) >= multiplier), key=lambda day: -day.over(rule))
        benign = [day for day in beyond if day.caller not in held]
    left = {day.caller for day in benign if day.over(rule) >= multiplier} if len(benign) > allowed else set()
    suspects = [d for d in beyond if d.caller in held or (d.caller in left and d.over(rule) >= multiplier)]
    return Fitted(multiplier, suspects)


def _quiet(days: Sequence[CallerDay], rule: str, held: Collection[str], allowed: int) -> float:
    """How much of what ships is enough: half as much again as caller-days reach, but for those that the rate allows."""
    reached = sorted((day.over(rule) for day in days if day.caller not in held), reverse=True)
    furthest = reached[allowed] if len(reached) > allowed else 0.0
    return min(1.0, math.ceil(round(_ROOM_BELOW * furthest * 100, 6)) / 100)


def _likely_attackers(beyond: Sequence[CallerDay], rule: str, most: int) -> set[str]:
    """Callers that went as far as what ships calls high, with no more than `most` days beyond it; furthest first."""
    count = Counter(day.caller for day in beyond)
    held: set[str] = set()
    for day in beyond:
        if day.over(rule) < HIGH_TIMES:
            break
        if day.caller not in held and count[day.caller] <= most:
            held.add(day.caller)
            most -= count[day.caller]
    return held


def _date(day: int) -> str:
    return datetime.fromtimestamp(day * DAY, UTC).date().isoformat()
