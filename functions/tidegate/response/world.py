"""What the response asks of the world, and where its records begin.

Every property may be built on first use: each function only touches what its role allows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from tidegate.actions import Clients
from tidegate.errors import Permanent
from tidegate.incidents import MOST_RESPONSES
from tidegate.model import Incident, Plan, Receipt, Run, RunStatus, Step, StepStatus, derived_id
from tidegate.ports import (
    Approvals,
    Clock,
    ConfigurationSnapshots,
    EventIndex,
    Evidence,
    Incidents,
    Ledger,
    News,
    Notifier,
    Outbox,
    Responses,
    Schedules,
    Tasks,
)
from tidegate.rules import Rules
from tidegate.settings import Settings

MOST_RUNS = MOST_RESPONSES  # of one incident that are looked at
HOLDING = (RunStatus.CONTAINED, RunStatus.PARTLY_CONTAINED)  # something of it is proven and stands
UNDER_WAY = (RunStatus.PLANNED, RunStatus.AWAITING_APPROVAL, RunStatus.ACTING)  # what it is to do may not be done yet
CHANGED_NOTHING = (
    RunStatus.OBSERVED,
    RunStatus.REFUSED,
    RunStatus.NOT_NEEDED,
    RunStatus.DECLINED,
    RunStatus.TIMED_OUT,
)


class Records(Protocol):
    """What those need who only read how far things are, and say so."""

    @property
    def settings(self) -> Settings: ...

    @property
    def clock(self) -> Clock: ...

    @property
    def incidents(self) -> Incidents: ...

    @property
    def ledger(self) -> Ledger: ...

    @property
    def notifier(self) -> Notifier: ...


class World(Records, Protocol):
    @property
    def approvals(self) -> Approvals: ...

    @property
    def events(self) -> EventIndex | None:
        """None: this installation has no index."""
        ...

    @property
    def rules(self) -> Rules: ...

    @property
    def snapshots(self) -> ConfigurationSnapshots: ...

    @property
    def evidence(self) -> Evidence: ...

    @property
    def schedules(self) -> Schedules: ...

    @property
    def tasks(self) -> Tasks: ...

    @property
    def responses(self) -> Responses: ...

    @property
    def outbox(self) -> Outbox: ...

    @property
    def news(self) -> News: ...

    @property
    def clients(self) -> Clients: ...


def run_of(incident_id: str, generation: int) -> str:
    """The id of a run, which is also the name of its execution."""
    return derived_id("run", incident_id, str(generation))


def runs_of(world: Records, incident_id: str, *, until: int) -> list[Run]:
    """The incident's latest runs up to generation `until`, the latest first."""
    generations = range(until, max(0, until - MOST_RUNS), -1)
    found = (world.ledger.run(run_of(incident_id, generation)) for generation in generations)
    return [run for run in found if run is not None]


def decisive(runs: Sequence[Run]) -> Run | None:
    """Of an incident's runs, the latest first, the one that says where it stands.

    A later run that changed nothing takes nothing back: what was contained before it still is. One that was not needed
    says nothing at all, also when what it found has been released since.
    """
    latest = runs[0] if runs else None
    if latest is None or latest.status not in CHANGED_NOTHING:
        return latest
    if latest.status is RunStatus.NOT_NEEDED:
        return next((run for run in runs if run.status not in CHANGED_NOTHING), latest)
    return next((run for run in runs if run.status in HOLDING), latest)


def digest_of(plan: Plan) -> str:
    """SHA-256 of everything the plan says: an approval is an approval of exactly this."""
    return hashlib.sha256(plan.model_dump_json().encode()).hexdigest()


def need_run(world: World, run_id: str) -> Run:
    run = world.ledger.run(run_id)
    if run is None:
        raise Permanent(f"run {run_id} is not in the ledger: `respond` starts with PlanResponse, which writes it.")
    return run


def need_plan(run: Run) -> Plan:
    if run.plan is None:
        raise Permanent(f"run {run.id} has no plan ({run.status}: {run.error}): nothing can be done under it.")
    return run.plan


def planned_receipt(run: Run, step: Step, at: datetime) -> Receipt:
    """A step of the run in the ledger before anything has been done."""
    return Receipt(
        id=step.id,
        run_id=run.id,
        incident_id=run.incident_id,
        playbook=run.playbook,
        step=step,
        mode=run.mode,
        status=StepStatus.PLANNED,
        planned_at=at,
    )


def need_receipt(world: World, run_id: str, step_id: str) -> Receipt:
    receipt = world.ledger.receipt(run_id, step_id)
    if receipt is None:
        raise Permanent(f"step {step_id} of run {run_id} is not in the ledger: only planned steps are taken.")
    return receipt


def need_incident(world: Records, incident_id: str) -> Incident:
    incident = world.incidents.get(incident_id)
    if incident is None:
        raise Permanent(f"incident {incident_id} is not in the incident table: nothing to respond to.")
    return incident


def saved(world: World, run: Run, **changes: object) -> Run:
    """The run with these changes, stored; the same run when nothing changes. Raises Conflict when it moved."""
    changed = run.model_copy(update=changes)
    return run if changed == run else world.ledger.save_run(changed)


def saved_receipt(world: World, receipt: Receipt, **changes: object) -> Receipt:
    changed = receipt.model_copy(update=changes)
    return receipt if changed == receipt else world.ledger.save_receipt(changed)
