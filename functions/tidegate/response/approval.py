"""Approval: a person says yes to exactly one plan, and never to one's own."""

from __future__ import annotations

from datetime import timedelta

from tidegate.errors import Refused
from tidegate.model import Run, RunStatus, Severity, Step, Unanswered, derived_id
from tidegate.ports import Approval
from tidegate.response import people
from tidegate.response.record import (
    LONGEST_CHANGE,
    change_line,
    plain,
    reach_line,
    reason_lines,
    tell,
    write_documents,
)
from tidegate.response.world import World, digest_of, need_incident, need_plan, need_run, saved

MOST_ASKED = 3  # times in all that a critical plan asks
BY_SILENCE = "nobody (UnansweredCritical=act)"  # stands where a person's name would


def request_approval(world: World, run_id: str, task_token: str) -> None:
    """Stores the task token behind an opaque id and tells people. The id depends on the plan and on the token."""
    run = need_run(world, run_id)
    if run.status not in (RunStatus.PLANNED, RunStatus.AWAITING_APPROVAL):
        raise Refused(f"run {run.id} is {run.status.value}: nothing is left to approve.")
    plan = need_plan(run)
    approval_id = _id(run, task_token)
    expires = world.clock() + timedelta(minutes=world.settings.approval_minutes)
    if world.approvals.get(approval_id) is None:
        world.approvals.put(
            Approval(
                approval_id, run.id, task_token, plan.requested_by, expires.timestamp(), decision="", decided_by=""
            )
        )
    if run.approval_id != approval_id:
        run = saved(
            world,
            run,
            status=RunStatus.AWAITING_APPROVAL,
            approval_id=approval_id,
            asked=run.asked + 1,
            history=(*run.history, _noted(world, f"asked for approval until {expires:%H:%M} UTC ({approval_id})")),
        )
    write_documents(world, run, world.ledger.receipts(run.id))
    tell(
        world,
        run,
        f"approve {run.playbook}?" if run.asked == 1 else f"STILL UNANSWERED: approve {run.playbook}?",
        [
            plain(plan.reason),
            *map(plain, reason_lines(plan)),
            *(line for step in plan.steps for line in _step_lines(step)),
            *(f"stops working meanwhile: {plain(text)}" for text in plan.stops),
            f"undo: {plain(plan.undo)}",
            f"Answer until {expires:%Y-%m-%d %H:%M} UTC: tidegate approve {approval_id}",
        ],
    )


def decide(world: World, approval_id: str, *, decision: str, by: str) -> Run:
    """Records a person's answer and lets the run go on. Repeating the same answer finishes an interrupted one.

    Raises Refused: unknown or expired, decided otherwise, another plan than the one asked about, the requester, or who
    is contained by it.
    """
    approval = world.approvals.get(approval_id)
    if approval is None:
        raise Refused(f"no approval {plain(approval_id)}: it is over, or was never asked for.")
    if decision not in ("approved", "declined"):
        raise Refused(f"a decision is approved or declined, not {plain(decision)!r}.")
    run = need_run(world, approval.run_id)
    if why := why_not(world, run, approval.requested_by, by):
        raise Refused(why)
    if _id(run, approval.task_token) != approval_id:
        raise Refused(f"run {run.id} has another plan than the one this approval was asked for.")
    if (approval.decision, approval.decided_by) != (decision, by):
        world.approvals.decide(approval_id, decision=decision, by=by, now=world.clock().timestamp())
    if run.decided_at is None:
        approver = by if decision == "approved" else ""
        history = (*run.history, _noted(world, f"{decision} by {by}"))
        run = saved(world, run, approved_by=approver, decided_at=world.clock(), history=history)
    world.tasks.succeed(approval.task_token, {"decision": decision})
    return run


def why_not(world: World, run: Run, requested_by: str, by: str) -> str:
    """Why this person may not decide about the run; empty for who may."""
    severity = need_incident(world, run.incident_id).severity
    return people.why_not(need_plan(run), severity, requested_by=requested_by, by=by)


def unanswered(world: World, run_id: str) -> str:
    """What `respond` does now that nobody answered in time: `ask_again`, `act` or `lapse`. Repeating it says the same.

    Only a critical incident's plan does more than lapse, and it acts only where no reason made a person necessary.
    """
    run = need_run(world, run_id)
    incident = need_incident(world, run.incident_id)
    if run.decided_at is not None:  # somebody answered in the very moment
        return (Unanswered.ACT if run.approved_by else Unanswered.LAPSE).value
    wanted, plan = world.settings.unanswered_critical, need_plan(run)
    if incident.severity is not Severity.CRITICAL:
        wanted = Unanswered.LAPSE
    if wanted is Unanswered.ACT and plan.must_ask:
        wanted = Unanswered.ASK_AGAIN
    if wanted is Unanswered.ASK_AGAIN and run.asked >= MOST_ASKED:
        wanted = Unanswered.LAPSE
    said = f"request {run.asked}: nobody answered in time: {wanted.value}"
    if not any(said in line for line in run.history):
        changes: dict[str, object] = {"history": (*run.history, _noted(world, said))}
        if wanted is Unanswered.ACT:
            changes |= {"approved_by": BY_SILENCE, "decided_at": world.clock()}
        run = saved(world, run, **changes)
        write_documents(world, run, world.ledger.receipts(run.id))
    return wanted.value


def _noted(world: World, what: str) -> str:
    return f"{world.clock():%Y-%m-%dT%H:%M:%SZ} {plain(what)}"


def _id(run: Run, task_token: str) -> str:
    return derived_id("approval", run.id, digest_of(need_plan(run)), task_token)


def _step_lines(step: Step) -> list[str]:
    """The calls, and exactly what they write: a person approves nothing else."""
    changes = [plain(change_line(each), LONGEST_CHANGE) for each in step.difference if each.before != each.after]
    return [
        f"- {step.action} on {plain(step.target)}; {reach_line(step)}",
        f"    calls {', '.join(step.calls) or 'nothing'}",
        *(f"    {change}" for change in changes),
    ]
