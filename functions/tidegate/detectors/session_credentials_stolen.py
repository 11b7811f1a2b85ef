"""Credentials that GuardDuty holds for stolen are used to call models.

GuardDuty sees a key used from outside its instance, from Tor or a listed address. Most such findings have nothing to
do with models, and GuardDuty shows them itself: they stay quiet here. When the same principal calls models within a
day of it, the finding is raised, whichever of the two comes first.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tidegate.detectors.about import Atlas, Attack, Detector, Known, Owasp, Signal, invocations, threats
from tidegate.detectors.acts import CALLED
from tidegate.detectors.origins import ACT_STEP, SHARED, Look, Origins, reads, subjects
from tidegate.detectors.suspected import WITHIN, Threat
from tidegate.detectors.threat_types import is_grave, is_stolen
from tidegate.model import Severity, related_callers

about = Detector(
    id="session_credentials_stolen",
    title="Stolen credentials call models",
    severity=Severity.HIGH,
    family="stolen_credentials",
    reads=(*reads(), threats(), invocations()),
    covers=(Attack("T1078.004"), Attack("T1552.005"), Atlas("AML.T0012"), Atlas("AML.T0055"), Owasp("LLM10:2025")),
    false_positives="A proxy or VPN whose address is listed, an instance role used through a NAT of another account. "
    "Suppress the finding in GuardDuty, or allow the principal here, with an expiry.",
    blind_spots="GuardDuty must be on; new findings come within five minutes, updates every 15 minutes to 6 hours. A "
    "principal is matched by session, IAM user or role name: a thief who assumes another role from the stolen session "
    "is another principal. Model calls more than a day away from the finding don't count.",
    runbook="Contain the session or key first. Then find how it leaked (instance metadata, repository, laptop), and "
    "what else it called: the address in the evidence is the thread to pull.",
    playbook="rotate_credentials",
    version=2,
    memory=Origins,
    whose="resource",
    subjects=subjects,
    shares=SHARED,
)


def judge(_look: Look, memory: Origins, known: Known) -> Iterator[Signal]:
    for threat in memory.threats:
        if is_stolen(threat.type) and (near := _near(threat, memory)) and memory.once(f"t{threat.finding_id[-8:]}"):
            yield _signal(threat, near, memory, known)


def _near(threat: Threat, memory: Origins) -> int:
    """The half hours with model calls within a day of the threat."""
    latest, step = memory.acts.latest, memory.acts.seconds
    newest = latest - (int(threat.time) + WITHIN) // step
    oldest = latest - (int(threat.begin) - WITHIN) // step
    if oldest < 0:
        return 0
    mask = (1 << oldest + 1) - 1 & ~((1 << max(newest, 0)) - 1)
    return (memory.acts.seen.get(CALLED, 0) & mask).bit_count()


def _signal(threat: Threat, near: int, memory: Origins, known: Known) -> Signal:
    grave = threat.severity >= 7 or is_grave(threat.type)
    who = threat.who.principal
    time, event_id, what = memory.called
    in_order = sorted({(threat.time, threat.event_id), (time, event_id)})
    facts: dict[str, Any] = {
        "guardduty_type": threat.type,
        "guardduty_severity": threat.severity,
        "guardduty_finding": threat.finding_id,
        "address": threat.address,
        "model_call": {"event": event_id, "of": what},
        "half_hours_with_model_calls_within_a_day": near,
        "step_seconds": ACT_STEP,
        "why": "The principal of this GuardDuty finding calls models.",
        "severity_from": "the type, or GuardDuty's 7 and more" if grave else "an address, and GuardDuty's below 7",
    }
    return Signal(
        identity=(threat.finding_id,),
        title=f"{known.name} calls models with credentials that GuardDuty holds for stolen",
        facts=facts,
        time=in_order[-1][0],
        first_seen=min(threat.begin, time),
        severity=Severity.CRITICAL if grave else Severity.HIGH,
        score=min(100.0, 60.0 + 4 * threat.severity),
        account=threat.account,
        region=threat.region,
        caller=known.name,
        related=(*related_callers(who), *((f"address:{threat.address}",) if threat.address else ())),
        principal=who,
        event_ids=tuple(event for _, event in in_order if event),
    )
