"""Replay: exported logs through the deployed pipeline, in event-time order.

Detection and correlation are the ones that the functions run, with stores in memory, fed in batches as an event
source would deliver them. What differs is only where findings go: to a correlation in memory, which plans against
an account presumed from the logs (`observe`), or to the finding queue of an embedded account that was given what
the logs name (`approve`, `auto`: see acting.py).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

from pydantic import BaseModel

from tidegate.callers.state import unpacked
from tidegate.detection import Delivery, Detection
from tidegate.errors import DamagedRecord
from tidegate.model import Finding, Incident, Mode, Receipt, Record, Run, StepStatus, derived_id
from tidegate.rules import Allowance, Rules
from tidegate.settings import Settings
from tidegate.watching import Watch
from tidegate_local.calibration import Calibration
from tidegate_local.clock import RunClock
from tidegate_local.memory import MemoryCallerStates, MemoryConfigurationSnapshots
from tidegate_local.named_in_logs import Named
from tidegate_local.native_files import read_file
from tidegate_local.recent_callers import RecentCallers
from tidegate_local.spool import Spool
from tidegate_local.warm_states import warm

DELIVERY = 500  # records: a log file of some minutes
BATCH = 10  # deliveries: what SQS hands over at once
LOOK = 900.0  # seconds of event time between two looks of the watch, as its schedule
FORGET = 21_600.0
MOST_SPAN = 300.0  # seconds of event time in one delivery, as Bedrock writes its files


@dataclass(frozen=True)
class Outcome:
    records: int
    damaged: int
    repeated: int
    findings: Sequence[Finding]
    incidents: Sequence[Incident]
    runs: Sequence[tuple[Run, Sequence[Receipt]]]
    calibrated: bool
    suppressed: Sequence[Finding] = ()  # what an allowance kept back
    expired: Sequence[Allowance] = ()  # allowances that ended before the newest record
    failures: Sequence[str] = ()  # of functions and deliveries in the embedded account: there should be none


class Responder(Protocol):
    """Where findings go, and what came of them."""

    def take(self, findings: Sequence[Finding], now: datetime) -> None:
        """`now` is the run's time: never before the newest event that was looked at."""
        ...

    def every_incident(self) -> list[Incident]: ...

    def runs(self) -> list[tuple[Run, list[Receipt]]]: ...

    def failures(self) -> list[str]: ...

    def close(self) -> None: ...


@dataclass
class Collected:
    """tidegate.ports.FindingQueue, emptied after each batch."""

    every: dict[str, Finding] = field(default_factory=dict)
    waiting: list[Finding] = field(default_factory=list)

    def send(self, findings: Iterable[Finding]) -> None:
        for finding in findings:
            if finding.id not in self.every:
                self.every[finding.id] = finding
                self.waiting.append(finding)

    def taken(self) -> list[Finding]:
        taken, self.waiting = self.waiting, []
        return taken


