"""(incident, its runs) -> what people are told of it: pure, and the same for every channel.

Values are as logged: each channel escapes in its own way. What changes with every record (the last event, the score)
is left out on purpose, because each difference is one more update.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Literal
from urllib.parse import quote

from tidegate.model import Incident, IncidentStatus, Mode, Model, Receipt, Run, RunStatus, Severity, StepStatus, Time
from tidegate.response.times import spelled
from tidegate.response.world import HOLDING

LONGEST = 300  # characters of one value
MOST_STEPS = 20
STANDS = (StepStatus.APPLIED, StepStatus.VERIFIED)
TOLD_WHY = (
    RunStatus.REFUSED,
    RunStatus.DECLINED,
    RunStatus.TIMED_OUT,
    RunStatus.FAILED,
    RunStatus.PARTLY_CONTAINED,
)

type State = Literal["new", "waiting", "failed", "in part", "contained", "released", "closed", "decided"]
type Responses = Sequence[tuple[Run, Sequence[Receipt]]]  # the latest first


class Notice(Model):
    """Everything a message holds, in the order it is read."""

    incident_id: str
    state: State
    severity: Severity
    status: IncidentStatus
    happened: str  # one sentence
    who: str
    account: str
    region: str
    detectors: tuple[str, ...]
    families: tuple[str, ...]
    findings: str  # "3", "10 or more"
    addresses: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    done: tuple[str, ...] = ()  # one line a step
    waits: str = ""  # what a person has to do
    undo: str = ""
    first_seen: Time
    times: tuple[str, ...] = ()
    link: str = ""

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.model_dump_json().encode("utf-8", "surrogatepass")).hexdigest()


def notice_of(incident: Incident, responses: Responses, *, console: str = "") -> Notice:
    """`console`: address of the responder's page, without a path; empty where there is none."""
    standing = [
        (run, step) for run, steps in responses for step in steps if step.found is not None and step.status in STANDS
    ]
    return Notice(
        incident_id=incident.id,
        state=_state(incident, responses, standing),
        severity=incident.severity,
        status=incident.status,
        happened=_short(f"{incident.severity.value.capitalize()}: {incident.title or ', '.join(incident.detectors)}"),
        who=_short(incident.caller),
        account=incident.account,
        region=incident.region,
        detectors=incident.detectors[:MOST_STEPS],
        families=incident.families,
        findings=_counted(len(incident.finding_ids)),
        addresses=tuple(name.removeprefix("address:") for name in incident.related if name.startswith("address:"))[:10],
        resources=tuple(_short(name) for name in incident.resources[:5]),
        done=tuple(line for run, steps in responses for line in _done(run, steps))[:MOST_STEPS],
        waits=next((said for run, _ in responses if (said := _waits(run))), ""),
        undo=_undo(standing),
        first_seen=incident.first_seen,
        times=_times(responses),
        link=f"{console}/incidents/{quote(incident.id, safe='')}" if console else "",
    )


def _state(incident: Incident, responses: Responses, standing: Sequence[object]) -> State:
    """The one word that matters most now."""
    statuses = {run.status for run, _ in responses}
    if incident.status is IncidentStatus.CLOSED:
        return "closed"
    if RunStatus.AWAITING_APPROVAL in statuses:
        return "waiting"
    latest = responses[0][0].status if responses else None
    if latest is RunStatus.FAILED:
        return "failed"
    if latest is RunStatus.PARTLY_CONTAINED:
        return "in part"
    if latest is RunStatus.CONTAINED or (standing and latest is not RunStatus.RELEASED):
        return "contained"
    if latest is RunStatus.RELEASED:
        return "released"
    return "decided" if latest in (RunStatus.DECLINED, RunStatus.TIMED_OUT, RunStatus.REFUSED) else "new"


def _done(run: Run, steps: Sequence[Receipt]) -> list[str]:
    named = run.playbook or "response"
    if run.mode is Mode.OBSERVE and run.plan:
        would = ", ".join(f"{step.action} on {_short(step.target)}" for step in run.plan.steps)
        return [_short(f"{named}, mode observe: nothing was changed; it would {would}")]
    if run.status is RunStatus.NOT_NEEDED:
        return [f"{named}: not needed, an earlier response holds all that it would do"]
    if run.status in TOLD_WHY:
        why = f": {run.error}" if run.error else ""
        lines = [_short(f"{named} {run.status.value.replace('_', ' ')}{why}")]
    else:
        lines = []
    for step in steps:
        if step.status is not StepStatus.PLANNED:
            kept = (step.restored or {}).get("kept")
            remark = f" ({kept})" if kept else ""
            lines.append(_short(f"{step.step.action} on {step.step.target}: {step.status.value}{remark}"))
    if run.status in HOLDING:
        until = f"until {run.expires_at:%Y-%m-%d %H:%M} UTC" if run.expires_at else "until a person undoes it"
        lines.append(f"{named} holds {until}")
    if run.outlived_at is not None:
        lines.append(f"{named} does NOT hold: later calls succeeded")
    return lines


def _waits(run: Run) -> str:
    if run.status is not RunStatus.AWAITING_APPROVAL or not run.approval_id:
        return ""
    steps = ", ".join(f"{step.action} on {step.target}" for step in (run.plan.steps if run.plan else ()))
    return f"tidegate approve {run.approval_id}, once you have read the plan. " + _short(f"{run.playbook}: {steps}")


def _undo(standing: Sequence[tuple[Run, Receipt]]) -> str:
    runs = list(dict.fromkeys(run.id for run, _ in standing))
    return "; ".join(f"tidegate undo {run_id}" for run_id in runs[:5])


def _times(responses: Responses) -> tuple[str, ...]:
    """Of the first response that contained: that is how long the caller had."""
    for run, _ in reversed(responses):
        if run.times and run.contained_at is not None:
            dollars = (f"cost until contained: {run.dollars:.2f} dollars",) if run.dollars is not None else ()
            return (*spelled(run.times), *dollars)
    return ()


def _counted(findings: int) -> str:
    """Rounded down, because every finding more would be an update."""
    if findings < 5:
        return str(findings)
    return f"{max(step for step in (5, 10, 20, 50, 100, 200, 500) if step <= findings)} or more"


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= LONGEST else text[:LONGEST] + "..."
