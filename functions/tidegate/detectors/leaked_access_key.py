"""AWS has found an access key of the account in public, or has put its quarantine policy on the key's user.

AWS Health says so as AWS_RISK_CREDENTIALS_EXPOSED (a key on a public site) and AWS_RISK_IAM_QUARANTINE (the policy was
attached). The policy denies a list of calls and stops no key: attackers were seen using one 13 seconds after it was
attached. The same news comes through two Regions and is one finding.
"""

from __future__ import annotations

from collections.abc import Iterator

from tidegate.detectors.about import Atlas, Attack, Detector, Known, Owasp, Signal, service_events, signal_of_event
from tidegate.model import Seen, ServiceEvent, Severity

_HEALTH = "AWS Health Event"
CODES = {
    "AWS_RISK_CREDENTIALS_EXPOSED": "a key was found in public",
    "AWS_RISK_IAM_QUARANTINE": "AWS has put its quarantine policy on the user",
}

about = Detector(
    id="leaked_access_key",
    title="Access key found in public",
    severity=Severity.CRITICAL,
    family="stolen_credentials",
    reads=(service_events("health", _HEALTH),),
    covers=(Atlas("AML.T0055"), Atlas("AML.T0012"), Attack("T1552.001"), Attack("T1078.004"), Owasp("LLM10:2025")),
    false_positives="A key that was published on purpose to catch thieves. Allow its user for this detector.",
    blind_spots="AWS looks at public places that it knows (public repositories first), minutes after a key appears. A "
    "key that was sold, or taken from a machine, is found by what is done with it. Health says it in us-east-1: a "
    "stack in another Region needs global-events.yaml.",
    runbook="Have the key replaced now (`rotate_credentials`), then look at what it did since it was published: every "
    "call of the key, models first. Take the key out of where it was published, history included.",
    playbook="rotate_credentials",
)


def detect(event: Seen, known: Known) -> Iterator[Signal]:  # noqa: ARG001 -- one signature for all
    if not isinstance(event, ServiceEvent) or event.name not in CODES:
        return
    principal = event.principal
    if not principal.access_key and not principal.name:
        return
    who = f"user {principal.name}" if principal.name else f"key {principal.access_key}"
    yield signal_of_event(
        event,
        title=f"{who}: {CODES[event.name]}",
        facts={
            "code": event.name,
            "entities": list(event.resources[:10]),
            "severity_from": "a key in public is found and used within minutes; AWS itself has found it",
        },
        related=tuple(f"key:{entity}" for entity in event.resources if entity.startswith("AKIA"))[:10],
        identity=(event.name, *sorted(event.resources)[:10], event.id),
    )
