"""GuardDuty's own AI findings, raised when what Tidegate saw of the same principal agrees.

GuardDuty's AI protection reports anomalous invocations, cost harvesting and direct prompt injection, all three as LOW:
a filter on severity 4 drops them. They are kept here as LOW, so that they join the principal's incident, and said
again, graver, when our own records of the same day tell the same story: models unlocked, the log looked for, calls
refused or throttled, guardrails that stepped in. Whichever of the two comes first.
"""

from __future__ import annotations

from collections.abc import Iterator

from tidegate.detectors.about import (
    Atlas,
    Attack,
    Detector,
    Known,
    Owasp,
    Signal,
    failed_invocations,
    intervened_invocations,
    threats,
)
from tidegate.detectors.acts import (
    ALIVE,
    BLIND,
    BLOCKED,
    CLICKED,
    DENIED,
    KEY_MADE,
    LOOKED_FAR,
    NARROWED,
    NEW,
    NEW_MODEL,
    NEW_NETWORK,
    PROXY,
    REGIONS_3,
    THROTTLED,
    TRIED,
    UNLOCKED,
    UNTRAILED,
    WATCHES,
    counted,
)
from tidegate.detectors.origins import ACT_STEP, SHARED, Look, Origins, reads, subjects
from tidegate.detectors.suspected import WITHIN, Threat
from tidegate.detectors.threat_types import COSTS, INJECTS, INVOKES, is_ai, kind_of
from tidegate.model import Severity, related_callers

_STEPS = WITHIN // ACT_STEP
_SEVERITIES = (Severity.LOW, Severity.MEDIUM, Severity.HIGH)  # with none, one, two kinds of agreeing records
_MANY_BLOCKS = 3  # half hours with a block: applications have one now and then
_THEFT = {
    "models were unlocked": (UNLOCKED, TRIED, CLICKED),
    "logging was changed": (BLIND, NARROWED, UNTRAILED),
    "it looked whether calls are logged": (WATCHES,),
    "it looked through the models": (LOOKED_FAR,),
    "credentials were probed": (ALIVE,),
    "calls were refused": (DENIED,),
    "calls were throttled": (THROTTLED,),
    "it came from a network new to it": (NEW, NEW_NETWORK),
    "it used a client that resale proxies use, new to it": (PROXY,),
    "it called a model new to it": (NEW_MODEL,),
    "it called models in three Regions or more": (REGIONS_3,),
    "an API key was made": (KEY_MADE,),
}
AGREES = {
    INVOKES: _THEFT,
    COSTS: _THEFT,
    INJECTS: {
        "a guardrail stepped in": (BLOCKED,),
        "it came from a network new to it": (NEW, NEW_NETWORK),
    },
}

about = Detector(
    id="guardduty_ai",
    title="GuardDuty AI finding",
    severity=Severity.LOW,
    family="quota_abuse",
    reads=(*reads(), threats(), failed_invocations(), intervened_invocations()),
    covers=(Attack("T1496"), Atlas("AML.T0034"), Atlas("AML.T0051"), Owasp("LLM01:2025"), Owasp("LLM10:2025")),
    false_positives="A new workload is anomalous to GuardDuty for a while; alone it stays LOW. Suppress the finding in "
    "GuardDuty, or allow the principal here.",
    blind_spots="AI protection must be on in GuardDuty. Our records agree by principal within a day: what end users of "
    "an application did is its principal's. A flood of calls within budget is quota_abuse's to see, and joins in the "
    "incident.",
    runbook="Read the evidence: what GuardDuty saw and which of our own records agree. At HIGH treat the principal as "
    "stolen; at MEDIUM ask its owner today.",
    playbook=None,
    version=2,
    memory=Origins,
    whose="resource",
    subjects=subjects,
    shares=SHARED,
)


def judge(_look: Look, memory: Origins, known: Known) -> Iterator[Signal]:
    for threat in memory.threats:
        if not is_ai(threat.type):
            continue
        agreeing = _agreeing(threat, memory)
        for enough, severity in enumerate(_SEVERITIES):
            if len(agreeing) >= enough and memory.once(f"g{severity.rank}{threat.finding_id[-8:]}"):
                yield _signal(threat, severity, agreeing[:enough], known)


def _agreeing(threat: Threat, memory: Origins) -> tuple[str, ...]:
    """What was seen within a day of the threat, before or after, that tells the same story and isn't a habit."""
    evidence = memory.acts
    age = evidence.latest - int(threat.time) // evidence.seconds
    low, high = max(age - _STEPS, 0), age + _STEPS
    mask = (1 << max(high + 1, 0)) - 1 & ~((1 << low) - 1)
    inside = {act: (bits & mask).bit_count() for act, bits in evidence.seen.items() if bits & mask}
    acts = {act: inside.get(act, 1) for act in (*counted(tuple(inside)), *inside)}
    usual = memory.habits(threat.time)
    found = []
    for words, codes in AGREES[kind_of(threat.type)].items():
        times = max((acts.get(code, 0) for code in codes if code not in usual), default=0)
        if times >= (_MANY_BLOCKS if codes == (BLOCKED,) else 1):
            found.append(words)
    return tuple(found)


def _signal(threat: Threat, severity: Severity, agreeing: tuple[str, ...], known: Known) -> Signal:
    who = threat.who.principal
    reason = f"{len(agreeing)} kinds of our own records agree" if agreeing else "GuardDuty alone says so"
    return Signal(
        identity=(threat.finding_id, severity.value),
        title=f"GuardDuty: {threat.type} by {known.name}{', and our own records agree' if agreeing else ''}",
        facts={
            "guardduty_type": threat.type,
            "guardduty_severity": threat.severity,
            "guardduty_finding": threat.finding_id,
            "our_records_agree": list(agreeing),
            "could_agree": list(AGREES[kind_of(threat.type)]),
            "window": {"seconds_before_and_after": WITHIN},
            "severity_from": f"{reason}: one makes it medium, two make it high",
        },
        time=threat.time,
        first_seen=threat.begin,
        severity=severity,
        account=threat.account,
        region=threat.region,
        caller=known.name,
        related=(*related_callers(who), *((f"address:{threat.address}",) if threat.address else ())),
        principal=who,
        model=threat.model,
        event_ids=(threat.event_id,),
    )
