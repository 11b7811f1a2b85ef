"""A model got worse after it was changed: an alarm that watches it went off, or Model Monitor found violations.

Swapped models, poisoned data and weakened guardrails show in what a model answers. CloudWatch and SageMaker Model
Monitor measure that; what they lack is what was changed before. The last change of the model, of its alias or of what
feeds it within three days is joined with the alarm: who made it, when, and that it can be rolled back. Alarm events
carry no tags: the rules (`[[model_alarm]]`) say which alarm or monitoring schedule watches which model.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import msgspec

from tidegate.callers.sightings import raised_once
from tidegate.detectors.about import Atlas, Attack, Detector, Known, Owasp, Signal, api_calls, service_events
from tidegate.detectors.model_changes import CHANGES, changed_by
from tidegate.model import ApiCall, Seen, ServiceEvent, Severity
from tidegate.sources.parts import opened, part, text

WITHIN_HOURS = 72  # a weekend between the release and the first day of real use
_ALARMED = "CloudWatch Alarm State Change"
_MONITORED = "SageMaker Processing Job State Change"
_VIOLATED = "CompletedWithViolations"  # how Model Monitor's job says so, in its exit message
_KEPT = 5
_LONGEST = 300  # characters of what an alarm says


class Change(msgspec.Struct, array_like=True, frozen=True):
    time: float
    id: str
    api: str
    caller: str
    resource: str


class Alarm(msgspec.Struct, array_like=True, frozen=True):
    time: float
    id: str
    name: str
    says: str
    region: str


class Memory(msgspec.Struct, array_like=True):
    changes: list[Change] = []
    alarms: list[Alarm] = []
    raised: list[str] = []


def subjects(record: Seen, known: Known) -> Iterator[str]:
    """What the alarm watches, or what was changed, if an alarm watches it."""
    if not known.model_alarms:
        return
    if isinstance(record, ServiceEvent):
        names = _names(record)
        yield from (f"model:{rule.resource}" for rule in known.model_alarms if rule.is_about(names))
    elif isinstance(record, ApiCall) and (resource := changed_by(record)):
        yield from (f"model:{rule.resource}" for rule in known.model_alarms if rule.depends_on(resource))


about = Detector(
    id="model_quality_alarm",
    title="A model got worse after a change",
    severity=Severity.MEDIUM,
    family="tampering",
    reads=(
        service_events("cloudwatch", _ALARMED),
        service_events("sagemaker", _MONITORED),
        *(api_calls(service, name) for service, name in CHANGES),
    ),
    covers=(
        Atlas("AML.T0031"),
        Atlas("AML.T0018"),
        Atlas("AML.T0020"),
        Attack("T1565"),
        Owasp("LLM04:2025"),
        Owasp("LLM09:2025"),
    ),
    false_positives="A model that got worse without anybody's doing: other users, other questions, an outage of what "
    "it retrieves from. Without a change before it, the finding says so and is MEDIUM.",
    blind_spots="Alarms and monitors that no rule names, quality that nobody measures, changes that are older than "
    "three days. CloudTrail may be 45 minutes late: the change then comes with a second finding.",
    runbook="Compare the answers before and after the change that is named. If it is the cause, roll back: the alias "
    "to the version before, the endpoint to its former configuration, the data source to its former objects.",
    playbook="roll_back_model",
    memory=Memory,
    whose="resource",
    subjects=subjects,
)


def detect(records: Sequence[Seen], memory: Memory, known: Known) -> Iterator[Signal]:
    for record in records:
        if isinstance(record, ApiCall):
            if resource := changed_by(record):
                api = f"{record.service}:{record.name}"
                memory.changes = _kept(memory.changes, Change(record.time, record.id, api, record.caller, resource))
        elif isinstance(record, ServiceEvent) and (says := _alarms(record)):
            alarm = Alarm(record.time, record.id, _names(record)[0], says[:_LONGEST], record.region)
            memory.alarms = _kept(memory.alarms, alarm)
    watched = known.name.removeprefix("model:")
    for alarm in memory.alarms:
        change = _before(alarm, memory.changes)
        if raised_once(memory.raised, f"{alarm.id}{change is not None}", keep=2 * _KEPT):
            yield _signal(alarm, change, watched, len(memory.changes), records[-1].account)


def _kept[Kept: (Change, Alarm)](present: list[Kept], new: Kept) -> list[Kept]:
    """By time, whatever the order of arrival; the same twice is once."""
    distinct: dict[tuple[float, str], Kept] = {(one.time, one.id): one for one in present}
    distinct[new.time, new.id] = new
    return [distinct[key] for key in sorted(distinct)][-_KEPT:]


def _before(alarm: Alarm, changes: Sequence[Change]) -> Change | None:
    recent = [change for change in changes if 0 <= alarm.time - change.time <= WITHIN_HOURS * 3600]
    return recent[-1] if recent else None


def _names(event: ServiceEvent) -> list[str]:
    """By which an event may be meant in the rules: the alarm's name and ARN, or the monitoring schedule's."""
    detail = opened(event.detail)
    named = [text(detail, "alarmName"), text(detail, "MonitoringScheduleArn"), *event.resources]
    schedule = text(detail, "MonitoringScheduleArn").rpartition("/")[2]
    return [name for name in (*named, schedule) if name] or [event.id]


def _alarms(event: ServiceEvent) -> str:
    """What it says is wrong; empty when nothing is: an alarm that is over, a monitor that found nothing."""
    detail = opened(event.detail)
    if event.kind == _ALARMED:
        state = part(detail, "state")
        return (text(state, "reason") or "the alarm went off") if event.name == "ALARM" else ""
    said = text(detail, "ExitMessage")
    return said if _VIOLATED in said else ""


def _signal(alarm: Alarm, change: Change | None, watched: str, known: int, account: str) -> Signal:
    hours = (alarm.time - change.time) / 3600 if change else 0.0
    severity = Severity.HIGH if change else Severity.MEDIUM
    after = f", {hours:.1f} hours after {change.caller} changed it" if change else ""
    return Signal(
        identity=(watched, alarm.id, change.id if change else "alone"),
        title=f"{alarm.name} says that {watched} got worse{after}",
        facts={
            "alarm": alarm.name,
            "says": alarm.says,
            "watches": watched,
            "last_change": {
                "api": change.api,
                "by": change.caller,
                "at": datetime.fromtimestamp(change.time, UTC).isoformat(),
                "resource": change.resource,
                "event": change.id,
            }
            if change
            else None,
            "history": f"{known} changes of it are known"
            + ("" if change else f", none within {WITHIN_HOURS} hours before the alarm"),
            "threshold": f"a change within {WITHIN_HOURS} hours before the alarm",
            "severity_from": f"it was changed {hours:.1f} hours before" if change else "no change before it is known",
        },
        time=alarm.time,
        first_seen=change.time if change else alarm.time,
        severity=severity,
        account=account,
        region=alarm.region,
        caller=change.caller if change else f"service:{alarm.name}",
        resource=change.resource if change and ":agent-alias/" in change.resource else watched,
        event_ids=(*((change.id,) if change else ()), alarm.id),
    )
