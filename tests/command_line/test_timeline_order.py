"""The time line of an incident: events, findings and what was done, on one line of time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tidegate.console.timeline import timeline
from tidegate.model import Incident, Mode, Receipt, Run, RunStatus, Severity, Step, StepStatus, Target

NOON = datetime(2026, 9, 14, 12, tzinfo=UTC)


def at(minutes: int) -> datetime:
    return NOON + timedelta(minutes=minutes)


INCIDENT = Incident(
    id="inc-1",
    severity=Severity.HIGH,
    caller="iam-user:evaluator",
    account="111122223333",
    region="us-east-1",
    first_seen=at(0),
    last_seen=at(1),
)
STEP = Step(
    id="step-1",
    action="deny_iam_user",
    target=Target(kind="iam_user", id="evaluator", account="111122223333", region="us-east-1"),
)
RUN = Run(
    id="run-1",
    incident_id="inc-1",
    playbook="rotate_credentials",
    mode=Mode.APPROVE,
    status=RunStatus.RELEASED,
    approved_by="a.responder",
    started_at=at(2),
    decided_at=at(3),
    contained_at=at(6),
    released_at=at(9),
)
RECEIPT = Receipt(
    id="step-1",
    run_id="run-1",
    incident_id="inc-1",
    playbook="rotate_credentials",
    step=STEP,
    mode=Mode.APPROVE,
    status=StepStatus.UNDONE,
    planned_at=at(2),
    applied_at=at(4),
    verified_at=at(5),
    undone_at=at(8),
    undone_by="b.responder",
)


def test_what_was_done_comes_in_the_order_it_was_done():
    told = timeline(INCIDENT, [(RUN, [RECEIPT])])
    assert [(moment.kind, moment.what, moment.who) for moment in told] == [
        ("incident", "first event", "iam-user:evaluator"),
        ("incident", "last event", "iam-user:evaluator"),
        ("plan", "rotate_credentials planned, mode approve", "tidegate"),
        ("decision", "approved by a.responder", "a.responder"),
        ("step", "deny_iam_user on iam_user:evaluator applied", "tidegate"),
        ("step", "deny_iam_user on iam_user:evaluator verified", "tidegate"),
        ("decision", "contained", "tidegate"),
        ("step", "deny_iam_user on iam_user:evaluator undone", "b.responder"),
        ("release", "rotate_credentials released", "tidegate"),
    ]


def test_calls_of_the_index_stand_among_them_with_their_address():
    event = {
        "time": int(at(7).timestamp() * 1000),
        "metadata": {"uid": "event-1"},
        "api": {"operation": "InvokeModel"},
        "status": "Failure",
        "status_code": "AccessDenied",
        "src_endpoint": {"ip": "192.0.2.7"},
        "tidegate": {"caller": "iam-user:evaluator", "model": "amazon.nova-lite-v1:0"},
    }
    told = timeline(INCIDENT, [(RUN, [RECEIPT])], events=[event])
    refused = next(place for place, moment in enumerate(told) if moment.kind == "call")
    assert told[refused].what == "InvokeModel amazon.nova-lite-v1:0 refused: AccessDenied"
    assert told[refused].who == "iam-user:evaluator from 192.0.2.7"
    assert told[refused - 1].what == "contained"
