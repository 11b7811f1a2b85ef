"""Keys that were confirmed stolen and stopped are deleted after some days: a key that exists can be switched on again.

Each deletion is a step of its own in the ledger of the run that stopped the key, written when that run has contained
and due later; the sweeper takes it. It is left undone, with the reason, when anybody has had another opinion since:
the key is active again, was used after it was stopped, is protected now, or a person undid the run. While the playbook
is in mode observe nothing is deleted. IAM deletes without a condition: who re-activates the key between the last look
and the deletion loses it, which a stolen key is to be.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from tidegate.actions.answers import understood
from tidegate.actions.deactivate_access_key import statuses_of
from tidegate.actions.stop_api_key import api_keys_of
from tidegate.errors import NotProven, Permanent, Refused, Retryable, TidegateError
from tidegate.incidents import SETTLES
from tidegate.model import Mode, Receipt, Run, Step, StepStatus, Target, derived_id
from tidegate.response.preflight import refuse_protected
from tidegate.response.record import line_of, plain, tell, write_documents
from tidegate.response.world import World, need_receipt, need_run, planned_receipt, saved_receipt
from tidegate.telemetry import logger

PLAYBOOK = "rotate_credentials"
DELETIONS = {"delete_access_key": "iam:DeleteAccessKey", "delete_api_key": "iam:DeleteServiceSpecificCredential"}
AGAIN = timedelta(days=1)  # when what hinders may pass: mode observe, a new key that nobody uses yet
PATIENCE = timedelta(days=90)  # with a new key that nobody uses
OVER = (StepStatus.VERIFIED, StepStatus.REFUSED, StepStatus.FAILED)


def plan_deletions(world: World, run: Run, receipts: list[Receipt]) -> None:
    """Writes down what is to be deleted, and when. Repeating it changes nothing."""
    days = world.settings.delete_stopped_keys_days
    for stopped in receipts if days else ():
        for step in _deletions(run, stopped, receipts):
            if world.ledger.receipt(run.id, step.id) is None:
                due = {
                    "later": True,
                    "due_at": _stopped_at(step) + timedelta(days=days),
                    "approved_by": run.approved_by,
                }
                world.ledger.save_receipt(planned_receipt(run, step, world.clock()).model_copy(update=due))


def announced(steps: Sequence[Step], days: int) -> str:
    """What becomes of the keys that a plan stops, for who decides; empty when it stops none that is ever deleted."""
    replaced = {step.target.id for step in steps if step.action == "replace_access_key"}
    stolen = (
        (step.action == "deactivate_access_key" and step.target.id in replaced)
        or (step.action == "stop_api_key" and bool(step.parameters.get("stolen")))
        for step in steps
    )
    if not any(stolen):
        return ""
    if not days:
        return "A stolen key is not deleted by itself."
    when = f"{days} days" if days > 1 else "a day"
    return f"A stolen key is deleted {when} after it was stopped, unless somebody makes it active or undoes the run."


def delete_due(world: World) -> list[str]:
    """Ids of the deletions that ended, one way or the other. What AWS didn't answer is asked at the next sweep."""
    ended = []
    for receipt in world.ledger.due(world.clock()):
        try:
            if _ended(world, receipt):
                ended.append(receipt.id)
        except TidegateError as error:
            logger.warning("stopped key not deleted", extra={"step": receipt.id, "reason": str(error)})
    return ended


def _deletions(run: Run, stopped: Receipt, receipts: list[Receipt]) -> Iterator[Step]:
    """Only of keys that this run found active and stopped; an access key only where it also made the new one."""
    if stopped.status is not StepStatus.VERIFIED or stopped.applied_at is None:
        return
    step, found, changed = stopped.step, stopped.found or {}, stopped.changed or {}
    more: dict[str, Any] = {"stopped_by": stopped.id, "stopped_at": stopped.applied_at.isoformat()}
    if step.action == "deactivate_access_key" and found.get("status") == "Active":
        for other in receipts:
            made = (other.changed or {}).get("key")
            if other.step.action == "replace_access_key" and other.step.target.id == step.target.id and made:
                more |= {"new_key": made, "planned": bool(step.parameters.get("planned"))}
                yield _step(run, stopped, "delete_access_key", step.target.id, more)
    elif step.action == "stop_api_key" and step.parameters.get("stolen"):
        for key in changed.get("stopped", ()):
            yield _step(run, stopped, "delete_api_key", key, more)


def _step(run: Run, stopped: Receipt, action: str, key: str, parameters: dict[str, Any]) -> Step:
    target = stopped.step.target
    details = {"user": str((stopped.found or {})["user"])}
    kind = "access_key" if action == "delete_access_key" else "api_key"
    return Step(
        id=derived_id("step", run.id, action, key),
        action=action,
        target=Target(kind=kind, id=key, account=target.account, region=target.region, details=details),
        parameters=parameters,
        calls=(DELETIONS[action],),
    )


