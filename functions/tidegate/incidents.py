"""(Incident, Finding) -> Incident: a pure fold, and the life cycle.

Findings belong together when they name the same acting identity within a day of event time. What many share (a
role, an application's session behind an end user, an office's address) doesn't join on its own: containing one end
user must never become a case against everybody behind the same role. An address stays in `related`, for people and
queries: two stolen users behind one address are two incidents, because an incident's response contains one caller.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from tidegate.errors import Refused
from tidegate.model import Finding, Heard, Incident, IncidentStatus, Severity, derived_id

OPEN_FOR = timedelta(hours=24)  # of event time, after the last finding and before the first
_BY_OWN_NAME = ("user:", "account:")
_NARROW = ("session:", "iam-user:", "key:", "root:")
_MOST_NAMES = 60  # DynamoDB writes an incident and its names in one transaction of at most 100 items
_MOST_RELATED = 200  # a thief with a new address for each call must not outgrow the stored item
_MOST_FINDINGS = 500  # listed; all of them stay findable by their own id
_HELD = (IncidentStatus.CONTAINED, IncidentStatus.ERADICATED, IncidentStatus.RECOVERED)
SETTLES = timedelta(minutes=2)  # IAM takes seconds, at times longer, to hold everywhere; calls under way end
# They put back each resource that findings name: one that is named after the plan was made needs a plan of its own.
_PUTS_BACK = ("restore_guardrails", "roll_back_model", "contain_exfiltration")
# So does each credential, for the playbook that stops them. A temporary key of a user is denied with the user's keys,
# and a role is many sessions: neither is a credential to stop alone.
_STOPS = "rotate_credentials"
_CREDENTIALS = ("key:AKIA", "iam-user:", "session:", "api-key:")
MOST_RESPONSES = 20  # of one incident that new names ask for: whoever weakens can weaken many
_OUTDONE_BY = {"throttle_caller": "rotate_credentials"}  # whose credentials are stopped needs no throttling
_NEXT = {
    IncidentStatus.NEW: (IncidentStatus.TRIAGED, IncidentStatus.CONTAINED, IncidentStatus.CLOSED),
    IncidentStatus.TRIAGED: (IncidentStatus.CONTAINED, IncidentStatus.CLOSED),
    IncidentStatus.CONTAINED: (IncidentStatus.ERADICATED, IncidentStatus.RECOVERED, IncidentStatus.CLOSED),
    IncidentStatus.ERADICATED: (IncidentStatus.RECOVERED, IncidentStatus.CLOSED),
    IncidentStatus.RECOVERED: (IncidentStatus.CLOSED,),
    IncidentStatus.CLOSED: (),
}


def names_of(finding: Finding) -> tuple[str, ...]:
    """The names under which a finding's incident is kept and looked for, the caller first.

    An end user goes by its own name only: session, role and key are the application's. So does an account: what a
    group of callers did is a case of its own, and each member's own findings are cases of theirs.
    """
    if finding.caller.startswith(_BY_OWN_NAME):
        return (finding.caller,)
    names = (name for name in finding.related if name.startswith(_NARROW))
    return tuple(dict.fromkeys((finding.caller, *names)))[:_MOST_NAMES]


def chosen(finding: Finding, candidates: Iterable[Incident]) -> Incident | None:
    """The open incident a finding belongs to: within a day of it; of several the oldest, the same in every order."""
    near = [
        incident
        for incident in candidates
        if incident.account == finding.account
        and incident.status != IncidentStatus.CLOSED
        and incident.first_seen - OPEN_FOR <= finding.time <= incident.last_seen + OPEN_FOR
        and _meet(incident, finding)
    ]
    return min(near, key=lambda incident: (incident.first_seen, incident.id), default=None)


def _meet(incident: Incident, finding: Finding) -> bool:
    """By an identity that both name; an end user and an account only by its own."""
    if incident.caller.startswith(_BY_OWN_NAME) or finding.caller.startswith(_BY_OWN_NAME):
        return incident.caller == finding.caller
    return not {incident.caller, *incident.related}.isdisjoint(names_of(finding))


def of_its_case(finding: Finding) -> Finding:
    """The finding as one about the case it belongs to: a member of a campaign is told of in the campaign's incident."""
    if not finding.case or finding.case == finding.caller:
        return finding
    others = tuple(name for name in (*finding.related, finding.caller) if name != finding.case)
    return finding.model_copy(update={"caller": finding.case, "related": others})


