"""Does it hold? A containment is believed by what the contained caller's calls do afterwards, never by a 200.

Looked at on a schedule, in our own events. Refused calls are noted once, as proof; those that an application refused
reach no log and are counted in the quota table. Calls that succeed although they
should not mean that it does not hold: people are told, and the next rung of the ladder is asked for, once a run. An
index that is away proves nothing either way: the next look asks again, and findings climb without it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from aws_lambda_powertools.metrics import MetricUnit

from tidegate.actions.answers import understood
from tidegate.actions.quota_item import asked
from tidegate.errors import Conflict, TidegateError
from tidegate.incidents import SETTLES, asked_again
from tidegate.index.documents import incident_document
from tidegate.model import Incident, IncidentStatus, Minted, Receipt, Run, RunStatus, Step, StepStatus
from tidegate.response.evidence import complete_evidence
from tidegate.response.minted import living
from tidegate.response.record import plain, tell, write_documents
from tidegate.response.world import HOLDING, World, run_of, runs_of, saved
from tidegate.telemetry import logger, metrics

# Playbooks whose levers can be climbed from: what stole and goes on is stopped wider, whatever was stolen.
CLIMBS = {"throttle_caller": "throttle_caller", "rotate_credentials": "throttle_caller", "contain_exfiltration": ""}
NAMES = {  # kind of target -> kind of the name its calls are found under
    "end_user": "user",
    "role_session": "session",
    "identity_center_user": "session",
    "iam_user": "iam-user",
    "access_key": "key",
    "role": "role",
}
SILENCING = (  # actions after which no model call of their target may succeed
    "block_end_user",
    "deny_role_session",
    "deny_identity_center_user",
    "deny_iam_user",
    "deactivate_access_key",
    "put_permissions_boundary",
    "deny_role",
    "deny_by_scp",
)
LEAST_CALLS = 20  # of a limited user, before its rate is judged
ATTEMPTS = 5
LATE = timedelta(hours=1)
MOST_RUNS = 1000  # that hold at one time


class Checked(NamedTuple):
    outlived: list[str]  # runs found not to hold
    unanswered: list[str]  # runs that the index could not be asked about: the next look asks again


def check(world: World) -> Checked:
    """Looks at every run that holds. Without an index there is nothing to look in."""
    checked = Checked([], [])
    if world.events is None:
        return checked
    for run in world.ledger.runs(statuses=HOLDING, limit=MOST_RUNS):
        try:
            run = complete_evidence(world, run)
            if run.outlived_at is not None:
                continue
            run = _priced(world, run)
            if _outlived(world, run):
                checked.outlived.append(run.id)
        except TidegateError as error:
            checked.unanswered.append(run.id)
            logger.warning("containment not checked", extra={"run": run.id, "reason": str(error)})
    return checked


def _priced(world: World, run: Run) -> Run:
    """With what the caller cost until it was contained. Asked for LATE: the logs of its last calls come late."""
    if run.contained_at is None or world.clock() > run.contained_at + LATE:
        return run
    incident = world.incidents.get(run.incident_id)
    if world.events is None or incident is None:
        return run
    since, until = incident.first_seen.timestamp(), run.contained_at.timestamp() + 1
    dollars = round(world.events.dollars(incident.account, incident.caller, since=since, until=until), 4)
    if dollars == (run.dollars or 0.0):
        return run
    metrics.add_metric("DollarsBeforeContainment", MetricUnit.NoUnit, max(0.0, dollars - (run.dollars or 0.0)))
    run = saved(world, run, dollars=dollars)
    write_documents(world, run, world.ledger.receipts(run.id))
    world.news(run.incident_id)
    return run


def _outlived(world: World, run: Run) -> bool:
    incident = world.incidents.get(run.incident_id)
    receipts = world.ledger.receipts(run.id)
    since = _proven_at(run, receipts)
    if incident is None or since is None:
        return False
    succeeded, denied, over = [], 0, False
    made = _made_out_of(world, incident, receipts)
    for receipt in receipts:
        if receipt.status is not StepStatus.VERIFIED:
            continue
        denied += _refused_by_applications(world, receipt)
        for name in dict.fromkeys((*silenced(receipt.step), *_made_by_user(receipt.step, made))):
            through, refused = _calls(world, incident, name, since=since + SETTLES)
            denied += refused
            over = over or (_is_limit(receipt.step) and _faster_than_limit(world, incident, since, receipt, through))
            if through and not _is_limit(receipt.step):
                succeeded.append(f"{through} calls of {name}")
    if opened := _left_open(world, incident, made):
        seen = [f"session {each} was opened with the stolen key and is denied by nothing" for each in opened]
        _climb(world, incident, run, receipts, [*seen, *(f"{each} succeeded" for each in succeeded)], run.playbook)
        return True
    if succeeded or over:
        seen = succeeded or ["more calls than the limit lets through"]
        _climb(world, incident, run, receipts, [f"{each} succeeded" for each in seen], CLIMBS.get(run.playbook, ""))
        return True
    if denied and run.refusals_at is None:
        write_documents(world, saved(world, run, refusals_at=world.clock()), receipts)
    return False


def _made_out_of(world: World, incident: Incident, receipts: list[Receipt]) -> tuple[Minted, ...]:
    """What was made out of the keys that the run has stopped, and still lives: also what was made after the plan."""
    stopped = [one.step.target.id for one in receipts if one.step.action == "deactivate_access_key" and one.verified_at]
    return tuple(made for key in stopped for made in living(world, incident.account, key, since=incident.first_seen))


def _made_by_user(step: Step, made: tuple[Minted, ...]) -> tuple[str, ...]:
    """Names of the user's own temporary keys: those that the incident didn't name."""
    own = step.action == "revoke_minted_credentials"
    return tuple(f"key:{each.key}" for each in made if own and not each.role)


def _left_open(world: World, incident: Incident, made: tuple[Minted, ...]) -> list[str]:
    """Sessions of roles that no plan of the incident knew of: opened after it was made, or told of after."""
    names = dict.fromkeys(each.name for each in made if each.role)
    if not names:
        return []
    plans = [run.plan for run in runs_of(world, incident.id, until=incident.generation) if run.plan]
    denied = {step.target.id for plan in plans for step in plan.steps if step.action == "deny_role_session"}
    said = " ".join(remark for plan in plans for remark in plan.remarks)
    return [name for name in names if name not in denied and f"role_session:{name}: " not in said]


def silenced(step: Step) -> tuple[str, ...]:
    """Each kind:value whose calls tell whether the step holds; none where calls may go on succeeding."""
    named = tuple(step.parameters.get("sessions", ()))
    if step.action == "revoke_minted_credentials" or (step.action == "deny_role_session" and named):
        return named  # the user's own calls go on, by its new key, and new sessions of the same name may be opened
    if step.action == "deny_iam_user" and step.parameters.get("deny") == "escalation":
        return ()  # it keeps models usable on purpose
    if step.action not in SILENCING and not _is_limit(step):
        return ()
    if step.target.kind == "principal":  # of a service control policy: named as callers are
        return (step.target.id,)
    kind = NAMES.get(step.target.kind)
    return (f"{kind}:{step.target.id}",) if kind else ()


def _is_limit(step: Step) -> bool:
    return step.action == "limit_end_user"


def _calls(world: World, incident: Incident, name: str, *, since: datetime) -> tuple[int, int]:
    """(succeeded, refused) model calls of a name in the incident's account."""
    now = world.clock()
    if world.events is None or now <= since:
        return 0, 0
    return world.events.calls(incident.account, name, since=since.timestamp(), until=now.timestamp() + 1)