def _ended(world: World, receipt: Receipt) -> bool:
    """Whether it is over. How it ended is on record before it is told, and no longer due once it has been told."""
    run = need_run(world, receipt.run_id)
    if receipt.status not in OVER:
        receipt = _tried(world, receipt)
    if receipt.status not in OVER:
        return False
    write_documents(world, run, [*world.ledger.receipts(run.id), *world.ledger.later(run.id)])
    key = f"{plain(receipt.step.target)} of {plain(receipt.step.target.details['user'])}"
    left = f"stopped {key} was NOT deleted: look at it"
    subject = f"stopped {key} deleted" if receipt.status is StepStatus.VERIFIED else left
    tell(world, run, subject, [line_of(receipt), plain(receipt.error)], state=receipt.id)
    saved_receipt(world, receipt, due_at=None)
    return True


class _Tomorrow(Retryable):
    """What hinders may pass."""


def _tried(world: World, receipt: Receipt) -> Receipt:
    now, step = world.clock(), receipt.step
    try:
        if world.settings.mode_of(PLAYBOOK) is Mode.OBSERVE:
            raise _Tomorrow("mode is observe: looked at again tomorrow")  # noqa: TRY301
        refuse_protected(step.target, world.settings)
        with understood(f"{step.action} of {step.target}"):
            facts = _facts(world, receipt, now)
            receipt = saved_receipt(world, receipt, status=StepStatus.SNAPSHOTTED, proof=facts, error="")
            _delete(world, step)
    except _Tomorrow as hindered:
        return saved_receipt(world, receipt, due_at=now + AGAIN, error=str(hindered))
    except Retryable:
        raise
    except Permanent as error:
        status = StepStatus.REFUSED if isinstance(error, Refused) else StepStatus.FAILED
        return saved_receipt(world, receipt, status=status, error=str(error))
    facts = {**(receipt.proof or {}), "status": "Deleted"}
    return saved_receipt(world, receipt, status=StepStatus.VERIFIED, proof=facts, applied_at=now, verified_at=now)


def _facts(world: World, receipt: Receipt, now: datetime) -> dict[str, Any]:
    """What is so just before the deletion. Raises Refused when anybody has had another opinion."""
    step, iam = receipt.step, world.clients.iam
    stopped = need_receipt(world, receipt.run_id, str(step.parameters["stopped_by"]))
    if stopped.undone_by not in ("", "tidegate"):
        raise Refused(f"{stopped.undone_by} undid the run that stopped it: delete it by hand if it was stolen")
    status = _status(world, step)
    if status == "Active":
        raise Refused("somebody made it active again")
    if step.action == "delete_api_key":
        return {"status": status}
    facts: dict[str, Any] = {"status": status, "last_used": "never"}
    if status != "Deleted":
        used = iam.get_access_key_last_used(AccessKeyId=step.target.id)["AccessKeyLastUsed"].get("LastUsedDate")
        if used and used > _stopped_at(step) + SETTLES:
            raise Refused(f"it was used at {used.isoformat()}, after it was stopped")
        facts["last_used"] = used.isoformat() if used else "never"
    if step.parameters.get("planned"):
        new = iam.get_access_key_last_used(AccessKeyId=str(step.parameters["new_key"]))["AccessKeyLastUsed"]
        if new.get("LastUsedDate") is None and now > _stopped_at(step) + PATIENCE:
            raise Refused(f"the new key was not used within {PATIENCE.days} days")
        if new.get("LastUsedDate") is None:
            raise _Tomorrow("the new key has not been used yet: looked at again tomorrow")
    return facts


def _status(world: World, step: Step) -> str:
    read = statuses_of if step.action == "delete_access_key" else api_keys_of
    return read(step.target.details["user"], world.clients).get(step.target.id, "Deleted")


def _delete(world: World, step: Step) -> None:
    """Raises NotProven while it still reads back. What is gone already is as deleted as can be."""
    iam = world.clients.iam
    user, key = step.target.details["user"], step.target.id
    if _status(world, step) == "Deleted":
        return
    try:
        if step.action == "delete_access_key":
            iam.delete_access_key(UserName=user, AccessKeyId=key)
        else:
            iam.delete_service_specific_credential(UserName=user, ServiceSpecificCredentialId=key)
    except iam.exceptions.NoSuchEntityException:
        return
    if _status(world, step) != "Deleted":
        raise NotProven(f"{key} of {user} was deleted and still reads back: looked at again")


def _stopped_at(step: Step) -> datetime:
    return datetime.fromisoformat(str(step.parameters["stopped_at"]))
