"""Batches of delivered records in; findings, snapshots and event documents out. Exactly once in effect.

The order of writes is the argument:

1. configuration snapshots (idempotent by event), and the pages in which calls find their other half (joining.py),
2. one conditional write per caller, which holds at once what was counted, the mark that this delivery was counted,
   and the findings owed for it,
3. the findings are sent (their ids depend on content: sending again changes nothing), those that an allowance covers
   only to the index; then they are no longer owed,
4. event documents (created once by event id),
5. the deliveries are marked done.

A crash between any two leaves a delivery not done: it comes again. What it counted is marked in the callers' states
and not counted again; what was owed is sent; the rest is idempotent. Detectors without memory just run again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import batched, chain

from tidegate.calibrating import stored_calibration
from tidegate.callers.behaviour.crowd import Readings
from tidegate.callers.opened import OpenedStates
from tidegate.callers.shedding import fitted
from tidegate.callers.state import RING, CallerState
from tidegate.configurations.left_by_calls import left_by
from tidegate.detectors import look
from tidegate.detectors.about import Budget, Detector, Known, Signal, Watched
from tidegate.detectors.data_sources import uses
from tidegate.detectors.findings import finding_of
from tidegate.errors import Conflict, DamagedRecord, Permanent
from tidegate.folding import CallerWork, Work, folded
from tidegate.hearing import Hearing
from tidegate.index.documents import error_document, suppression_document
from tidegate.index.events import bulk_bytes
from tidegate.index.prompts import Prompts
from tidegate.joining import Joining, Joins
from tidegate.model import ApiCall, CallerDay, DamagedNote, Finding, Invocation, Record, Seen, Source, derived_id
from tidegate.ports import (
    CallerStates,
    Clock,
    ConfigurationSnapshots,
    DamagedStore,
    Deliveries,
    FindingQueue,
    Outbox,
    Stored,
)
from tidegate.rules import Rules
from tidegate.scoring.calibration import Calibrated, of_crowds
from tidegate.settings import Settings
from tidegate.sources.contents import Contents, contents_of
from tidegate.suppression import count_suppressed, judged
from tidegate.telemetry import logger
from tidegate_quota.prices import Prices, resource_of

_DAY = 86_400
_FORGET_STATE = 30 * _DAY  # after a caller's last call; baselines look back 18 days
_FORGET_DELIVERY = 30 * _DAY  # SQS keeps a message 14 days, its dead-letter queue 14 more
_ATTEMPTS = 6


@dataclass(frozen=True, slots=True)
class Delivery:
    """What arrived in one piece: a log file, a bus event. `id` is the same when it is delivered again."""

    id: str
    records: Sequence[Record]
    damaged: Sequence[DamagedRecord] = ()
    source: Source = "unknown"  # what the damaged ones were to be
    arrived: float | None = None  # when it reached our queue, epoch seconds; None: not known, as in a replay


@dataclass(slots=True)
class _Outcome:
    findings: dict[str, Finding] = field(default_factory=dict)
    # Key, the state without what it owed, as it will be stored over which revision, and until when.
    owing: list[tuple[str, CallerState, Stored, float]] = field(default_factory=list)
    failed: set[str] = field(default_factory=set)
    told: dict[str, list[CallerDay]] = field(default_factory=dict)  # by delivery: callers' days that have grown
    deliveries: Sequence[Delivery] = ()
    succeeded: set[str] | None = None  # ids of calls that did; made when the first finding asks
    arrivals: dict[str, float] | None = None  # of records, by id; made when the first finding asks

    def got_through(self, event_ids: Sequence[str]) -> bool:
        """Whether the call that decided succeeded. What isn't in the batch is not known to have."""
        if self.succeeded is None:
            records = (record for delivery in self.deliveries for record in delivery.records)
            calls = (record for record in records if isinstance(record, Invocation | ApiCall))
            self.succeeded = {call.id for call in calls if not call.error}
        return bool(event_ids) and event_ids[-1] in self.succeeded

    def arrived(self, event_ids: Sequence[str]) -> float | None:
        """When the event that decided came; of one that isn't in the batch, when the last of the batch did."""
        if self.arrivals is None:
            known = ((delivery.arrived, delivery.records) for delivery in self.deliveries)
            self.arrivals = {record.id: at for at, records in known if at is not None for record in records}
        last = max(self.arrivals.values(), default=None)
        return self.arrivals.get(event_ids[-1], last) if event_ids else last


