"""A case: an incident with its runs, steps, findings and calls, read once for a page.

The stores answer or the page fails. The index may be away, and a run's history forgotten: then the page shows the rest
and says what is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from tidegate.console.words import time_left
from tidegate.console.world import ConsoleWorld
from tidegate.errors import Permanent, Retryable
from tidegate.model import Incident, Receipt, Run, RunStatus, StepStatus
from tidegate.ports import Approval, Execution
from tidegate.response.closing import ends_at, stays
from tidegate.response.rounds import executions
from tidegate.response.world import HOLDING, runs_of

MOST_CALLS = 1000  # of the caller, on a time line
UNDOABLE = (*HOLDING, RunStatus.FAILED, RunStatus.UNDOING)
STANDING = (RunStatus.ACTING, *UNDOABLE)


@dataclass(frozen=True)
class Response:
    """One run with what became of it."""

    run: Run
    receipts: tuple[Receipt, ...]
    executions: tuple[Execution, ...] = ()
    approval: Approval | None = None

    @property
    def standing(self) -> tuple[Receipt, ...]:
        """Changes that hold, or may hold, right now."""
        return tuple(filter(stands, self.receipts))

    @property
    def undoable(self) -> bool:
        return self.run.status in UNDOABLE and bool(self.standing)


@dataclass(frozen=True)
class Case:
    incident: Incident
    now: datetime
    responses: tuple[Response, ...] = ()  # the latest first
    findings: tuple[Mapping[str, Any], ...] = ()  # documents as indexed, oldest first
    calls: tuple[Mapping[str, Any], ...] = ()
    missing: tuple[str, ...] = field(default=())  # what could not be read, in sentences

    @property
    def contained_after(self) -> timedelta | None:
        """From the first finding's event to the first proven containment."""
        proven = [run.run.contained_at for run in self.responses if run.run.contained_at]
        return max(min(proven) - self.incident.first_seen, timedelta()) if proven else None


def stands(receipt: Receipt) -> bool:
    return receipt.found is not None and receipt.applied_at is not None and receipt.status is not StepStatus.UNDONE


def ending(run: Run, receipt: Receipt, now: datetime) -> str:
    """When a change that stands is taken back: each has its own end, whatever the others of its run have."""
    kept = stays(receipt)
    return f"never: {kept}" if kept else time_left(ends_at(run, receipt), now)


def case_of(world: ConsoleWorld, incident: Incident) -> Case:
    missing: list[str] = []
    responses = tuple(
        response_of(world, run, missing) for run in runs_of(world, incident.id, until=incident.generation)
    )
    findings = _tried(missing, "findings", lambda: _findings(world, incident, missing)) or []
    calls = _tried(missing, "calls", lambda: _calls(world, incident)) or []
    if len(calls) == MOST_CALLS:
        missing.append(f"Only the first {MOST_CALLS} calls are on the time line.")
    return Case(incident, world.clock(), responses, tuple(findings), tuple(calls), tuple(missing))


def response_of(world: ConsoleWorld, run: Run, missing: list[str]) -> Response:
    receipts = (*world.ledger.receipts(run.id), *world.ledger.later(run.id))
    approval = world.approvals.get(run.approval_id) if run.approval_id else None
    executions = []
    for playbook, name in _executions(run):
        found = _tried(missing, f"how {playbook} went", partial(world.executions.of_run, playbook, name))
        if found:
            executions.append(found)
    return Response(run, receipts, tuple(executions), approval)


def _executions(run: Run) -> Iterator[tuple[str, str]]:
    """(playbook, name) of what ran: the frame, and the playbook once a round."""
    yield "respond", run.id
    if run.playbook:
        rounds = executions(run.id, run.plan.steps) if run.plan else [run.id]
        yield from ((run.playbook, name) for name in rounds)


def _findings(world: ConsoleWorld, incident: Incident, missing: list[str]) -> list[dict[str, Any]]:
    if world.finding_index is None:
        missing.append(
            f"This installation has no index: the evidence of the {len(incident.finding_ids)} findings is in the "
            "outbox bucket only, and the caller's calls are not shown."
        )
        return []
    return world.finding_index.of_incident(incident.id)


def _calls(world: ConsoleWorld, incident: Incident) -> list[dict[str, Any]]:
    if world.events is None:
        return []
    since, until = incident.first_seen.timestamp(), max(incident.last_seen, world.clock()).timestamp() + 1
    return world.events.events_of(incident.account, incident.caller, since=since, until=until, limit=MOST_CALLS)


def _tried[Found](missing: list[str], what: str, read: Callable[[], Found]) -> Found | None:
    try:
        return read()
    except (Retryable, Permanent) as error:
        missing.append(f"{what[0].upper()}{what[1:]} can't be shown: {error}")
        return None
