"""Act: one phase of one step. The ledger is written before each change and after it.

A phase that was finished is not taken again, so a state machine may retry or be redriven at any point:
the snapshot on record is always the one from before our first change.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from tidegate.actions import ActionModule, Family, Restored, action_named
from tidegate.actions.answers import understood
from tidegate.errors import NotProven, Permanent, Refused, Retryable, TidegateError
from tidegate.model import Mode, Model, Receipt, Run, RunStatus, StepStatus
from tidegate.response import sharing
from tidegate.response.preflight import refuse_protected
from tidegate.response.world import World, need_receipt, need_run, saved_receipt

DONE = (StepStatus.APPLIED, StepStatus.VERIFIED)


def act(world: World, run_id: str, step_id: str, phase: str, family: Family, by: str = "") -> Receipt:
    """`family` is the function's own: it takes no other family's actions. Raises what the action raises.

    What can't succeed is written into the receipt before it is raised; in undo it is not raised, so that the other
    steps are undone all the same, and closing the release says that it is incomplete.
    """
    run, receipt = need_run(world, run_id), need_receipt(world, run_id, step_id)
    action = action_named(receipt.step.action)
    if action.about.family is not family:
        raise Permanent(f"{action.about.id} belongs to {action.about.family.value}, not to {family.value}.")
    if phase not in PHASES:
        raise Permanent(f"no phase {phase!r}: {', '.join(PHASES)}.")
    if phase != "undo":
        _refuse_unready(run)
    try:
        with understood(f"{phase} of {action.about.id}"):
            return PHASES[phase](world, receipt, action, by)
    except Retryable:
        raise
    except Permanent as error:
        receipt = need_receipt(world, run_id, step_id)
        failed = saved_receipt(world, receipt, status=StepStatus.FAILED, error=f"{phase}: {error}")
        if phase == "undo":
            return failed
        raise


def _snapshot(world: World, receipt: Receipt, action: ActionModule, by: str) -> Receipt:  # noqa: ARG001
    if receipt.found is not None:
        return receipt
    refuse_protected(receipt.step.target, world.settings)
    if action.about.shared:
        sharing.note(world, receipt)
    found = action.snapshot(receipt.step, world.clients)
    if receipt.mode is Mode.APPROVE:
        _refuse_unlike_approved(receipt, action, found)
    return saved_receipt(world, receipt, status=StepStatus.SNAPSHOTTED, found=found.model_dump(mode="json"))


def _apply(world: World, receipt: Receipt, action: ActionModule, by: str) -> Receipt:  # noqa: ARG001
    if receipt.status in DONE:
        return receipt
    changed = action.apply(receipt.step, _found(receipt, action), world.clients)
    return saved_receipt(
        world,
        receipt,
        status=StepStatus.APPLIED,
        changed=changed.model_dump(mode="json"),
        applied_at=world.clock(),
        error="",
    )


def _verify(world: World, receipt: Receipt, action: ActionModule, by: str) -> Receipt:  # noqa: ARG001
    if receipt.status is StepStatus.VERIFIED:
        return receipt
    changed = _changed(receipt, action)
    if changed is None:
        raise Permanent(f"step {receipt.id} was not applied: there is nothing to verify.")
    found = _found(receipt, action)
    try:
        proof = action.verify(receipt.step, found, changed, world.clients)
    except NotProven:
        # IAM has no conditional writes: another run that wrote the same policy at the same moment may have lost ours.
        action.apply(receipt.step, found, world.clients)
        raise
    facts = {**proof.facts, **_since(world, receipt), **_open_for(world, receipt)}
    return saved_receipt(world, receipt, status=StepStatus.VERIFIED, proof=facts, verified_at=world.clock(), error="")


def _undo(world: World, receipt: Receipt, action: ActionModule, by: str) -> Receipt:
    if receipt.status is StepStatus.UNDONE or receipt.found is None:
        return receipt
    if action.about.shared and (kept := sharing.let_go(world, receipt)):
        return _undone(world, receipt, Restored(facts={}, kept=kept), by)
    found, changed = _found(receipt, action), _changed(receipt, action)
    restored = action.undo(receipt.step, found, changed, world.clients)
    if not restored.kept and not action.undo(receipt.step, found, changed, world.clients).already:
        raise NotProven(f"undo of {action.about.id} on {receipt.step.target} does not show yet; tried again.")
    return _undone(world, receipt, restored, by)


def _undone(world: World, receipt: Receipt, restored: Restored, by: str) -> Receipt:
    return saved_receipt(
        world,
        receipt,
        status=StepStatus.UNDONE,
        restored=restored.model_dump(mode="json"),
        undone_at=world.clock(),
        undone_by=by or "tidegate",
        error="",
    )


PHASES: dict[str, Callable[[World, Receipt, ActionModule, str], Receipt]] = {
    "snapshot": _snapshot,
    "apply": _apply,
    "verify": _verify,
    "undo": _undo,
}


def _refuse_unready(run: Run) -> None:
    """Approval and evidence come first; a run that is being undone changes nothing more."""
    if run.mode is Mode.OBSERVE or (run.mode is Mode.APPROVE and not run.approved_by):
        raise Refused(f"run {run.id} is in mode {run.mode.value} and nobody approved it: nothing is changed.")
    if run.status is not RunStatus.ACTING:
        raise Refused(f"run {run.id} is {run.status.value}, not acting: nothing is changed.")


def _refuse_unlike_approved(receipt: Receipt, action: ActionModule, found: Model) -> None:
    """Hours may lie between plan and approval: what was approved is what is done, or nothing is.

    What has become needless meanwhile (someone stopped the key by hand) is no reason.
    """
    approved = {each.resource: (each.before, each.after) for each in receipt.step.difference}
    for now in action.differences(receipt.step, found):
        if now.before != now.after and approved.get(now.resource) != (now.before, now.after):
            raise Refused(f"{now.resource} has changed since {action.about.id} was approved: plan the response again.")


def _found(receipt: Receipt, action: ActionModule) -> Any:
    if receipt.found is None:
        raise Permanent(f"step {receipt.id} has no snapshot: snapshot comes before {action.about.id}.")
    return action.Found.model_validate(receipt.found)


def _changed(receipt: Receipt, action: ActionModule) -> Any:
    return None if receipt.changed is None else action.Changed.model_validate(receipt.changed)


def _open_for(world: World, receipt: Receipt) -> dict[str, object]:
    """How long something stood open: from the incident's first event until this proof."""
    since, now = receipt.step.parameters.get("since"), world.clock()
    if not since:
        return {}
    seconds = round((now - datetime.fromisoformat(str(since))).total_seconds())
    name = "blind_window" if receipt.step.action.startswith("restore_") else "recovery"
    return {name: {"from": since, "until": now.isoformat(), "seconds": max(0, seconds)}}


def _since(world: World, receipt: Receipt) -> dict[str, object]:
    """What our own events say since the change: no proof by itself, because they arrive minutes late."""
    target, since = receipt.step.target, receipt.applied_at
    name = {"end_user": "user", "role_session": "session", "iam_user": "iam-user", "access_key": "key"}.get(target.kind)
    if world.events is None or since is None or name is None:
        return {}
    try:
        succeeded, denied = world.events.calls(
            target.account, f"{name}:{target.id}", since=since.timestamp(), until=world.clock().timestamp() + 1
        )
    except TidegateError as error:
        return {"calls_since": f"unknown: {error}"}
    return {"calls_since": {"succeeded": succeeded, "denied": denied}}