def flood_name(finding: Finding) -> str | None:
    """Under which a principal's end users of one hour of event time are counted; None for who isn't an end user."""
    signer = signer_of(finding)
    hour = finding.time.astimezone(UTC).strftime("%Y-%m-%dT%H")
    return f"flood:{hour}:{signer}" if signer else None


def signer_of(finding: Finding) -> str | None:
    """The principal behind an end user: its role before its session, of which it may have many."""
    if not finding.caller.startswith("user:"):
        return None
    of_kind = {name.partition(":")[0]: name for name in reversed(finding.related)}
    return next((of_kind[kind] for kind in ("role", "iam-user", "session", "key") if kind in of_kind), None)


def of_the_principal(finding: Finding) -> Finding:
    """The finding as one about the principal that signed for an end user, whose name may be forged.

    requestMetadata is whatever the caller writes: many names within an hour are one caller until a person says else.
    """
    signer = signer_of(finding)
    if signer is None:
        return finding
    others = tuple(name for name in (*finding.related, finding.caller) if name != signer)
    return finding.model_copy(update={"caller": signer, "related": others})


def opened_by(finding: Finding, *, apart: bool = False) -> Incident:
    """A new incident with nothing folded in yet.

    Its id depends on caller and day of its first finding: two findings of a caller that are correlated at the same
    moment open the same incident, and one of the writes is lost and tried again. `apart`: when that id is taken by
    an incident that has been closed, the finding's own id makes another.
    """
    parts = (finding.account, finding.caller, finding.time.astimezone(UTC).date().isoformat())
    return Incident(
        id=derived_id("inc", *parts, *((finding.id,) if apart else ())),
        severity=finding.severity,
        caller=finding.caller,
        account=finding.account,
        region=finding.region,
        first_seen=finding.first_seen,
        last_seen=finding.time,
    )


def folded(incident: Incident, finding: Finding, *, planned: bool = True) -> Incident:
    """The incident with a finding in it. Folding a finding twice changes nothing.

    `planned`: the latest response may have been planned already, without this finding.
    """
    if finding.id in incident.finding_ids:
        return incident
    families = _with(incident.families, finding.family)
    peak = max(incident.peak, finding.severity, key=lambda severity: severity.rank)
    leads = not incident.title or finding.severity.rank > incident.peak.rank
    after = incident.model_copy(
        update={
            "severity": raised(peak, families),
            "peak": peak,
            "score": round(incident.score + finding.score * (1 - incident.score / 100), 1),
            "title": finding.title if leads else incident.title,
            "related": _kept(_with(incident.related, finding.caller, *finding.related, but=incident.caller)),
            "detectors": _with(incident.detectors, finding.detector),
            "families": families,
            "techniques": _with(incident.techniques, *finding.techniques),
            "finding_ids": (*incident.finding_ids, finding.id)[-_MOST_FINDINGS:],
            "resources": _with(incident.resources, finding.resource)[:_MOST_RELATED],
            "first_seen": min(incident.first_seen, finding.first_seen, finding.time),
            "last_seen": max(incident.last_seen, finding.time),
            "got_through_at": _got_through(incident, finding),
            **_heard(incident, finding),
        }
    )
    return _asked(incident, after, finding, planned)


def _heard(incident: Incident, finding: Finding) -> dict[str, Heard | None]:
    """The same in whatever order findings are folded."""
    known = [heard for heard in (incident.first_heard, incident.last_heard, finding.heard) if heard]
    ordered = sorted(known, key=lambda heard: (heard.found, heard.arrived, heard.event))
    return {"first_heard": ordered[0], "last_heard": ordered[-1]} if ordered else {}


def _got_through(incident: Incident, finding: Finding) -> datetime | None:
    """The latest call of the caller, by its own name or another of its, that a finding rests on and that succeeded."""
    if not finding.got_through or incident.caller not in (finding.caller, *finding.related):
        return incident.got_through_at
    return max(finding.time, incident.got_through_at or finding.time)


def raised(peak: Severity, families: tuple[str, ...]) -> Severity:
    """One step above the most severe finding when families combine: a stolen key that also abuses its quota."""
    if len(families) < 2 or peak.rank < Severity.MEDIUM.rank:
        return peak
    return list(Severity)[min(peak.rank + 1, Severity.CRITICAL.rank)]