class Replay:
    """Read files, then play them. A context manager: it holds a temporary file and, when it acts, an account."""

    def __init__(
        self,
        *,
        settings: Settings,
        rules: Rules | None = None,
        calibration: Calibration | None = None,
        damaged: Callable[[DamagedRecord], None] = lambda _record: None,
    ) -> None:
        self._calibrated = calibration is not None
        self._calibration = calibration
        self._settings = calibration.applied_to(settings) if calibration else settings
        self._rules = rules or Rules()
        self._damaged = damaged
        self._damage = 0
        self._spool = Spool()
        self._named = Named()
        self._recent = RecentCallers()
        self._responder: Responder | None = None

    def __len__(self) -> int:
        return len(self._spool)

    def read(self, file: Path, *, roots: Sequence[Path] = ()) -> None:
        for record in read_file(file, roots=roots, end_user_keys=self._settings.end_user_keys):
            if isinstance(record, DamagedRecord):
                self._damage += 1
                self._damaged(record)
            else:
                self._spool.add(record)

    def play(self, advance: Callable[[float], None] = lambda _done: None) -> Outcome:
        """`advance` is told how many records more have been taken."""
        queue = Collected()
        suppressed: dict[str, Finding] = {}

        def note(found: Sequence[Finding]) -> None:
            suppressed.update((finding.id, finding) for finding in found)

        clock = RunClock(datetime.fromtimestamp(self._spool.first_time or 0.0, UTC))
        states, snapshots = self._known_callers(), MemoryConfigurationSnapshots()
        detection = self._detection(states, snapshots, queue, clock, note)
        look = Watch(states, snapshots, queue, Discarded(), self._rules, self._settings, clock, on_suppressed=note)
        watch = Rounds(look, states)
        responder = self._responder = self._responds(clock, snapshots)
        newest = 0.0
        for batch in batches(self._noted()):
            watch.until(batch[0].records[0].time)
            detection.take(batch)
            newest = max(newest, batch[-1].records[-1].time)
            if found := queue.taken():
                responder.take(found, datetime.fromtimestamp(newest, UTC))
            advance(sum(len(delivery.records) for delivery in batch))
        watch.until(newest)
        if found := queue.taken():
            responder.take(found, datetime.fromtimestamp(newest, UTC))
        return self._outcome(queue, suppressed, responder, newest)

    def _known_callers(self) -> MemoryCallerStates:
        """As the history left them, where one was learned from that ended before these logs begin."""
        states, learned = MemoryCallerStates(), self._calibration
        if learned is not None and (self._spool.first_time or 0.0) > learned.history_ended:
            warm(states, learned.callers)
        return states

    def _detection(
        self,
        states: MemoryCallerStates,
        snapshots: MemoryConfigurationSnapshots,
        queue: Collected,
        clock: RunClock,
        note: Callable[[Sequence[Finding]], None],
    ) -> Detection:
        return Detection(
            states,
            NothingDone(),
            snapshots,
            queue,
            Discarded(),
            Discarded(),
            self._rules,
            self._settings,
            clock,
            on_suppressed=note,
            calibration=self._calibration.calibrated() if self._calibration else None,
            as_stored=unpacked,
        )

    def _outcome(
        self, queue: Collected, suppressed: Mapping[str, Finding], responder: Responder, newest: float
    ) -> Outcome:
        return Outcome(
            records=len(self._spool),
            damaged=self._damage,
            repeated=self._spool.repeated,
            findings=sorted(queue.every.values(), key=lambda finding: (finding.time, finding.id)),
            incidents=sorted(responder.every_incident(), key=lambda incident: (incident.first_seen, incident.id)),
            runs=responder.runs(),
            calibrated=self._calibrated,
            suppressed=sorted(suppressed.values(), key=lambda finding: (finding.time, finding.id)),
            expired=self._rules.expired(newest),
            failures=responder.failures(),
        )

    def _responds(self, clock: RunClock, snapshots: MemoryConfigurationSnapshots) -> Responder:
        if self._settings.response_mode is Mode.OBSERVE:
            from tidegate_local.observing import Observing

            return Observing(self._settings, self._named, clock, self._recent, self._rules, snapshots)
        from tidegate_local.acting import Acting  # needs the emulator, which is slow to import

        return Acting(self._settings, self._named, clock, self._recent)

    def _noted(self) -> Iterator[Record]:
        """The account fills as the logs go by: a plan knows what was known at its time."""
        for record in self._spool:
            self._named.note(record)
            self._recent.note(record)
            yield record

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._spool.__exit__(kind, error, trace)
        if self._responder is not None:
            self._responder.close()


@dataclass
class Rounds:
    """The watch over the sources, on event time: a look at least every quarter of an hour, and what is over its time
    is forgotten as DynamoDB would."""

    watch: Watch
    states: MemoryCallerStates
    looked: float = 0.0
    forgot: float = 0.0

    def until(self, now: float) -> None:
        if now < self.looked + LOOK:
            return
        self.looked = now
        self.watch.look(now)
        if now >= self.forgot + FORGET:
            self.forgot = now
            self.states.forget(now)


