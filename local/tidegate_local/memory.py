"""Every port of tidegate.ports, in memory: what replay runs on, and what the adapters over AWS are held against.

Both pass the same contract tests (tests/contracts). Values go in and come out as bytes or frozen models, so nobody
can change what is stored behind its back. Not for several threads.
"""

from __future__ import annotations

import json
from bisect import bisect_left, insort
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from tidegate.errors import Conflict, Refused
from tidegate.index.event_index import DENIALS, MODEL_OPERATIONS
from tidegate.model import (
    ApiCall,
    Finding,
    Incident,
    IncidentStatus,
    Invocation,
    Receipt,
    Record,
    Run,
    RunStatus,
    derived_id,
    related_callers,
)
from tidegate.ports import Approval, Stored

type Incidents = list[Incident]  # the class below has a method of that name
_STILL_APPLIED = (RunStatus.ACTING, RunStatus.CONTAINED, RunStatus.FAILED, RunStatus.UNDOING)


def _expect(what: str, given: int, stored: int) -> None:
    if given != stored:
        raise Conflict(
            f"{what}: someone else wrote first (revision {stored}, not {given}); read again and write again."
        )


class MemoryCallerStates:
    def __init__(self) -> None:
        self._stored: dict[str, Stored] = {}

    def __len__(self) -> int:
        return len(self._stored)

    def load(self, keys: Sequence[str]) -> dict[str, Stored]:
        return {key: self._stored.get(key, Stored(b"", 0)) for key in keys}

    def save(self, key: str, data: bytes, *, revision: int, forget_at: float) -> None:  # noqa: ARG002 - never forgets
        _expect(f"state of {key}", revision, self._stored.get(key, Stored(b"", 0)).revision)
        self._stored[key] = Stored(data, revision + 1)


class MemoryDeliveries:
    def __init__(self) -> None:
        self._done: set[str] = set()

    def done(self, ids: Sequence[str]) -> set[str]:
        return self._done.intersection(ids)

    def mark_done(self, ids: Sequence[str], *, forget_at: float) -> None:  # noqa: ARG002
        self._done.update(ids)


class MemoryConfigurationSnapshots:
    def __init__(self) -> None:
        self._times: dict[str, list[tuple[float, str]]] = {}
        self._bodies: dict[tuple[str, float, str], str] = {}

    def before(self, resource: str, time: float) -> dict[str, Any] | None:
        times = self._times.get(resource, [])
        place = bisect_left(times, (time, ""))
        if not place:
            return None
        return dict(json.loads(self._bodies[resource, *times[place - 1]]))

    def record(self, resource: str, time: float, event_id: str, configuration: Mapping[str, Any]) -> None:
        key = (resource, time, event_id)
        if key not in self._bodies:
            insort(self._times.setdefault(resource, []), (time, event_id))
        self._bodies[key] = json.dumps(dict(configuration), sort_keys=True)


class MemoryFindingQueue:
    """`sent`: everything, in order, repetitions included, as a standard queue would deliver it."""

    def __init__(self) -> None:
        self.sent: list[Finding] = []

    def send(self, findings: Iterable[Finding]) -> None:
        self.sent.extend(findings)


