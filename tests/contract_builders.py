"""Values with good defaults, so that only what matters is on a test's page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from tidegate.model import Finding, Incident, Mode, Plan, Receipt, Run, RunStatus, Severity, Step, StepStatus, Target
from tidegate.ports import Approval

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ACCOUNT, REGION = "111122223333", "eu-central-1"


def minutes(count: float) -> datetime:
    """After noon; before it when negative."""
    return NOON + timedelta(minutes=count)


def an_incident(incident_id: str = "inc-1", **given: Any) -> Incident:
    defaults = {
        "severity": Severity.HIGH,
        "caller": "session:App/alice",
        "account": ACCOUNT,
        "region": REGION,
        "first_seen": NOON,
        "last_seen": NOON,
    }
    return Incident(id=incident_id, **defaults | given)


def a_step(step_id: str = "step-1") -> Step:
    target = Target(kind="end_user", id="alice", account=ACCOUNT, region=REGION)
    return Step(id=step_id, action="block_end_user", target=target)


def a_run(run_id: str = "run-1", *, steps: tuple[str, ...] = (), **given: Any) -> Run:
    plan = Plan(
        run_id=run_id,
        incident_id="inc-1",
        playbook="throttle_caller",
        mode=Mode.AUTO,
        steps=tuple(a_step(step) for step in steps),
        reason="over its budget",
        created=NOON,
    )
    defaults = {
        "incident_id": "inc-1",
        "playbook": "throttle_caller",
        "mode": Mode.AUTO,
        "status": RunStatus.PLANNED,
        "plan": plan,
        "started_at": NOON,
    }
    return Run(id=run_id, **defaults | given)


def a_receipt(step_id: str = "step-1", *, run_id: str = "run-1", **given: Any) -> Receipt:
    defaults = {
        "incident_id": "inc-1",
        "playbook": "throttle_caller",
        "step": a_step(step_id),
        "mode": Mode.AUTO,
        "status": StepStatus.PLANNED,
        "planned_at": NOON,
    }
    return Receipt(id=step_id, run_id=run_id, **defaults | given)


def an_approval(approval_id: str = "approval-1", **given: Any) -> Approval:
    defaults = {
        "run_id": "run-1",
        "task_token": "token-1",
        "requested_by": "tidegate",
        "expires_at": NOON.timestamp(),
        "decision": "",
        "decided_by": "",
    }
    return Approval(id=approval_id, **defaults | given)


def a_finding(number: int = 0, **given: Any) -> Finding:
    defaults = {
        "detector": "quota_abuse",
        "family": "quota_abuse",
        "severity": Severity.HIGH,
        "score": 70,
        "title": "over its budget",
        "time": NOON,
        "first_seen": NOON,
        "caller": "user:alice",
        "account": ACCOUNT,
        "region": REGION,
    }
    return Finding(id=f"finding-{number}", **defaults | given)