class NothingDone:
    """tidegate.ports.Deliveries of a replay: nothing comes twice, the spool has seen to it."""

    def done(self, ids: Sequence[str]) -> set[str]:  # noqa: ARG002
        return set()

    def mark_done(self, ids: Sequence[str], *, forget_at: float) -> None:
        """Nothing comes twice: there is nothing to remember."""


class Discarded:
    """Outbox and damaged store of a replay: it has no index, and reports damage as it reads."""

    def write(self, batch_id: str, documents: Iterable[bytes]) -> None:
        """Findings and incidents are written to files by the command."""

    def keep(self, note_id: str, original: bytes) -> str:  # noqa: ARG002
        return ""


def batches(records: Iterable[Record]) -> Iterator[list[Delivery]]:
    """Deliveries of at most DELIVERY records and MOST_SPAN seconds, up to BATCH at a time within MOST_SPAN."""
    batch: list[Delivery] = []
    piece: list[Record] = []
    for record in records:
        if piece and (len(piece) == DELIVERY or record.time - piece[0].time >= MOST_SPAN):
            batch.append(_delivery(piece))
            piece = []
            if len(batch) == BATCH or record.time - batch[0].records[0].time >= MOST_SPAN:
                yield batch
                batch = []
        piece.append(record)
    if piece:
        batch.append(_delivery(piece))
    if batch:
        yield batch


def _delivery(records: list[Record]) -> Delivery:
    return Delivery(derived_id("delivery", records[0].where, records[0].id, records[-1].id, str(len(records))), records)


def json_lines(models: Iterable[BaseModel]) -> Iterator[str]:
    for model in models:
        yield model.model_dump_json()


def actions_of(outcome: Outcome) -> Iterator[str]:
    """One line a step; for a step that was undone one more, which names the first in `undo_of`; and one for a response
    that was refused before it had steps, with the reason."""
    callers = {incident.id: incident.caller for incident in outcome.incidents}
    for run, receipts in outcome.runs:
        if not receipts:
            yield json.dumps(_refusal(run, callers.get(run.incident_id, "")), ensure_ascii=False)
        for receipt in receipts:
            line = _action(run, receipt)
            yield json.dumps(line, ensure_ascii=False)
            if receipt.status is StepStatus.UNDONE:
                undone = {"id": derived_id("undo", receipt.id), "undo_of": receipt.id, "restored": receipt.restored}
                yield json.dumps({**line, **undone, "at": _iso(receipt.undone_at)}, ensure_ascii=False)


def _action(run: Run, receipt: Receipt) -> dict[str, Any]:
    return {
        "id": receipt.id,
        "incident_id": receipt.incident_id,
        "run_id": run.id,
        "playbook": receipt.playbook,
        "action": receipt.step.action,
        "target": str(receipt.step.target),
        "mode": run.mode.value,
        "status": receipt.status.value,
        "verified": receipt.verified_at is not None,
        "undo_of": None,
        "run_status": run.status.value,
        "reach": receipt.step.reach,
        "difference": [one.model_dump(mode="json") for one in receipt.step.difference],
        "proof": receipt.proof,
        "error": receipt.error or None,
        "at": _iso(receipt.applied_at or receipt.planned_at),
        "expires_at": _iso(run.expires_at),
    }


def _refusal(run: Run, caller: str) -> dict[str, Any]:
    return {
        "id": run.id,
        "incident_id": run.incident_id,
        "run_id": run.id,
        "playbook": run.playbook,
        "action": "none",
        "target": caller,
        "mode": run.mode.value,
        "status": run.status.value,
        "verified": False,
        "undo_of": None,
        "run_status": run.status.value,
        "error": run.error or None,
        "at": _iso(run.started_at),
    }


def _iso(time: datetime | None) -> str | None:
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z") if time else None
