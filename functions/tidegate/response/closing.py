"""Close: how a run ended, and only what is proven. Every step here may be repeated."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

from tidegate.actions import action_named
from tidegate.errors import Conflict, Permanent, Refused
from tidegate.incidents import advanced
from tidegate.index.documents import incident_document
from tidegate.model import Incident, IncidentStatus, Mode, Receipt, Run, RunStatus, StepStatus
from tidegate.response import rounds, times
from tidegate.response.cleaning import plan_deletions
from tidegate.response.record import line_of, plain, tell, write_documents
from tidegate.response.world import HOLDING, World, need_incident, run_of, runs_of, saved

PARTLY = "is PARTLY contained: look at the rest"
ENDS = {
    "observed": (RunStatus.OBSERVED, "plan recorded, nothing changed"),
    "refused": (RunStatus.REFUSED, "no lever may be used: a person decides"),
    "not_needed": (RunStatus.NOT_NEEDED, "not needed: an earlier response holds all that it would do"),
    "declined": (RunStatus.DECLINED, "declined by a person, nothing changed"),
    "timed_out": (RunStatus.TIMED_OUT, "nobody answered in time, nothing changed"),
    "contained": (RunStatus.CONTAINED, "applied and read back; whether it holds is watched"),
    "failed": (RunStatus.FAILED, "failed"),
}


def close(world: World, incident_id: str, generation: int, outcome: str, error: str = "") -> Run:
    """Raises Permanent for `contained` while a step is not proven, and for an outcome that is none."""
    if outcome not in ENDS:
        raise Permanent(f"no outcome {outcome!r}: {', '.join(ENDS)}.")
    status, subject = ENDS[outcome]
    run = world.ledger.run(run_of(incident_id, generation))
    if run is None and outcome == "failed":
        run = _never_planned(world, need_incident(world, incident_id), generation)
    if run is None:
        raise Permanent(f"incident {incident_id} has no run of generation {generation}: PlanResponse writes it.")
    if outcome == "refused" and run.status is RunStatus.NOT_NEEDED:
        outcome, (status, subject) = "not_needed", ENDS["not_needed"]
    receipts = world.ledger.receipts(run.id)
    if outcome == "contained":
        run = _contained(world, run, receipts)
        plan_deletions(world, run, receipts)
    elif outcome == "failed":
        run = _failed(world, run, receipts, error)
        status, subject = (run.status, PARTLY) if run.status is RunStatus.PARTLY_CONTAINED else (status, subject)
        plan_deletions(world, run, rounds.held_in_part(receipts))
    else:
        run = saved(world, run, status=status)
    run = timed(world, run, receipts)
    write_documents(world, run, receipts)
    if outcome == "contained":
        move_incident(world, incident_id, to=IncidentStatus.CONTAINED, at=run.contained_at)
    if outcome == "not_needed" and _holds(world, incident_id, generation):
        move_incident(world, incident_id, to=IncidentStatus.CONTAINED)
    tell(world, run, f"{run.playbook or 'response'} {subject}", _lines(run, receipts))
    return run


def _holds(world: World, incident_id: str, generation: int) -> bool:
    """Whether an earlier response still contains the incident: asking for this one had reopened it."""
    return any(run.status is RunStatus.CONTAINED for run in runs_of(world, incident_id, until=generation - 1))


def timed(world: World, run: Run, receipts: list[Receipt]) -> Run:
    """The run with the seconds of the stages it has reached; each is published once."""
    incident = world.incidents.get(run.incident_id)
    if incident is None:
        return run
    now = run.times | times.stages(run, incident, receipts)
    times.publish(run.times, now)
    return saved(world, run, times=now)


def _contained(world: World, run: Run, receipts: list[Receipt]) -> Run:
    unproven = [receipt for receipt in receipts if receipt.status is not StepStatus.VERIFIED]
    if unproven or not receipts:
        steps = ", ".join(f"{receipt.step.action} is {receipt.status.value}" for receipt in unproven)
        raise Permanent(f"run {run.id} is not contained: {steps or 'it has no steps'}.")
    now, expires = world.clock(), _scheduled(world, run)
    proven = max((receipt.verified_at for receipt in receipts if receipt.verified_at), default=now)
    return saved(
        world, run, status=RunStatus.CONTAINED, contained_at=run.contained_at or proven, expires_at=expires, error=""
    )


def _scheduled(world: World, run: Run) -> datetime | None:
    """When what the run did ends, with that on schedule; None: not by itself."""
    if run.plan is None or run.plan.expires is None:
        return None
    expires = run.expires_at or world.clock() + timedelta(minutes=world.settings.containment_minutes)
    world.schedules.at(run.id, expires, {"run_id": run.id, "reason": "expired", "by": "tidegate"})
    return expires


def _failed(world: World, run: Run, receipts: list[Receipt], error: str) -> Run:
    """What still stands keeps its expiry, so that the sweeper tries again. Proven rounds go on to their own end."""
    errors = [f"{receipt.step.action}: {receipt.error}" for receipt in receipts if receipt.error]
    stands = standing(receipts)
    text = "; ".join([*errors, *([error] if error else []), *([run.error] if run.error and not errors else [])])
    in_part = bool(rounds.held_in_part(receipts))
    return saved(
        world,
        run,
        status=RunStatus.PARTLY_CONTAINED if in_part else RunStatus.FAILED,
        error=text or "the state machine stopped; its history says where",
        expires_at=_scheduled(world, run) if in_part else run.expires_at if stands else None,
    )


def standing(receipts: list[Receipt]) -> list[Receipt]:
    """Steps that may have changed something and are not undone, in the order they were taken."""
    return [receipt for receipt in receipts if receipt.found is not None and receipt.status is not StepStatus.UNDONE]


def stays_until(receipt: Receipt) -> datetime | None:
    """Until when a step is needed, also where the containment ends before; None: for good."""
    about, lives = action_named(receipt.step.action).about, receipt.step.parameters.get("lives_until")
    if about.for_good:
        return None
    ends = (receipt.applied_at or receipt.planned_at) + about.outlasts
    return max(ends, datetime.fromisoformat(str(lives))) if lives else ends


def ends_at(run: Run, receipt: Receipt) -> datetime | None:
    """When a step of the run is taken back by itself; None: not before a person undoes it, or never (`stays`)."""
    until = stays_until(receipt)
    return max(run.expires_at, until) if run.expires_at and until and not stays(receipt) else None


def stays(receipt: Receipt) -> str:
    """Why a step is never taken back, not by a person either: what was stolen is not switched on again."""
    return action_named(receipt.step.action).about.kept(receipt.step)


def outlasts(receipt: Receipt, now: datetime) -> bool:
    """Whether a step stays when the containment's time is over."""
    until = stays_until(receipt)
    return until is None or (until > now and receipt.status is StepStatus.VERIFIED)


