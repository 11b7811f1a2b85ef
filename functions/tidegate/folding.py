"""Which records belong to whose memory, and folding them in: pure, one caller at a time."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from operator import attrgetter, itemgetter
from typing import NamedTuple, cast

import msgspec

from tidegate.callers.behaviour.crowd import Crowd
from tidegate.callers.state import CallerState, mark_of
from tidegate.detectors import MEMORIES, Telling, fold, remembering
from tidegate.detectors.about import NO_BUDGET, Budget, Detector, Known, Signal
from tidegate.errors import Permanent
from tidegate.model import CallerDay, Invocation, Joined, Seen, ThreatFinding, narrowest_caller

_DAY = 86_400
# A crowd is in a state of its own, and in as many as this: a delivery's records all go into one of them. Whoever is
# busy has many batches at work at once, and they all write to the crowds of the same few principals.
CROWD, CROWD_SHARDS = "crowd", 2
type Marked = tuple[bytes, Seen]  # the mark of the delivery a record came in, and the record
_mark: Callable[[Marked], bytes] = itemgetter(0)
_record: Callable[[Marked], Seen] = itemgetter(1)
_order: Callable[[Seen], tuple[float, str]] = attrgetter("time", "id")


@dataclass(slots=True)
class CallerWork:
    """What a batch holds for one caller."""

    key: str  # of the stored state: ACCOUNT/kind:value
    name: str  # kind:value
    through: bool  # the sum over the end users a principal signs for
    level: int = 0  # those of a higher one are folded later: what many names did together, then a whole account
    records: dict[str, list[Marked]] = field(default_factory=dict)  # by memory
    deliveries: set[str] = field(default_factory=set)
    oldest: float = math.inf  # of the records

    def take(self, memory: str, marked: Marked) -> None:
        self.records.setdefault(memory, []).append(marked)


class Work:
    """A batch, grouped by caller.

    `budgeted(name)`: whether a budget is written for a principal; only then are its end users summed. `known`: what
    tells the resources that a record is about, where a detector remembers by resource.
    """

    def __init__(self, budgeted: Callable[[str], bool], known: Known | None = None) -> None:
        self._known = known or Known()
        self.callers: dict[str, CallerWork] = {}
        self._budgeted = budgeted
        self._sums: dict[str, bool] = {}

    def add(self, delivery: str, records: Iterable[Seen]) -> None:
        mark = mark_of(delivery)
        for record in records:
            if not (memories := remembering(record)):
                continue
            principal = _signer(record)
            marked = mark, record
            own: CallerWork | None = None  # looked up once: most memories are the caller's
            for memory in memories:
                if memory.subjects is not None:
                    for name in dict.fromkeys(memory.subjects(record, self._known)):
                        self._of(name, delivery, marked, crowd=memory.crowd).take(memory.key, marked)
                    continue
                if memory.whose == "caller":
                    own = own or self._of(record.caller, delivery, marked)
                    own.take(memory.key, marked)
                    if principal != record.caller and self._sums_up(principal):
                        self._of(principal, delivery, marked, through=True).take(memory.key, marked)
                    continue
                self._of(principal, delivery, marked).take(memory.key, marked)
                if isinstance(record, ThreatFinding):
                    for name in {narrowest_caller(actor) for actor in record.actors} - {principal}:
                        self._of(name, delivery, marked).take(memory.key, marked)

    def _of(
        self, name: str, delivery: str, marked: Marked, *, through: bool = False, crowd: bool = False
    ) -> CallerWork:
        mark, record = marked
        half = f"{CROWD}{mark[0] % CROWD_SHARDS}:" if crowd else ""
        key = f"{record.account}/{'through:' if through else half}{name}"
        work = self.callers.get(key)
        if work is None:
            level = 1 + name.startswith("account:") if crowd else 0
            work = self.callers[key] = CallerWork(key, name, through, level)
        work.deliveries.add(delivery)
        if record.time < work.oldest:
            work.oldest = record.time
        return work

    def _sums_up(self, principal: str) -> bool:
        known = self._sums.get(principal)
        if known is None:
            known = self._sums[principal] = self._budgeted(principal)
        return known


def _signer(record: Seen) -> str:
    """Who signed: the caller, unless that is an end user named in an invocation's metadata."""
    if isinstance(record, Invocation | Joined) and record.caller.startswith("user:"):
        return narrowest_caller(record.principal)
    return record.caller