class Detection:
    def __init__(
        self,
        states: CallerStates,
        deliveries: Deliveries,
        snapshots: ConfigurationSnapshots,
        findings: FindingQueue,
        outbox: Outbox,
        damaged: DamagedStore,
        rules: Rules,
        settings: Settings,
        clock: Clock,
        *,
        on_suppressed: Callable[[Sequence[Finding]], None] = count_suppressed,
        calibration: Calibrated | None = None,
        prompts: Prompts | None = None,
        as_stored: Callable[[CallerState, int], bytes] = fitted,
    ) -> None:
        """`calibration`: what this tenant's own days say of how callers behave; None: conservative thresholds.

        `prompts`: makes masked prompt documents; None: none are made. `as_stored`: how a caller's state is written, and
        how many of its newest marks must stay in it.
        """
        self._opened, self._as_stored = OpenedStates(), as_stored
        self._prompts = prompts or Prompts("off")
        self._calibration, self._calibration_given = calibration, calibration is not None
        self._crowds = of_crowds(calibration)
        self._on_suppressed = on_suppressed
        self._states = states
        self._deliveries = deliveries
        self._snapshots = snapshots
        self._findings = findings
        self._outbox = outbox
        self._damaged = damaged
        self._rules = rules
        self._settings = settings
        self._prices, self._priced_day = Prices(written=rules.prices), -1
        self._joining = Joining(states, minutes=settings.join_minutes, clock=clock)
        self._hearing = Hearing(states, clock)
        self._clock = clock  # for notes about damaged records and for TTLs only; windows go by event time

    def take(self, batch: Sequence[Delivery]) -> set[str]:
        """Takes a batch; returns ids of deliveries that must come again: a caller's state was contended or unreadable.

        Whatever else goes wrong is raised, and the whole batch comes again.
        """
        distinct = {delivery.id: delivery for delivery in batch}
        done = self._deliveries.done(list(distinct))
        fresh = [delivery for delivery in distinct.values() if delivery.id not in done]
        failed: set[str] = set()
        for some in batched(fresh, RING, strict=False):
            failed |= self._take(some)
        return failed

    def _take(self, deliveries: Sequence[Delivery]) -> set[str]:
        records = [record for delivery in deliveries for record in delivery.records]
        outcome = _Outcome(deliveries=deliveries)
        calls = sorted((r for r in records if isinstance(r, ApiCall)), key=lambda call: (call.time, call.id))
        self._record_configurations(calls)
        known = self._known(records)
        joins = self._joining.match(deliveries)
        outcome.failed |= joins.failed
        self._look(chain(records, *joins.of.values()), known, outcome)
        self._fold(deliveries, joins, known, outcome)
        self._send(deliveries, outcome)
        self._settle(outcome)
        taken = [delivery for delivery in deliveries if delivery.id not in outcome.failed]
        notes = list(self._notes(deliveries))
        if records or notes:
            batch = derived_id("events", *sorted(d.id for d in deliveries))
            events = (bulk_bytes(record, known.prices) for record in records)  # made one at a time, as they are written
            prompts = self._prompts.documents(batch, records, known.contents)
            self._outbox.write(batch, chain(events, notes, prompts))
        self._hearing.note(records)
        if taken:
            self._deliveries.mark_done([d.id for d in taken], forget_at=self._clock().timestamp() + _FORGET_DELIVERY)
        return outcome.failed

    def _record_configurations(self, calls: Iterable[ApiCall]) -> None:
        """All of a batch before any is judged: a batch may hold the former configuration of its own update."""
        for call in calls:
            if configured := left_by(call):
                self._snapshots.record(configured.resource, call.time, call.id, configured.configuration)
            for resource, use in uses(call):
                self._snapshots.record(resource, call.time, call.id, use)

    def _known(self, records: Iterable[Record]) -> Known:
        """What every detector may ask in this batch. A record's body is opened once, whoever asks first."""
        opened: dict[int, Contents] = {}  # by the record's identity: the batch holds the records all the while

        def contents(call: Invocation) -> Contents:
            found = opened.get(id(call))
            if found is None:
                found = opened[id(call)] = contents_of(call)
            return found

        prices = self._prices_for(records)  # before the calibration is asked for: it is read with them
        return Known(
            before=self._snapshots.before,
            pipeline=self._settings.pipeline_principals,
            contents=contents,
            calibration=self._calibration,
            outputs=self._rules.outputs,
            stack=self._settings.stack,
            own=(*self._settings.own_resources, self._settings.rules_parameters),
            watched=(*self._rules.watched, *map(Watched, self._settings.watched_buckets)),
            model_alarms=self._rules.model_alarms,
            quotas=self._rules.quotas,
            prices=prices,
            record_of=Readings().of,
            crowds=self._crowds,
            multipliers=self._settings.counting_multipliers,
        )

    def _prices_for(self, records: Iterable[Record]) -> Prices:
        """Those in force on the day of the newest invocation, read once for each day that is met; so is what was
        learned of callers' behaviour."""
        newest = max((record.time for record in records if isinstance(record, Invocation)), default=0.0)
        day = int(newest) // _DAY
        if newest and day != self._priced_day:
            kept = self._snapshots.before(resource_of(self._settings.region), (day + 1) * _DAY)
            self._prices = Prices.from_configuration(kept, self._rules.prices)
            if not self._calibration_given:
                self._calibration = stored_calibration(self._snapshots, self._settings.region, day)
                self._crowds = of_crowds(self._calibration)
            self._priced_day = day
        return self._prices

    def _look(self, records: Iterable[Seen], known: Known, outcome: _Outcome) -> None:
        for record in records:
            for about, signal in look(record, known):
                self._keep(about, signal, outcome.findings, outcome)

    def _keep(self, about: Detector, signal: Signal, into: dict[str, Finding], outcome: _Outcome) -> None:
        finding = judged(finding_of(about, signal), signal, self._rules)
        if outcome.got_through(signal.event_ids):
            finding = finding.model_copy(update={"got_through": True})
        if (arrived := outcome.arrived(signal.event_ids)) is not None:
            heard = {"arrived": datetime.fromtimestamp(arrived, UTC), "found": self._clock()}
            finding = finding.model_copy(update=heard)
        into[finding.id] = finding

    def _send(self, deliveries: Sequence[Delivery], outcome: _Outcome) -> None:
        """What was found is raised; what an allowance covers goes to the index alone, with the allowance."""
        raised = [finding for finding in outcome.findings.values() if finding.suppressed is None]
        suppressed = [finding for finding in outcome.findings.values() if finding.suppressed is not None]
        if raised:
            self._findings.send(raised)
        if suppressed:
            batch = derived_id("suppressions", *sorted(delivery.id for delivery in deliveries))
            self._outbox.write(batch, map(suppression_document, suppressed))
            self._on_suppressed(suppressed)

    def _fold(self, deliveries: Sequence[Delivery], joins: Joins, known: Known, outcome: _Outcome) -> None:
        work = Work(budgeted=lambda name: self._rules.budget_of(name) is not None, known=known)
        for delivery in deliveries:
            work.add(delivery.id, delivery.records)
            work.add(delivery.id, joins.of.get(delivery.id, ()))
        self._fold_all(work, known, outcome)
        if outcome.told:  # what was written of callers goes to those who look at many, and comes again if that fails
            many = Work(budgeted=lambda _name: False, known=known)
            for name, days in outcome.told.items():
                many.add(name, days)
            self._fold_all(many, known, outcome)

    def _fold_all(self, work: Work, known: Known, outcome: _Outcome) -> None:
        stored = self._states.load(list(work.callers))
        for key, caller in sorted(work.callers.items(), key=lambda item: item[1].level):
            try:
                self._save(caller, stored[key], known, outcome)
            except (Conflict, Permanent) as error:
                # One caller's trouble is not the batch's: only the deliveries it is in come again.
                logger.error("caller not folded", extra={"caller": key, "reason": str(error)})
                outcome.failed |= caller.deliveries

    def _save(self, caller: CallerWork, stored: Stored, known: Known, outcome: _Outcome) -> None:
        """Folds a caller's records and writes its state; again on what someone else wrote in between.

        Raises Conflict when the state stays contended, Permanent when what is stored isn't ours to read.
        """
        budget = self._budget(caller)
        for _ in range(_ATTEMPTS):
            found: dict[str, Finding] = {}
            opened = self._opened.take(caller.key, stored.data)
            state, signals, told, accused, news, marks = folded(caller, opened, known, budget)
            for about, signal in signals:
                self._keep(about, signal, found, outcome)
            earlier = [Finding.model_validate_json(owed) for owed in state.owed]
            state.owed += [finding.model_dump_json().encode() for finding in found.values()]
            data = self._as_stored(state, marks)
            forget_at = max(state.seen * _DAY, self._clock().timestamp()) + _FORGET_STATE
            try:
                if news and data != stored.data:
                    self._states.save(caller.key, data, revision=stored.revision, forget_at=forget_at)
                    stored = Stored(data, stored.revision + 1)
            except Conflict:
                stored = self._states.load([caller.key])[caller.key]
                continue
            outcome.findings |= {finding.id: finding for finding in earlier} | found
            account = caller.key.partition("/")[0]
            known.note_first(account, caller.name, state.since)
            if accused:
                known.accused.add((account, caller.name))
            for delivery in caller.deliveries if told else ():
                outcome.told.setdefault(delivery, []).extend(told)
            if state.owed:
                state.owed = []
                settled = Stored(self._as_stored(state, marks), stored.revision)
                outcome.owing.append((caller.key, state, settled, forget_at))
            elif data == stored.data:
                self._opened.keep(caller.key, data, state)
            return
        raise Conflict(f"state of {caller.key} stayed contended {_ATTEMPTS} times; its deliveries come again.")

    def _settle(self, outcome: _Outcome) -> None:
        """Nothing is owed any more. Whoever wrote in between has seen what was owed, sends it too, and settles."""
        for key, state, settled, forget_at in outcome.owing:
            with suppress(Conflict):
                self._states.save(key, settled.data, revision=settled.revision, forget_at=forget_at)
                self._opened.keep(key, settled.data, state)

    def _budget(self, caller: CallerWork) -> Budget:
        """What is written for the caller, else the settings; a principal's end users together have only the former."""
        written = self._rules.budget_of(caller.name)
        if written or caller.through:
            return written or Budget()
        settings = self._settings
        return Budget(
            settings.calls_per_hour,
            settings.tokens_per_hour,
            settings.calls_per_day,
            settings.tokens_per_day,
            source="calibration" if settings.learned_budgets else "settings",
            learned=settings.learned_budgets,
            own_times=settings.own_baseline_times,
            dollars_per_day=settings.dollars_per_day,
        )

    def _notes(self, deliveries: Iterable[Delivery]) -> Iterator[bytes]:
        for delivery in deliveries:
            for damaged in delivery.damaged:
                note_id = derived_id("damaged", delivery.id, damaged.where, damaged.reason)
                reference = self._damaged.keep(note_id, damaged.original)
                yield error_document(
                    DamagedNote(
                        id=note_id,
                        time=self._clock(),
                        source=delivery.source,
                        where=damaged.where,
                        reason=damaged.reason,
                        original_ref=reference,
                    )
                )
