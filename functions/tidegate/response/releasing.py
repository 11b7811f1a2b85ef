"""Release: undo a run, last change first, at its expiry, on a person's word or after a failure."""

from __future__ import annotations

from datetime import datetime, timedelta

from tidegate.actions import action_named
from tidegate.errors import Permanent, Refused
from tidegate.model import IncidentStatus, Receipt, Run, RunStatus, StepStatus
from tidegate.response import rounds
from tidegate.response.closing import move_incident, outlasts, standing, stays_until, timed
from tidegate.response.record import line_of, plain, tell, write_documents
from tidegate.response.world import HOLDING, World, need_run, runs_of, saved

GRACE = timedelta(minutes=5)  # left to the run's own schedule, which fires within a minute

REASONS = {"expired": "its time is over", "undone": "a person asked for it", "failed": "a step failed"}


def begin(world: World, run_id: str, reason: str) -> list[dict[str, str]]:
    """What `release` undoes, in reverse order. From here on the run changes nothing more.

    Raises Refused for a run that is still acting, unless it failed or its time is over.
    """
    run = need_run(world, run_id)
    over = run.expires_at is not None and run.expires_at <= world.clock()
    if run.status is RunStatus.ACTING and reason != "failed" and not over:
        raise Refused(f"run {run.id} is acting: undo it when it has ended; `tidegate incidents` shows it.")
    receipts = _to_undo(world.ledger.receipts(run.id), reason, world.clock())
    if receipts:
        saved(world, run, status=RunStatus.UNDOING)
    return [{"step_id": receipt.id, "family": _family(receipt)} for receipt in reversed(receipts)]


def end(world: World, run_id: str, reason: str, by: str) -> Run:
    """Raises Permanent while a change still stands that was to be undone.

    What is right for good stays at an expiry: the run then holds on, without an end of its own. What stays of a run
    that failed is said when its failure is recorded.
    """
    run = need_run(world, run_id)
    receipts = world.ledger.receipts(run.id)
    if left := _to_undo(receipts, reason, world.clock()):
        raise Permanent(f"run {run.id} is not released: {', '.join(receipt.step.action for receipt in left)} stands.")
    if reason == "failed" and standing(receipts):
        return run
    world.schedules.cancel(run.id)
    if reason != "undone" and standing(receipts):
        return _holding_on(world, run, receipts)
    run = saved(
        world,
        run,
        status=RunStatus.RELEASED,
        released_at=run.released_at or world.clock(),
        expires_at=None,
    )
    run = timed(world, run, receipts)
    write_documents(world, run, receipts)
    if reason != "failed":
        if not _held_by_another(world, run):
            move_incident(world, run.incident_id, to=IncidentStatus.RECOVERED)
        tell(world, run, f"{run.playbook} released", [f"by {plain(by)}: {_why(reason)}", *map(line_of, receipts)])
    return run


def _holding_on(world: World, run: Run, receipts: list[Receipt]) -> Run:
    """Time is over, and something stays: what is right for good, and what is needed for longer, until that ends too."""
    ends = {receipt.id: stays_until(receipt) for receipt in standing(receipts)}
    until = min((end for end in ends.values() if end), default=None)
    if until:
        world.schedules.at(run.id, until, {"run_id": run.id, "reason": "expired", "by": "tidegate"})
    status = RunStatus.CONTAINED if run.contained_at else RunStatus.PARTLY_CONTAINED
    run = saved(world, run, status=status, expires_at=until)
    write_documents(world, run, receipts)
    kept = [f"{receipt.step.action} stays {_until(ends[receipt.id])}" for receipt in standing(receipts)]
    said = _until(until)
    tell(world, run, f"{run.playbook} holds on {said}", [_why("expired"), *kept, *map(line_of, receipts)], state=said)
    return run


def _until(end: datetime | None) -> str:
    return f"until {end:%Y-%m-%d %H:%M} UTC" if end else "until a person undoes it"


def incomplete(world: World, run_id: str, reason: str, by: str) -> Run:
    """The release ended with something left.

    What somebody else has changed since is not tried again; what only failed to answer keeps its expiry, and the
    sweeper tries again.
    """
    run = need_run(world, run_id)
    receipts = world.ledger.receipts(run.id)
    if run.status is RunStatus.ACTING:  # the release was refused, not the run
        tell(world, run, f"{run.playbook} still acts, not released", [f"by {plain(by)}: undo it when it has ended"])
        return run
    stands = standing(receipts)
    again = any(receipt.status is not StepStatus.FAILED for receipt in stands)
    left = [f"{receipt.step.action}: {receipt.error or receipt.status.value}" for receipt in stands]
    error = f"release incomplete ({_why(reason)}): {'; '.join(left) or 'nothing stands, but the record failed'}"
    run = saved(world, run, status=RunStatus.FAILED, error=error, expires_at=run.expires_at if again else None)
    write_documents(world, run, receipts)
    lines = [f"by {plain(by)}", plain(error), *map(line_of, receipts)]
    tell(world, run, f"{run.playbook} NOT released: look at it", lines)
    return run


def standing_runs(world: World, incident_id: str) -> list[Run]:
    """Runs of an incident of which something stands, the latest first: the order in which they are undone."""
    runs = [run for run in world.ledger.runs(limit=1000) if run.incident_id == incident_id]
    ended = (*HOLDING, RunStatus.FAILED, RunStatus.UNDOING)
    found = [run for run in runs if run.status in ended and standing(world.ledger.receipts(run.id))]
    return sorted(found, key=lambda run: (run.started_at, run.id), reverse=True)


def sweep(world: World) -> list[str]:
    """Starts `release` for every run whose time is long over: its schedule has been lost, or its release failed."""
    overdue = world.ledger.expired(world.clock() - GRACE)
    return [world.responses.release(run.id, reason="expired", by="tidegate") for run in overdue]


def _to_undo(receipts: list[Receipt], reason: str, now: datetime) -> list[Receipt]:
    """A guardrail or a log that was restored isn't weakened again because time is over or another step failed.

    Nor is a round that is proven taken back because another one failed, nor what is needed longer because time is over.
    """
    stands = standing(receipts)
    if reason == "undone":
        return stands
    if reason == "failed":
        stays = rounds.held_in_part(receipts)
        return [one for one in stands if one not in stays and not action_named(one.step.action).about.for_good]
    return [one for one in stands if not outlasts(one, now)]


def _held_by_another(world: World, run: Run) -> bool:
    """An incident that grew worse has several runs: it has recovered when none of them holds any more."""
    incident = world.incidents.get(run.incident_id)
    runs = runs_of(world, run.incident_id, until=incident.generation) if incident else []
    return any(other.status in (RunStatus.ACTING, *HOLDING) for other in runs if other.id != run.id)


def _family(receipt: Receipt) -> str:
    return action_named(receipt.step.action).about.family.value


def _why(reason: str) -> str:
    return REASONS.get(reason, plain(reason))