class MemoryIncidents:
    def __init__(self) -> None:
        self._incidents: dict[str, Incident] = {}
        self._of_finding: dict[str, str] = {}
        self._of_name: dict[tuple[str, str], dict[str, None]] = {}

    def get(self, incident_id: str) -> Incident | None:
        return self._incidents.get(incident_id)

    def of_finding(self, finding_id: str) -> str | None:
        return self._of_finding.get(finding_id)

    def open_for(self, account: str, callers: Sequence[str]) -> Incidents:
        """Oldest first."""
        ids = {incident for caller in callers for incident in self._of_name.get((account, caller), ())}
        found = (self._incidents[incident] for incident in ids)
        return sorted((i for i in found if i.status != IncidentStatus.CLOSED), key=lambda i: (i.first_seen, i.id))

    def save(self, incident: Incident, *, new_findings: Sequence[str], names: Sequence[str]) -> Incident:
        stored = self._incidents.get(incident.id)
        _expect(f"incident {incident.id}", incident.revision, stored.revision if stored else 0)
        for finding in new_findings:
            if self._of_finding.get(finding, incident.id) != incident.id:
                raise Conflict(f"finding {finding} belongs to incident {self._of_finding[finding]}; read again.")
        saved = incident.model_copy(update={"revision": incident.revision + 1})
        self._incidents[incident.id] = saved
        self._of_finding |= dict.fromkeys(new_findings, incident.id)
        for name in names:
            held = self._of_name.setdefault((incident.account, name), {})
            if saved.status == IncidentStatus.CLOSED:
                held.pop(incident.id, None)
            else:
                held[incident.id] = None
        return saved

    def list(self, *, open_only: bool = False, limit: int = 100) -> Incidents:
        """Last seen first."""
        found = (i for i in self._incidents.values() if not open_only or i.status != IncidentStatus.CLOSED)
        return sorted(found, key=lambda i: (i.last_seen, i.id), reverse=True)[:limit]


class MemoryResponses:
    """`started`: (incident id, generation) in order, each once; `released`: by execution name."""

    def __init__(self) -> None:
        self.started: list[tuple[str, int]] = []
        self.released: dict[str, tuple[str, str, str]] = {}

    def start(self, incident_id: str, generation: int) -> None:
        if (incident_id, generation) not in self.started:
            self.started.append((incident_id, generation))

    def release(self, run_id: str, *, reason: str, by: str) -> str:
        name = derived_id("release", run_id, reason, by)
        self.released.setdefault(name, (run_id, reason, by))
        return name


class MemoryLedger:
    def __init__(self) -> None:
        self._runs: dict[str, Run] = {}
        self._receipts: dict[str, dict[str, Receipt]] = {}

    def run(self, run_id: str) -> Run | None:
        return self._runs.get(run_id)

    def save_run(self, run: Run) -> Run:
        present = self._runs.get(run.id)
        _expect(f"run {run.id}", run.revision, present.revision if present else 0)
        stored = self._runs[run.id] = run.model_copy(update={"revision": run.revision + 1})
        return stored

    def receipts(self, run_id: str) -> list[Receipt]:
        run = self._runs.get(run_id)
        planned = [step.id for step in run.plan.steps] if run and run.plan else []
        place = {step: number for number, step in enumerate(planned)}
        found = self._receipts.get(run_id, {}).values()
        return sorted(found, key=lambda receipt: (place.get(receipt.id, len(place)), receipt.planned_at))

    def receipt(self, run_id: str, step_id: str) -> Receipt | None:
        return self._receipts.get(run_id, {}).get(step_id)

    def save_receipt(self, receipt: Receipt) -> Receipt:
        held = self._receipts.setdefault(receipt.run_id, {})
        present = held.get(receipt.id)
        _expect(f"receipt {receipt.id}", receipt.revision, present.revision if present else 0)
        stored = held[receipt.id] = receipt.model_copy(update={"revision": receipt.revision + 1})
        return stored

    def runs(self, *, statuses: Sequence[RunStatus] = (), limit: int = 100) -> list[Run]:
        """Latest first."""
        found = (run for run in self._runs.values() if not statuses or run.status in statuses)
        return sorted(found, key=lambda run: (run.started_at, run.id), reverse=True)[:limit]

    def expired(self, now: datetime) -> list[Run]:
        """Longest overdue first."""
        overdue = [
            run
            for run in self._runs.values()
            if run.status in _STILL_APPLIED and run.expires_at is not None and run.expires_at <= now
        ]
        return sorted(overdue, key=lambda run: (run.expires_at or now, run.id))


