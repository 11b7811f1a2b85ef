"""Credentials that GuardDuty holds for stolen are used to call models.

GuardDuty sees a key used from outside its instance, from Tor or a listed address. Most such findings have nothing to
do with models, and GuardDuty shows them itself: they stay quiet here. When the same principal calls models within a
day of it, the finding is raised, whichever of the two comes first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from typing import Any

import msgspec

from tidegate.detectors.about import Atlas, Attack, Detector, Known, Owasp, Signal, invocations, threats
from tidegate.detectors.model_calls import REFUSED, model_calls
from tidegate.model import ApiCall, Invocation, Principal, Record, Severity, ThreatFinding, related_callers

_HOUR = 3600
_WITHIN_HOURS = 24
_KEEP_HOURS = 2 * _WITHIN_HOURS
_KEEP_THREATS = 4

STOLEN = (
    "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.*",
    "UnauthorizedAccess:IAMUser/MaliciousIPCaller*",
    "UnauthorizedAccess:IAMUser/TorIPCaller",
    "UnauthorizedAccess:IAMUser/ResourceCredentialExfiltration.*",
    "CredentialAccess:*CompromisedCredentials",
    "*:IAMUser/MaliciousIPCaller*",
    "*:IAMUser/TorIPCaller",
    "AttackSequence:*",
)
_CRITICAL = (
    "UnauthorizedAccess:IAMUser/*CredentialExfiltration.OutsideAWS",
    "*CompromisedCredentials",
    "AttackSequence:*",
)


class Threat(msgspec.Struct, array_like=True, frozen=True):
    """What is kept of a GuardDuty finding until its principal calls models."""

    finding_id: str
    event_id: str
    time: float
    first_seen: float
    type: str
    severity: float
    account: str
    region: str
    address: str
    principal: Principal


class Memory(msgspec.Struct, array_like=True):
    hours: list[int] = msgspec.field(default_factory=list)  # event hours in which the principal called models
    last_call: tuple[float, str, str] = (0.0, "", "")  # the first of the newest hour: time, id, model
    threats: list[Threat] = msgspec.field(default_factory=list)
    raised: list[str] = msgspec.field(default_factory=list)  # GuardDuty finding ids already raised


about = Detector(
    id="session_credentials_stolen",
    title="Stolen credentials call models",
    severity=Severity.HIGH,
    family="stolen_credentials",
    reads=(
        threats(),
        invocations(),
        *model_calls(),
    ),
    covers=(Attack("T1078.004"), Attack("T1552.005"), Atlas("AML.T0012"), Atlas("AML.T0055"), Owasp("LLM10:2025")),
    false_positives="A proxy or VPN whose address is listed, an instance role used through a NAT of another account. "
    "Suppress the finding in GuardDuty, or allow the principal here, with an expiry.",
    blind_spots="GuardDuty must be on; new findings come within five minutes, updates every 15 minutes to 6 hours. A "
    "principal is matched by session, IAM user or role name: a thief who assumes another role from the stolen session "
    "is another principal. Model calls more than a day away from the finding don't count.",
    runbook="Contain the session or key first. Then find how it leaked (instance metadata, repository, laptop), and "
    "what else it called: the address in the evidence is the thread to pull.",
    playbook="rotate_credentials",
    memory=Memory,
    whose="principal",
)


def detect(records: Sequence[Record], memory: Memory, known: Known) -> Iterator[Signal]:
    for record in records:
        if isinstance(record, ThreatFinding):
            _remember_threat(record, memory, known)
        else:
            _remember_call(record, memory)
    for threat in memory.threats:
        if threat.finding_id not in memory.raised and (near := _near(threat, memory)):
            memory.raised = [*memory.raised, threat.finding_id][-_KEEP_THREATS:]
            yield _signal(threat, near, memory, known)


def is_stolen(type: str) -> bool:
    return any(fnmatchcase(type, pattern) for pattern in STOLEN)


def _remember_threat(threat: ThreatFinding, memory: Memory, known: Known) -> None:
    if threat.archived or not is_stolen(threat.type):
        return
    who = next((actor for actor in threat.actors if known.name in related_callers(actor)), threat.principal)
    kept = Threat(
        threat.finding_id,
        threat.id,
        threat.time,
        threat.first_seen,
        threat.type,
        threat.severity,
        threat.account,
        threat.region,
        next(iter(threat.addresses), ""),
        who,
    )
    others = [other for other in memory.threats if other.finding_id != kept.finding_id]
    same = [other for other in memory.threats if other.finding_id == kept.finding_id]
    newest = max([kept, *same], key=lambda one: (one.time, one.event_id))
    memory.threats = sorted([*others, newest], key=lambda one: (one.time, one.event_id))[-_KEEP_THREATS:]
    if threat.models:  # GuardDuty itself saw it call models
        _remember_hour(threat.time, threat.id, threat.models[0], memory)


def _remember_call(call: ApiCall | Invocation, memory: Memory) -> None:
    if isinstance(call, ApiCall) and call.error in REFUSED:
        return  # it tried; trying is not calling
    _remember_hour(call.time, call.id, call.model if isinstance(call, Invocation) else call.name, memory)


def _remember_hour(time: float, event_id: str, what: str, memory: Memory) -> None:
    hour = int(time) // _HOUR
    if hour in memory.hours:
        if hour == memory.hours[-1] and (time, event_id) < memory.last_call[:2]:
            memory.last_call = (time, event_id, what)
        return
    newest = max([hour, *memory.hours])
    memory.hours = sorted(kept for kept in (*memory.hours, hour) if kept > newest - _KEEP_HOURS)
    if hour == newest:
        memory.last_call = (time, event_id, what)


def _near(threat: Threat, memory: Memory) -> list[int]:
    """The hours of model calls within a day of the threat."""
    begin = int(threat.first_seen or threat.time) // _HOUR - _WITHIN_HOURS
    end = int(threat.time) // _HOUR + _WITHIN_HOURS
    return [hour for hour in memory.hours if begin <= hour <= end]


def _signal(threat: Threat, near: list[int], memory: Memory, known: Known) -> Signal:
    grave = threat.severity >= 7 or any(fnmatchcase(threat.type, pattern) for pattern in _CRITICAL)
    time, event_id, what = memory.last_call
    in_order = sorted({(threat.time, threat.event_id), (time, event_id)})
    facts: dict[str, Any] = {
        "guardduty_type": threat.type,
        "guardduty_severity": threat.severity,
        "guardduty_finding": threat.finding_id,
        "address": threat.address,
        "model_call": {"event": event_id, "of": what},
        "hours_with_model_calls_within_a_day": len(near),
        "why": "The principal of this GuardDuty finding calls models.",
        "severity_from": "the type, or GuardDuty's 7 and more" if grave else "an address, and GuardDuty's below 7",
    }
    return Signal(
        identity=(threat.finding_id,),
        title=f"{known.name} calls models with credentials that GuardDuty holds for stolen",
        facts=facts,
        time=in_order[-1][0],
        first_seen=min(threat.first_seen or threat.time, time),
        severity=Severity.CRITICAL if grave else Severity.HIGH,
        score=min(100.0, 60.0 + 4 * threat.severity),
        account=threat.account,
        region=threat.region,
        caller=known.name,
        related=(*related_callers(threat.principal), *((f"address:{threat.address}",) if threat.address else ())),
        principal=threat.principal,
        event_ids=tuple(event for _, event in in_order if event),
    )
