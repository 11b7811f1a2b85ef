"""Model invocation logging was deleted, sent elsewhere, or narrowed.

Peers fire on every Put. We compare with the configuration in force just before, so that switching logging on,
adding a destination or repeating what is there stays quiet. The dangerous Put keeps the configuration and turns
`textDataDeliveryEnabled` off: the log goes on, without prompts and answers.

A Put replaces the whole configuration; a delivery flag that isn't named is on
(https://docs.aws.amazon.com/bedrock/latest/APIReference/API_LoggingConfig.html).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tidegate.configurations.left_by_calls import logging_resource
from tidegate.detectors.about import Atlas, Attack, Detector, Known, Owasp, Signal, api_calls, signal_of_call
from tidegate.model import ApiCall, Severity
from tidegate.sources.parts import opened, part, text

about = Detector(
    id="invocation_logging_disabled",
    title="Model invocation logging disabled",
    severity=Severity.HIGH,
    family="tampering",
    reads=(
        api_calls(
            "bedrock",
            "PutModelInvocationLoggingConfiguration",
            "DeleteModelInvocationLoggingConfiguration",
        ),
    ),
    covers=(Attack("T1562.008"), Atlas("AML.T0015"), Owasp("LLM10:2025")),
    false_positives="A planned move of the log to another bucket or group. Allow the principal that moves it, with an "
    "expiry; the new destination is in the evidence.",
    blind_spots="A configuration never seen before has no former state: a redirection of it is taken for a first "
    "configuration; only text delivery off, no destination, or deletion is reported. Changes to the bucket, its "
    "policy, the log group or the role that Bedrock writes with aren't seen here.",
    runbook="Ask the caller. If it wasn't planned, put the former configuration back (it is in the evidence), and read "
    "CloudTrail for model calls since: the invocation log is blind for that time and can't be refilled.",
    playbook="restore_guardrails",
)

_MEDIA = ("imageDataDeliveryEnabled", "embeddingDataDeliveryEnabled", "videoDataDeliveryEnabled",
          "audioDataDeliveryEnabled")  # fmt: skip


def detect(call: ApiCall, known: Known) -> Iterator[Signal]:
    if call.error:
        return
    resource = logging_resource(call)
    before = known.before(resource, call.time)
    if before is not None and before.get("deleted"):
        return  # there was nothing to lose
    deleted = call.name.startswith("Delete")
    after: dict[str, Any] = {} if deleted else part(opened(call.parameters), "loggingConfig")
    if not deleted and not after:
        return  # CloudTrail shows no parameters: nothing to compare
    severity, losses = (Severity.HIGH, ["deleted"]) if deleted else compared(before, after)
    if losses:
        yield signal_of_call(
            call,
            title=f"Model invocation logging {_word(losses)} in {call.region}",
            facts={
                "losses": losses,
                "before": before,
                "after": after or None,
                "former_state_known": before is not None,
                "severity_from": "text no longer reaches us" if severity is Severity.HIGH else "text still reaches us",
            },
            severity=severity,
            resource=resource,
        )


def compared(before: dict[str, Any] | None, after: dict[str, Any]) -> tuple[Severity, list[str]]:
    """What the new configuration loses against the former, and how much that matters."""
    former = _destinations(before or {})
    present = _destinations(after)
    grave: list[str] = []
    if not present:
        grave.append("no destination left")
    for kind, place in former.items():
        if kind not in present:
            grave.append(f"{kind} {place} is no longer written to")
        elif present[kind] != place:
            grave.append(f"{kind} redirected from {place} to {present[kind]}")
    if _on(before or {}, "textDataDeliveryEnabled") and not _on(after, "textDataDeliveryEnabled"):
        grave.append("text delivery off: prompts and answers are no longer logged")
    minor = [f"{name} off" for name in _MEDIA if before is not None and _on(before, name) and not _on(after, name)]
    return (Severity.HIGH if grave else Severity.MEDIUM), [*grave, *minor]


def _on(configuration: dict[str, Any], name: str) -> bool:
    return configuration.get(name) is not False


def _destinations(configuration: dict[str, Any]) -> dict[str, str]:
    """Where the log goes: bucket and prefix, log group, bucket for large bodies."""
    bucket = part(configuration, "s3Config")
    group = part(configuration, "cloudWatchConfig")
    large = part(group, "largeDataDeliveryS3Config")
    found = {
        "bucket": _place(bucket),
        "log group": text(group, "logGroupName"),
        "bucket for large bodies": _place(large),
    }
    return {kind: place for kind, place in found.items() if place}


def _place(bucket: dict[str, Any]) -> str:
    name, prefix = text(bucket, "bucketName"), text(bucket, "keyPrefix").strip("/")
    return f"{name}/{prefix}" if name and prefix else name


def _word(losses: list[str]) -> str:
    if losses[0] == "deleted":
        return "deleted"
    return "redirected" if any("redirected" in loss for loss in losses) else "narrowed"
