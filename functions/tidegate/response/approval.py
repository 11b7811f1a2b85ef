"""Approval: a person says yes to exactly one plan, and never to one's own."""

from __future__ import annotations

import json
from datetime import timedelta

from tidegate.errors import Refused
from tidegate.model import Run, RunStatus, Step, derived_id
from tidegate.ports import Approval
from tidegate.response.record import plain, reach_line, tell, write_documents
from tidegate.response.world import World, digest_of, need_plan, need_run, saved


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
    run = saved(world, run, status=RunStatus.AWAITING_APPROVAL, approval_id=approval_id)
    write_documents(world, run, world.ledger.receipts(run.id))
    tell(
        world,
        run,
        f"approve {run.playbook}?",
        [
            plain(plan.reason),
            *([plain(plan.mode_reason)] if plan.mode_reason else []),
            *(line for step in plan.steps for line in _step_lines(step)),
            *(f"stops working meanwhile: {plain(text)}" for text in plan.stops),
            f"undo: {plain(plan.undo)}",
            f"Answer until {expires:%Y-%m-%d %H:%M} UTC: tidegate approve {approval_id}",
        ],
    )


def decide(world: World, approval_id: str, *, decision: str, by: str) -> Run:
    """Records a person's answer and lets the run go on. Repeating the same answer finishes an interrupted one.

    Raises Refused: unknown or expired, decided otherwise, another plan than the one asked about, or the requester.
    """
    approval = world.approvals.get(approval_id)
    if approval is None:
        raise Refused(f"no approval {plain(approval_id)}: it is over, or was never asked for.")
    if decision not in ("approved", "declined"):
        raise Refused(f"a decision is approved or declined, not {plain(decision)!r}.")
    if not by or by == approval.requested_by:
        raise Refused("who asked for a response can't approve it: someone else has to.")
    run = need_run(world, approval.run_id)
    if _id(run, approval.task_token) != approval_id:
        raise Refused(f"run {run.id} has another plan than the one this approval was asked for.")
    if (approval.decision, approval.decided_by) != (decision, by):
        world.approvals.decide(approval_id, decision=decision, by=by, now=world.clock().timestamp())
    if run.decided_at is None:
        approver = by if decision == "approved" else ""
        run = saved(world, run, approved_by=approver, decided_at=world.clock())
    world.tasks.succeed(approval.task_token, {"decision": decision})
    return run


def _id(run: Run, task_token: str) -> str:
    return derived_id("approval", run.id, digest_of(need_plan(run)), task_token)


def _step_lines(step: Step) -> list[str]:
    changes = [
        f"    {plain(each.resource)}: {_short(each.before)} becomes {_short(each.after)}" for each in step.difference
    ]
    return [f"- {step.action} on {plain(step.target)}; {reach_line(step)}", *changes]


def _short(value: object) -> str:
    return plain(value if isinstance(value, str) else json.dumps(value, default=str))
