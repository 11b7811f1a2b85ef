"""Evidence, before anything changes: incident, plan, former state and events, each with its SHA-256, write once.

A containment takes seconds, logs and our index take minutes: most of what the caller did isn't there yet when it has
to be kept. So events are kept once more later, beside the first and never instead of them.
"""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from typing import Any

from tidegate.errors import Refused, TidegateError
from tidegate.model import Incident, Mode, Run, RunStatus
from tidegate.ports import EventIndex
from tidegate.response.world import World, need_incident, need_plan, need_run, saved

MOST_EVENTS = 1000
BEFORE = timedelta(hours=1)  # what came before the incident's first event belongs to it
# CloudTrail delivers within 5 minutes on average, our index shows events after half a minute: three times as long.
LATER = timedelta(minutes=15)
_LATER = f"{LATER.seconds // 60} minutes"


def preserve_evidence(world: World, run_id: str) -> str:
    """Returns the manifest's reference and lets the run act. Raises Refused when the run must not act."""
    run = need_run(world, run_id)
    if run.evidence_ref and run.status is RunStatus.ACTING:
        return run.evidence_ref
    _refuse_unapproved(run)
    plan, incident = need_plan(run), need_incident(world, run.incident_id)
    events, missing = _events(world, incident)
    former = [each.model_dump(mode="json", exclude={"after"}) for step in plan.steps for each in step.difference]
    parts = {
        "incident": incident.model_dump(mode="json"),
        "plan": plan.model_dump(mode="json"),
        "former-state": former,
        "events": events,
        "prompts": _places(events),
    }
    kept = [_keep(world, run, name, part) for name, part in parts.items()]
    manifest = {"run_id": run.id, "incident_id": incident.id, "parts": kept, "missing": missing}
    reference = str(_keep(world, run, "manifest", manifest)["reference"])
    now = world.clock()
    expires = now + timedelta(minutes=world.settings.containment_minutes) if plan.expires else None
    saved(
        world,
        run,
        status=RunStatus.ACTING,
        evidence_ref=reference,
        decided_at=run.decided_at or now,
        expires_at=expires,
    )
    return reference


def complete_evidence(world: World, run: Run) -> Run:
    """The run with what our index has of its caller LATER, kept once. Raises TidegateError while the index is away."""
    due = run.evidence_ref and not run.later_evidence_ref and run.decided_at and world.clock() >= run.decided_at + LATER
    incident = world.incidents.get(run.incident_id) if due else None
    if world.events is None or incident is None:
        return run
    events, missing = _found(world, world.events, incident)
    parts = {"later-events": events, "later-prompts": _places(events)}
    kept = [_keep(world, run, name, part) for name, part in parts.items()]
    manifest = {"run_id": run.id, "incident_id": incident.id, "parts": kept, "missing": missing}
    return saved(world, run, later_evidence_ref=str(_keep(world, run, "later-manifest", manifest)["reference"]))


def _refuse_unapproved(run: Run) -> None:
    if run.mode is Mode.OBSERVE:
        raise Refused(f"run {run.id} observes: it never acts.")
    if run.mode is Mode.APPROVE and not run.approved_by:
        raise Refused(f"run {run.id} has not been approved by anyone.")
    if run.status not in (RunStatus.PLANNED, RunStatus.AWAITING_APPROVAL, RunStatus.ACTING):
        raise Refused(f"run {run.id} is {run.status.value}: it acts no more.")


def _events(world: World, incident: Incident) -> tuple[list[dict[str, Any]], list[str]]:
    """The caller's events by our index. An index that is away holds up no containment: what is missing is said."""
    if world.events is None:
        return [], ["events: this installation has no index; the originals are in the log bucket"]
    try:
        found, missing = _found(world, world.events, incident)
    except TidegateError as error:
        return [], [f"events: {error}"]
    if not found:
        missing = [f"events: none of {incident.caller} were in the index yet; they are kept again after {_LATER}"]
    return found, missing


def _found(world: World, index: EventIndex, incident: Incident) -> tuple[list[dict[str, Any]], list[str]]:
    since = (incident.first_seen - BEFORE).timestamp()
    until = max(incident.last_seen, world.clock()).timestamp() + 1
    found = index.events_of(incident.account, incident.caller, since=since, until=until, limit=MOST_EVENTS)
    return found, [f"events: the first {MOST_EVENTS} of more"] if len(found) == MOST_EVENTS else []


def _places(events: list[dict[str, Any]]) -> list[str]:
    """Where the caller's prompts and answers lie: lines of the encrypted log files. They are named, not copied."""
    return sorted({str(place) for event in events if (place := event.get("tidegate", {}).get("raw_ref"))})


def _keep(world: World, run: Run, name: str, part: object) -> dict[str, object]:
    body = json.dumps(part, sort_keys=True, ensure_ascii=False, indent=1, default=str).encode("utf-8", "surrogatepass")
    digest = hashlib.sha256(body).hexdigest()
    reference = world.evidence.keep(f"evidence/{run.incident_id}/{run.id}/{name}-{digest[:16]}.json", body)
    return {"name": name, "reference": reference, "sha256": digest, "bytes": len(body)}
