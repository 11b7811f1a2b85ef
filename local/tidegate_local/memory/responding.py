"""The ledger of responses, approvals, schedules and messages, in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from tidegate.aws.ledger import STILL_APPLIED
from tidegate.errors import Conflict, Refused
from tidegate.model import Receipt, Run, RunStatus
from tidegate.ports import Approval, Confirmation, Told
from tidegate_local.memory.revisions import expect


class MemoryLedger:
    def __init__(self) -> None:
        self._runs: dict[str, Run] = {}
        self._receipts: dict[str, dict[str, Receipt]] = {}
        self._noted: dict[str, dict[str, float]] = {}
        self._held: dict[str, set[str]] = {}

    def run(self, run_id: str) -> Run | None:
        return self._runs.get(run_id)

    def save_run(self, run: Run) -> Run:
        present = self._runs.get(run.id)
        expect(f"run {run.id}", run.revision, present.revision if present else 0)
        stored = self._runs[run.id] = run.model_copy(update={"revision": run.revision + 1})
        return stored

    def receipts(self, run_id: str) -> list[Receipt]:
        return [receipt for receipt in self._all(run_id) if not receipt.later]

    def later(self, run_id: str) -> list[Receipt]:
        return [receipt for receipt in self._all(run_id) if receipt.later]

    def _all(self, run_id: str) -> list[Receipt]:
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
        expect(f"receipt {receipt.id}", receipt.revision, present.revision if present else 0)
        stored = held[receipt.id] = receipt.model_copy(update={"revision": receipt.revision + 1})
        return stored

    def runs(self, *, statuses: Sequence[RunStatus] = (), limit: int = 100) -> list[Run]:
        """Latest first."""
        found = (run for run in self._runs.values() if not statuses or run.status in statuses)
        return sorted(found, key=lambda run: (run.started_at, run.id), reverse=True)[:limit]

    def within(self, name: str, entry: str, *, most: int, now: float, once: bool = False) -> bool:
        noted = self._noted.setdefault(name, {})
        recent = {other for other, at in noted.items() if at > now - 3600}
        if entry in recent:
            return not once
        if len(recent) >= most:
            return False
        noted[entry] = now
        return True

    def hold(self, what: str, holder: str, *, forget_at: float) -> None:  # noqa: ARG002
        self._held.setdefault(what, set()).add(holder)

    def holders(self, what: str) -> list[str]:
        return sorted(self._held.get(what, ()))

    def due(self, now: datetime) -> list[Receipt]:
        every = (receipt for held in self._receipts.values() for receipt in held.values())
        found = [receipt for receipt in every if receipt.due_at is not None and receipt.due_at <= now]
        return sorted(found, key=lambda receipt: (receipt.due_at or now, receipt.id))

    def expired(self, now: datetime) -> list[Run]:
        """Longest overdue first."""
        overdue = [
            run
            for run in self._runs.values()
            if run.status in STILL_APPLIED and run.expires_at is not None and run.expires_at <= now
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
            raise Refused(f"no approval {approval_id} is asked for; tidegate incidents shows those that are.")
        if approval.decision:
            raise Refused(f"approval {approval_id} was {approval.decision} by {approval.decided_by}; once only.")
        if approval.expires_at <= now:
            raise Refused(f"approval {approval_id} has expired; the plan lapsed.")
        decided = self._approvals[approval_id] = approval._replace(decision=decision, decided_by=by)
        return decided


class MemoryConfirmations:
    def __init__(self) -> None:
        self._confirmations: dict[str, Confirmation] = {}

    def put(self, token_hash: str, confirmation: Confirmation) -> None:
        self._confirmations[token_hash] = confirmation

    def take(self, token_hash: str) -> Confirmation | None:
        return self._confirmations.pop(token_hash, None)


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


class MemoryNotices:
    def __init__(self) -> None:
        self._told: dict[tuple[str, str], Told] = {}

    def get(self, incident_id: str, channel: str) -> Told | None:
        return self._told.get((incident_id, channel))

    def save(self, told: Told) -> Told:
        present = self._told.get((told.incident_id, told.channel))
        expect(f"what {told.channel} was told of {told.incident_id}", told.revision, present.revision if present else 0)
        stored = told.model_copy(update={"revision": told.revision + 1})
        self._told[(told.incident_id, told.channel)] = stored
        return stored
