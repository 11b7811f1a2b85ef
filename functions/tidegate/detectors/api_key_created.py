"""A long-term Bedrock API key was made.

One string that calls models from anywhere, without a signature, a session or an address to check. Most accounts have
no need of them: AWS itself recommends short-term keys. Every one is worth knowing, one that never expires more so.
"""

from __future__ import annotations

from collections.abc import Iterator

from tidegate.detectors.about import Atlas, Attack, Detector, Known, Owasp, Signal, api_calls, signal_of_call
from tidegate.detectors.phantom_user_pivot import PHANTOM
from tidegate.model import ApiCall, Severity
from tidegate.sources.parts import opened, part, text

SERVICES = ("bedrock.amazonaws.com", "aws-external-anthropic.amazonaws.com")
LONG_DAYS = 90

about = Detector(
    id="api_key_created",
    title="Bedrock API key created",
    severity=Severity.MEDIUM,
    family="stolen_credentials",
    reads=(api_calls("iam", "CreateServiceSpecificCredential", "ResetServiceSpecificCredential"),),
    covers=(Attack("T1098.001"), Attack("T1136.003"), Atlas("AML.T0012"), Atlas("AML.T0055"), Owasp("LLM10:2025")),
    false_positives="A developer who tries Bedrock with an API key from the console, for a day or a month. Allow the "
    "principals that may make them, or forbid long-term keys by a service control policy.",
    blind_spots="Short-term keys are made on the caller's machine, without any API call. IAM events reach the bus only "
    "in us-east-1: elsewhere a forwarding rule must be deployed. A reset names no service: it is read only for the "
    "users that Bedrock makes.",
    runbook="Ask who made it what it is for. If nobody can say, delete the service-specific credential and the user "
    "behind it, and look at what the key called meanwhile (`callWithBearerToken` in CloudTrail).",
    playbook=None,
)


def detect(call: ApiCall, _known: Known) -> Iterator[Signal]:
    parameters, credential = opened(call.parameters), part(opened(call.response), "serviceSpecificCredential")
    user = text(parameters, "userName") or text(credential, "userName") or call.principal.name
    service = text(parameters, "serviceName") or text(credential, "serviceName")
    reset = call.name.startswith("Reset")
    if service not in SERVICES and not (reset and user.startswith(PHANTOM)):
        return
    days = _days(parameters.get("credentialAgeDays"))
    severity, reason = _judged(call, reset, days)
    done = "nearly " if call.error else ""
    yield signal_of_call(
        call,
        title=f"Bedrock API key of {user} was {done}{'reset' if reset else 'created'} by {call.caller}",
        facts={
            "user": user,
            "for_service": service or None,
            "credential": text(credential, "serviceSpecificCredentialId") or None,
            "valid_days": days,
            "succeeded": not call.error,
            "severity_from": reason,
        },
        severity=severity,
        resource=f"arn:aws:iam::{call.account}:user/{user}",
        related=() if call.error else (f"iam-user:{user}",),
    )


def _judged(call: ApiCall, reset: bool, days: int | None) -> tuple[Severity, str]:
    if call.error:
        return Severity.LOW, "an attempt only"
    if call.principal.name.startswith(PHANTOM):
        return Severity.HIGH, "a Bedrock API key user made it: keys that make keys"
    if days is None and not reset:
        return Severity.HIGH, "it never expires"
    if days is not None and days > LONG_DAYS:
        return Severity.HIGH, f"it is valid for more than {LONG_DAYS} days"
    return Severity.MEDIUM, "it expires" if days else "a reset keeps the expiry it had"


def _days(value: object) -> int | None:
    try:
        return int(value) if isinstance(value, int | str) and not isinstance(value, bool) else None
    except ValueError:
        return None