def _asked(before: Incident, after: Incident, finding: Finding, planned: bool) -> Incident:
    """Whether this finding asks for a response, and which.

    A playbook runs once an incident, however many findings ask for it; again when the incident grew worse while
    held, came back after it had recovered, or names one more resource that has to be put back, or one more credential
    that has to be stopped: the plan may have been made without it. Where it wasn't, or where it must not be touched
    (the replacement of a stolen key, which its owner uses now), the new plan finds nothing left to do.
    """
    if finding.playbook is None or finding.severity.rank < Severity.MEDIUM.rank:
        return after
    wanted = tuple(f"{finding.playbook} {name}" for name in _to_treat(finding))
    asked_for = _with(before.asked_for, *wanted)[:_MOST_RELATED]
    after = after.model_copy(update={"asked_for": asked_for})
    on = goes_on(before, finding)
    if before.status in _HELD and not on and _OUTDONE_BY.get(finding.playbook) in before.responses:
        return after
    updated: dict[str, object] = {}
    if after.playbook_severity is None or finding.severity.rank > after.playbook_severity.rank:
        updated = {"playbook": finding.playbook, "playbook_severity": finding.severity}
    worse = before.status in _HELD and after.severity.rank > before.severity.rank
    back = before.status == IncidentStatus.RECOVERED and finding.time > before.last_seen
    more = planned and asked_for != before.asked_for and before.generation < MOST_RESPONSES
    after = after.model_copy(update=updated)
    if finding.playbook not in after.responses or worse or back or on or more:
        return asked_again(after, finding.playbook)
    return after


def _to_treat(finding: Finding) -> tuple[str, ...]:
    """What the finding names that its playbook treats one by one; empty where it stops one caller, whatever is named.

    Compared with what findings that asked for the same playbook have named, not with the incident's names: another
    detector's finding may have named a key before, and asked for nothing to be done about it.
    """
    resource = (finding.resource,) if finding.resource else ()
    if finding.playbook in _PUTS_BACK:
        return resource
    if finding.playbook != _STOPS:
        return ()
    names = tuple(name for name in (finding.caller, *finding.related) if name.startswith(_CREDENTIALS))
    return (*names, *(each for each in resource if ":secretsmanager:" in each))


def goes_on(incident: Incident, finding: Finding) -> bool:
    """The abuse outlived its containment: a call of the contained caller succeeded once that had time to hold.

    Refused calls are no reason to climb: they are the containment at work. Once a rung, because the incident is
    contained no more until the next rung has been read back.
    """
    return (
        incident.status is IncidentStatus.CONTAINED
        and incident.contained_at is not None
        and finding.got_through
        and finding.time > incident.contained_at + SETTLES
        and incident.caller in (finding.caller, *finding.related)
    )


def asked_again(incident: Incident, playbook: str) -> Incident:
    """The incident with one more response asked for. One that was held is reopened."""
    reopened = {"status": IncidentStatus.TRIAGED} if incident.status in _HELD else {}
    more = {"generation": incident.generation + 1, "responses": (*incident.responses, playbook)}
    return incident.model_copy(update=more | reopened)


def advanced(incident: Incident, status: IncidentStatus, *, reason: str = "") -> Incident:
    """The incident one stage on. Standing still is allowed; going back isn't: only findings reopen an incident."""
    if status == incident.status:
        return incident
    if status not in _NEXT[incident.status]:
        possible = ", ".join(_NEXT[incident.status]) or "nothing: a new finding opens a new incident"
        raise Refused(f"incident {incident.id} is {incident.status} and can't become {status}; possible: {possible}.")
    return incident.model_copy(update={"status": status, "closed_reason": reason or incident.closed_reason})


def _kept(names: tuple[str, ...]) -> tuple[str, ...]:
    """The first _MOST_RELATED. Identities before addresses, so that who changes addresses hides no stolen key."""
    if len(names) <= _MOST_RELATED:
        return names
    identities = [name for name in names if not name.startswith("address:")][:_MOST_RELATED]
    addresses = [name for name in names if name.startswith("address:")][: _MOST_RELATED - len(identities)]
    kept = {*identities, *addresses}
    return tuple(name for name in names if name in kept)


def _with(values: tuple[str, ...], *more: str, but: str = "") -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in (*values, *more) if value and value != but))