def _refused_by_applications(world: World, receipt: Receipt) -> int:
    """Calls of a limited or blocked end user that were refused since the step was proven."""
    if receipt.step.action not in ("limit_end_user", "block_end_user"):
        return 0
    with understood("counting what applications have refused"):
        found = asked(receipt.step, world.clients)
    return max(0, int(found.get("refused", 0)) - int((receipt.proof or {}).get("refused", 0)))


def _proven_at(run: Run, receipts: list[Receipt]) -> datetime | None:
    """Since when what the run holds is proven: of a run that is contained in part, what is."""
    proven = (receipt.verified_at for receipt in receipts if receipt.verified_at)
    return run.contained_at or max(proven, default=None)


def _faster_than_limit(world: World, incident: Incident, ended: datetime, receipt: Receipt, through: int) -> bool:
    """Whether a limited user still gets more than half again of its share of the rate it had before."""
    if world.events is None or through < LEAST_CALLS:
        return False
    name, begun = f"user:{receipt.step.target.id}", incident.first_seen
    before, _ = world.events.calls(incident.account, name, since=begun.timestamp(), until=ended.timestamp())
    rate_before = before / max((ended - begun).total_seconds(), 1.0)
    rate_after = through / max((world.clock() - ended - SETTLES).total_seconds(), 1.0)
    share = float(receipt.step.parameters.get("percent", 10)) / 100
    return rate_after > 1.5 * share * rate_before


def _climb(world: World, incident: Incident, run: Run, receipts: list[Receipt], seen: list[str], playbook: str) -> None:
    """Asks for the next rung first and notes it last: a death in between asks for the same again, which is once.

    `playbook`: whose rung is next; empty: a person decides.
    """
    asked = _asked(world, incident, run, playbook) if playbook else None
    if asked is not None:
        world.responses.start(asked.id, asked.generation)
    run = saved(world, run, outlived_at=world.clock())
    write_documents(world, run, receipts)
    next_step = f"the next rung of {playbook} is asked for" if asked else "a person decides what to do next"
    since = _proven_at(run, receipts) or run.started_at
    what = f"since {since:%Y-%m-%d %H:%M} UTC {plain('; '.join(seen))}"
    tell(world, run, f"{run.playbook} does NOT hold", [what, next_step], state="outlived")


def _asked(world: World, incident: Incident, run: Run, playbook: str) -> Incident | None:
    """The incident with the next generation asked for: by us now, or by a finding or an earlier look already."""
    for _ in range(ATTEMPTS):
        if incident.status is IncidentStatus.CLOSED:
            return None
        if run.id != run_of(incident.id, incident.generation) and not _came_to_nothing(world, incident, playbook):
            return incident
        seen = incident.model_copy(update={"got_through_at": world.clock()})
        try:
            stored = world.incidents.save(asked_again(seen, playbook), new_findings=(), names=())
        except Conflict:
            incident = world.incidents.get(incident.id) or incident
            continue
        world.outbox.write(f"{stored.id}-{stored.revision}", [incident_document(stored)])
        return stored
    raise Conflict(f"incident {incident.id} is written all the time: asked again at the next look.")


def _came_to_nothing(world: World, incident: Incident, playbook: str) -> bool:
    """The latest response was planned before it was known that the abuse goes on, or had nothing left to do."""
    latest = world.ledger.run(run_of(incident.id, incident.generation))
    if latest is None:
        return False
    return latest.status is RunStatus.NOT_NEEDED or (latest.status is RunStatus.REFUSED and latest.playbook != playbook)