class MemoryApprovals:
    def __init__(self) -> None:
        self._approvals: dict[str, Approval] = {}

    def put(self, approval: Approval) -> None:
        present = self._approvals.get(approval.id)
        if present is not None and present.decision:
            raise Conflict(f"approval {approval.id} is decided already; read again.")
        self._approvals[approval.id] = approval

    def get(self, approval_id: str) -> Approval | None:
        return self._approvals.get(approval_id)

    def decide(self, approval_id: str, *, decision: str, by: str, now: float) -> Approval:
        approval = self._approvals.get(approval_id)
        if approval is None:
            raise Refused(f"no approval {approval_id} is asked for; tidegate list shows those that are.")
        if approval.decision:
            raise Refused(f"approval {approval_id} was {approval.decision} by {approval.decided_by}; once only.")
        if approval.expires_at <= now:
            raise Refused(f"approval {approval_id} has expired; the plan lapsed.")
        decided = self._approvals[approval_id] = approval._replace(decision=decision, decided_by=by)
        return decided


class MemoryOutbox:
    """`batches`: the documents of each batch id, the last written."""

    def __init__(self) -> None:
        self.batches: dict[str, list[bytes]] = {}

    def write(self, batch_id: str, documents: Iterable[bytes]) -> None:
        self.batches[batch_id] = list(documents)


class MemoryBytes:
    """DamagedStore and Evidence: bytes by name."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def keep(self, name: str, original: bytes, /) -> str:
        self.kept[name] = original
        return f"memory://{name}"


class MemoryEventIndex:
    """Answers from records themselves; a call that CloudTrail and the invocation log both tell of counts once."""

    def __init__(self, records: Iterable[Record] = ()) -> None:
        self._records: list[Record] = list(records)

    def add(self, records: Iterable[Record]) -> None:
        self._records.extend(records)

    def other_callers(self, account: str, name: str, *, since: float, until: float) -> list[str]:
        return sorted({record.caller for record in self._of(account, name, since, until)} - {name})

    def calls(self, account: str, name: str, *, since: float, until: float) -> tuple[int, int]:
        succeeded, denied = set(), set()
        for record in self._of(account, name, since, until):
            if isinstance(record, ApiCall) and record.name in MODEL_OPERATIONS:
                request = record.request_id or record.id
            elif isinstance(record, Invocation) and record.operation in MODEL_OPERATIONS:
                request = record.id
            else:
                continue
            if not record.error:
                succeeded.add(request)
            elif record.error in DENIALS:
                denied.add(request)
        return len(succeeded), len(denied)

    def events_of(
        self, account: str, name: str, *, since: float, until: float, limit: int = 1000
    ) -> list[dict[str, Any]]:
        found = sorted(self._of(account, name, since, until), key=lambda record: (record.time, record.id))
        return [
            {"metadata": {"uid": record.id}, "time": int(record.time * 1000), "tidegate": {"caller": record.caller}}
            for record in found[:limit]
        ]

    def _of(self, account: str, name: str, since: float, until: float) -> list[Record]:
        return [
            record
            for record in self._records
            if record.account == account and since <= record.time < until and name in _names(record)
        ]


def _names(record: Record) -> tuple[str, ...]:
    return record.caller, *related_callers(record.principal)


class MemorySchedules:
    def __init__(self) -> None:
        self.waiting: dict[str, tuple[datetime, dict[str, str]]] = {}

    def at(self, name: str, when: datetime, release_input: Mapping[str, str]) -> None:
        self.waiting.setdefault(name, (when, dict(release_input)))

    def cancel(self, name: str) -> None:
        self.waiting.pop(name, None)


class MemoryTasks:
    def __init__(self) -> None:
        self.answers: dict[str, dict[str, str]] = {}

    def succeed(self, token: str, output: Mapping[str, str]) -> None:
        self.answers.setdefault(token, dict(output))


class MemoryNotifier:
    """`told`: (subject, text) by deduplication id, the first of each."""

    def __init__(self) -> None:
        self.told: dict[str, tuple[str, str]] = {}

    def tell(self, subject: str, text: str, *, deduplication: str) -> None:
        self.told.setdefault(deduplication, (subject, text))
