"""GuardDuty's own AI findings, raised when what Tidegate saw of the same principal agrees.

GuardDuty's AI protection reports anomalous invocations, cost harvesting and direct prompt injection, all three as LOW:
a filter on severity 4 drops them. They are kept here as LOW, so that they join the principal's incident, and said
again, graver, when our own records of the same day tell the same story: models unlocked, the log looked for, calls
refused or throttled, guardrails that stepped in. Whichever of the two comes first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from tidegate.callers.sightings import Sightings, raised_once
from tidegate.detectors.about import (
    Atlas,
    Attack,
    Detector,
    Known,
    Owasp,
    Signal,
    api_calls,
    failed_invocations,
    intervened_invocations,
    threats,
)
from tidegate.detectors.model_access_unlocked import UNLOCKS
from tidegate.detectors.model_calls import REFUSED, model_calls
from tidegate.model import ApiCall, Invocation, Principal, Record, Severity, ThreatFinding, related_callers

UNLOCKED, BLINDED, LOOKED = (
    "models were unlocked",
    "invocation logging was changed",
    "it looked whether calls are logged",
)
REFUSALS, THROTTLED, BLOCKED = "calls were refused", "calls were throttled", "a guardrail stepped in"
_INVOKES = "Impact:IAMUser/AnomalousModelInvocation"
_COSTS = "Impact:IAMUser/CostHarvesting"
_INJECTS = "Impact:IAMUser/PromptInjection"  # .Direct
AGREES = {
    _INVOKES: (UNLOCKED, BLINDED, LOOKED, REFUSALS, THROTTLED),
    _COSTS: (UNLOCKED, BLINDED, LOOKED, REFUSALS, THROTTLED),
    _INJECTS: (BLOCKED,),
}
_LOGGING = {
    "GetModelInvocationLoggingConfiguration": LOOKED,
    "DeleteModelInvocationLoggingConfiguration": BLINDED,
}
_THROTTLES = ("ThrottlingException", "TooManyRequestsException", "ServiceQuotaExceededException")
_STEP = 1800  # seconds
_DAY_STEPS = 48
_KEEP_THREATS = 3
_SEVERITIES = (Severity.LOW, Severity.MEDIUM, Severity.HIGH)  # with none, one, two kinds of agreeing records
_MANY_BLOCKS = 3  # half hours with a block: applications have one now and then


class Threat(msgspec.Struct, array_like=True, frozen=True):
    """What is kept of a GuardDuty finding until our records agree with it."""

    finding_id: str
    event_id: str
    time: float
    type: str
    severity: float
    account: str
    region: str
    model: str
    principal: Principal


class Memory(msgspec.Struct, array_like=True):
    evidence: Sightings = msgspec.field(default_factory=lambda: Sightings(seconds=_STEP))
    threats: list[Threat] = []
    raised: list[str] = []


about = Detector(
    id="guardduty_ai",
    title="GuardDuty AI finding",
    severity=Severity.LOW,
    family="quota_abuse",
    reads=(
        threats(),
        api_calls("bedrock", *UNLOCKS, *_LOGGING),
        *model_calls(failed=True),
        failed_invocations(),
        intervened_invocations(),
    ),
    covers=(Attack("T1496"), Atlas("AML.T0034"), Atlas("AML.T0051"), Owasp("LLM01:2025"), Owasp("LLM10:2025")),
    false_positives="A new workload is anomalous to GuardDuty for a while; alone it stays LOW. Suppress the finding in "
    "GuardDuty, or allow the principal here.",
    blind_spots="AI protection must be on in GuardDuty. Our records agree by principal within a day: what end users of "
    "an application did is its principal's. A flood of calls within budget is quota_abuse's to see, and joins in the "
    "incident.",
    runbook="Read the evidence: what GuardDuty saw and which of our own records agree. At HIGH treat the principal as "
    "stolen; at MEDIUM ask its owner today.",
    playbook=None,
    memory=Memory,
    whose="principal",
)


def detect(records: Sequence[Record], memory: Memory, known: Known) -> Iterator[Signal]:
    for record in records:
        if isinstance(record, ThreatFinding):
            if (threat := _kept(record, known)) and threat.finding_id not in {old.finding_id for old in memory.threats}:
                memory.threats = sorted([*memory.threats, threat], key=lambda one: (one.time, one.event_id))
                del memory.threats[:-_KEEP_THREATS]
        elif what := _what(record):
            memory.evidence.add(what, record.time, most=6)
    for threat in memory.threats:
        agreeing = _agreeing(threat, memory.evidence)
        for enough, severity in enumerate(_SEVERITIES):
            if len(agreeing) >= enough and raised_once(memory.raised, f"{threat.finding_id}:{severity}", keep=12):
                yield _signal(threat, severity, agreeing[:enough], known)


def _kept(threat: ThreatFinding, known: Known) -> Threat | None:
    if threat.archived or _kind(threat.type) not in AGREES:
        return None
    who = next((actor for actor in threat.actors if known.name in related_callers(actor)), threat.principal)
    model = next(iter(threat.models), "")
    return Threat(
        threat.finding_id,
        threat.id,
        threat.time,
        threat.type,
        threat.severity,
        threat.account,
        threat.region,
        model,
        who,
    )


def _kind(type: str) -> str:
    return type.partition(".")[0]


def _what(record: ApiCall | Invocation) -> str:
    """What a record says against its principal; empty for nothing."""
    if isinstance(record, ApiCall):
        if record.name in UNLOCKS:
            return UNLOCKED
        if record.name in _LOGGING:
            return "" if record.error else _LOGGING[record.name]
    elif record.guardrail_action == "INTERVENED":
        return BLOCKED
    if record.error in REFUSED:
        return REFUSALS
    return THROTTLED if record.error in _THROTTLES else ""


def _agreeing(threat: Threat, evidence: Sightings) -> tuple[str, ...]:
    """What was seen within a day of the threat, before or after, that tells the same story."""
    age = evidence.latest - int(threat.time) // evidence.seconds
    low, high = max(age - _DAY_STEPS, 0), age + _DAY_STEPS
    mask = (1 << max(high + 1, 0)) - 1 & ~((1 << low) - 1)
    found = []
    for what in AGREES[_kind(threat.type)]:
        times = (evidence.seen.get(what, 0) & mask).bit_count()
        if times >= (_MANY_BLOCKS if what == BLOCKED else 1):
            found.append(what)
    return tuple(found)


def _signal(threat: Threat, severity: Severity, agreeing: tuple[str, ...], known: Known) -> Signal:
    reason = f"{len(agreeing)} kinds of our own records agree" if agreeing else "GuardDuty alone says so"
    return Signal(
        identity=(threat.finding_id, severity.value),
        title=f"GuardDuty: {threat.type} by {known.name}{', and our own records agree' if agreeing else ''}",
        facts={
            "guardduty_type": threat.type,
            "guardduty_severity": threat.severity,
            "guardduty_finding": threat.finding_id,
            "our_records_agree": list(agreeing),
            "could_agree": list(AGREES[_kind(threat.type)]),
            "severity_from": reason,
        },
        time=threat.time,
        severity=severity,
        account=threat.account,
        region=threat.region,
        caller=known.name,
        related=related_callers(threat.principal),
        principal=threat.principal,
        model=threat.model,
        event_ids=(threat.event_id,),
    )