UNSETTLED = (RunStatus.PLANNED, RunStatus.AWAITING_APPROVAL, RunStatus.ACTING, RunStatus.UNDOING)


def close_incident(world: World, incident_id: str, *, reason: str) -> Incident:
    """A person says it is over. Later findings of the caller open a new incident.

    Refused while a response of it is under way, or stands and is still to be undone. What a playbook left for good
    (an agent's alias at its former version) doesn't hinder, nor what goes on to its own end (what was made out of a
    stolen key).
    """
    incident = need_incident(world, incident_id)
    for run in world.ledger.runs(limit=1000):
        if run.incident_id != incident_id:
            continue
        if run.status in UNSETTLED or (run.status in HOLDING and run.expires_at and _is_to_be_undone(world, run)):
            raise Refused(
                f"incident {incident_id} has run {run.id} {run.status}: `tidegate undo {run.id}` ends it first."
            )
    return _moved(world, incident.id, to=IncidentStatus.CLOSED, reason=reason)


def _is_to_be_undone(world: World, run: Run) -> bool:
    return not all(outlasts(receipt, world.clock()) for receipt in standing(world.ledger.receipts(run.id)))


def move_incident(world: World, incident_id: str, *, to: IncidentStatus, at: datetime | None = None) -> None:
    """One stage on, where its life cycle allows it: an incident that was reopened or closed meanwhile stays so."""
    if world.incidents.get(incident_id) is not None:
        with suppress(Refused):
            _moved(world, incident_id, to=to, at=at)


def _moved(
    world: World, incident_id: str, *, to: IncidentStatus, reason: str = "", at: datetime | None = None
) -> Incident:
    """Findings that come in at the same moment win the race: read again. Raises Conflict when they always do."""
    for _ in range(5):
        incident = need_incident(world, incident_id)
        moved = advanced(incident, to, reason=reason)
        if at is not None:
            moved = moved.model_copy(update={"contained_at": at})
        if moved == incident:
            return incident
        names = (incident.caller, *incident.related) if to is IncidentStatus.CLOSED else ()
        try:
            stored = world.incidents.save(moved, new_findings=(), names=names)
        except Conflict:
            continue
        world.outbox.write(f"{stored.id}-{stored.revision}", [incident_document(stored)])
        world.news(stored.id)
        return stored
    raise Conflict(f"incident {incident_id} is written all the time: its status is set at the next try.")


def _never_planned(world: World, incident: Incident, generation: int) -> Run:
    return Run(
        id=run_of(incident.id, generation),
        incident_id=incident.id,
        playbook=incident.playbook or "",
        mode=Mode.OBSERVE,
        status=RunStatus.FAILED,
        error="no plan could be made",
        started_at=world.clock(),
    )


def _lines(run: Run, receipts: list[Receipt]) -> list[str]:
    lines = [plain(run.plan.reason)] if run.plan else []
    lines += [line_of(receipt) for receipt in receipts]
    if run.error:
        lines.append(plain(run.error))
    if run.status is RunStatus.CONTAINED:
        if (seconds := run.times.get("contain")) is not None:
            lines.append(f"proven {seconds:.0f} s after the incident's first event")
        lines += [f"stops working meanwhile: {plain(text)}" for text in (run.plan.stops if run.plan else ())]
    if run.status in HOLDING:
        ends = f"until {run.expires_at:%Y-%m-%d %H:%M} UTC" if run.expires_at else "until a person undoes it"
        lines.append(f"holds {ends}; undo now: tidegate undo {run.id}")
    return lines