class Folded(NamedTuple):
    state: CallerState
    signals: list[tuple[Detector, Signal]]
    told: list[CallerDay]  # to the memories of many callers, when this one has been written
    accused: bool  # its day is one on which its behaviour was accused
    news: bool  # whether there is anything to write
    marks: int  # deliveries counted, which the state remembers


def folded(work: CallerWork, state: CallerState, common: Known, budget: Budget = NO_BUDGET) -> Folded:
    """A caller's state with the batch folded in, and what its detectors say of it. `common`: what all callers share.

    Records of a delivery that the state remembers aren't counted again. Raises Permanent for a memory that isn't ours.
    """
    first = int(work.oldest) // _DAY
    state.since = min(state.since, first) if state.since else first
    known = msgspec.structs.replace(common, name=work.name, through=work.through, budget=budget, since=state.since)
    signals: list[tuple[Detector, Signal]] = []
    told: list[CallerDay] = []
    counted: dict[bytes, None] = {}
    folded_before = {mark for mark in map(mark_of, work.deliveries) if state.has_folded(mark)}
    ordered: list[Marked] = []
    records: list[Seen] = []
    newest = 0.0
    news = False
    for key, marked in work.records.items():
        remembered = MEMORIES[key]
        if remembered.counts:
            new = [one for one in marked if one[0] not in folded_before] if folded_before else marked
            if len(counted) < len(work.deliveries):  # or else they all are in it
                counted |= dict.fromkeys(map(_mark, new))
        else:
            new = marked
        if not new:
            told += _told(state, key, map(_record, marked), known, again=True)
            continue
        if new != ordered:  # most memories of a caller see the same records: put in order once
            ordered, records = new, sorted(map(_record, new), key=_order)
        newest = max(newest, records[-1].time)
        try:
            memory = state.memory(key, remembered.memory)
        except msgspec.ValidationError as error:
            raise Permanent(f"state of caller {work.key}: {key} can't read its memory ({error}).") from error
        before = memory.folds if isinstance(memory, Crowd) else None
        signals.extend(fold(remembered, records, memory, known))
        news |= before is None or memory.folds != before
        told += _told(state, key, records, known, again=len(new) < len(marked))
        if memory == remembered.empty:  # nothing was seen that it remembers
            del state.memories[key]
    for gone in state.memories.keys() - MEMORIES.keys():
        del state.memories[gone]  # of a detector that was taken out, or joined others in a memory they share
    state.remember(counted)
    state.seen = max(state.seen, int(newest) // _DAY)
    return Folded(state, signals, told, _is_accused(state), news, len(counted))


def _told(state: CallerState, key: str, records: Iterable[Seen], known: Known, *, again: bool) -> Iterator[CallerDay]:
    """What a memory has to tell those of many callers after these records."""
    if not MEMORIES[key].tells or (memory := _opened(state, key)) is None:
        return
    newest = max(records, key=_order)
    if (day := cast(Telling, memory).tell(newest, known, lambda other: _opened(state, other), again=again)) is not None:
        yield day


def _is_accused(state: CallerState) -> bool:
    """Of the memories that this batch opened."""
    return any(
        cast(Telling, memory).has_accused
        for key, memory in state.memories.items()
        if MEMORIES[key].tells and isinstance(memory, MEMORIES[key].memory)
    )


def _opened(state: CallerState, key: str) -> object:
    return state.memory(key, MEMORIES[key].memory) if key in state.memories and key in MEMORIES else None
