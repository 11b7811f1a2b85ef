"""What was done: each step in the ledger, and the response as a whole."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from pydantic import Field

from tidegate.model.border import Model, Time
from tidegate.model.findings import Heard
from tidegate.model.plans import Mode, Plan, Step


class StepStatus(StrEnum):
    PLANNED = "planned"
    SNAPSHOTTED = "snapshotted"  # what was found is on record; the change may or may not have happened
    APPLIED = "applied"
    VERIFIED = "verified"
    UNDONE = "undone"
    REFUSED = "refused"
    FAILED = "failed"


class Receipt(Model):
    """One step in the ledger: written before the change and after it."""

    id: str  # = step id
    run_id: str
    incident_id: str
    playbook: str
    step: Step
    mode: Mode
    status: StepStatus
    found: dict[str, Any] | None = None  # the snapshot
    changed: dict[str, Any] | None = None
    proof: dict[str, Any] | None = None
    restored: dict[str, Any] | None = None
    error: str = ""
    planned_at: Time
    applied_at: Time | None = None
    verified_at: Time | None = None
    expires_at: Time | None = None
    undone_at: Time | None = None
    undone_by: str = ""
    approved_by: str = ""
    later: bool = False  # beside the plan: no playbook takes it, the sweeper does
    due_at: Time | None = None  # when the sweeper takes it; None: it doesn't, or has
    revision: int = 0


class RunStatus(StrEnum):
    PLANNED = "planned"
    OBSERVED = "observed"
    AWAITING_APPROVAL = "awaiting_approval"
    REFUSED = "refused"  # no lever may be used on this target; `error` says why and names the alternative
    NOT_NEEDED = "not_needed"  # earlier responses to the incident hold all that this one would do
    DECLINED = "declined"
    TIMED_OUT = "timed_out"
    ACTING = "acting"
    CONTAINED = "contained"
    PARTLY_CONTAINED = "partly_contained"  # some rounds are proven and stand; `error` says what became of the others
    FAILED = "failed"
    UNDOING = "undoing"
    RELEASED = "released"


class Run(Model):
    """One execution of `respond` for one incident."""

    id: str
    incident_id: str
    playbook: str
    mode: Mode
    status: RunStatus
    plan: Plan | None = None
    approval_id: str = ""
    approved_by: str = ""
    error: str = ""
    heard: Heard | None = None  # of the finding that the response answers
    started_at: Time
    decided_at: Time | None = None
    contained_at: Time | None = None
    released_at: Time | None = None
    expires_at: Time | None = None
    evidence_ref: str = ""
    later_evidence_ref: str = ""  # the manifest of events that reached our index only after the run had to act
    times: dict[str, float] = Field(default_factory=dict)  # seconds of each stage: see response/times.py
    dollars: float | None = None  # what the contained caller cost from its first event until it was contained
    asked: int = 0  # how often people were asked for approval
    history: tuple[str, ...] = ()  # who was asked, answered or didn't, and when, in words
    refusals_at: Time | None = None  # when calls of the contained caller were first seen to be refused
    outlived_at: Time | None = None  # when later calls were seen to succeed: the containment does not hold
    revision: int = 0
