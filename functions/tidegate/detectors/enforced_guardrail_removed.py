"""The guardrail that an account enforces on every call was removed, exchanged or made to cover less.

An enforced guardrail applies to calls that name none: applications rely on it without knowing. Who may change it
decides for all of them. A change is compared with the former configuration; one that only adds stays quiet.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tidegate.configurations.left_by_calls import enforced_guardrail
from tidegate.detectors.about import Atlas, Attack, Detector, Known, Owasp, Signal, api_calls, signal_of_call
from tidegate.model import ApiCall, Severity
from tidegate.sources.parts import opened, part, text

about = Detector(
    id="enforced_guardrail_removed",
    title="Enforced guardrail removed or narrowed",
    severity=Severity.HIGH,
    family="tampering",
    reads=(api_calls("bedrock", "DeleteEnforcedGuardrailConfiguration", "PutEnforcedGuardrailConfiguration"),),
    covers=(Atlas("AML.T0054"), Atlas("AML.T0015"), Attack("T1562.001"), Owasp("LLM01:2025")),
    false_positives="A planned change of the enforced guardrail. Allow the principal that manages it, with an expiry.",
    blind_spots="A configuration never seen before has no former state: only exclusions, and guarding that is "
    "selective, are reported then. An organization's policy that enforces a guardrail is changed in another account. "
    "The guardrail's own filters: see guardrail_weakened.",
    runbook="Ask the caller. If it wasn't planned, put the former configuration back (it is in the evidence), and read "
    "the invocation log for what passed meanwhile.",
    playbook="restore_guardrails",
)

_IDENTITY = "guardrailIdentifier"


def detect(call: ApiCall, known: Known) -> Iterator[Signal]:
    resource = enforced_guardrail(call)
    before = known.before(resource, call.time) if resource else None
    deleted = call.name.startswith("Delete")
    after = {} if deleted else part(opened(call.parameters), "guardrailInferenceConfig")
    if before is not None and before.get("deleted"):
        before = None
    losses = ["removed"] if deleted else lost(before, after)
    if not losses:
        return
    yield signal_of_call(
        call,
        title=f"Enforced guardrail {'nearly ' if call.error else ''}{'removed' if deleted else 'narrowed'} "
        f"in {call.region}",
        facts={
            "losses": losses,
            "before": before,
            "after": after or None,
            "former_state_known": before is not None,
            "succeeded": not call.error,
            "severity_from": "an attempt only" if call.error else "every application of the account relies on it",
        },
        severity=Severity.MEDIUM if call.error else None,
        resource=resource,
    )


def lost(before: dict[str, Any] | None, after: dict[str, Any]) -> list[str]:
    """What the new configuration no longer guards."""
    if not after:
        return []  # CloudTrail shows no parameters: nothing to compare
    former = before or {}
    losses = []
    if before is not None and _name(former) != _name(after):
        losses.append(f"another guardrail: {_name(after)} instead of {_name(former)}")
    excluded = _models(after, "excludedModels") - _models(former, "excludedModels")
    losses += [f"{model} is excluded" for model in sorted(excluded)]
    included = _models(former, "includedModels")
    now = _models(after, "includedModels")
    if before is not None and now and "ALL" not in now:
        gone = included - now if included and "ALL" not in included else {"every model not named"}
        losses += [f"{model} is no longer included" for model in sorted(gone)]
    for content in ("system", "messages"):
        if _guarded(after, content) == "SELECTIVE" and _guarded(former, content) != "SELECTIVE":
            losses.append(f"only tagged {content} content is guarded")
    return losses


def _name(configuration: dict[str, Any]) -> str:
    """A guardrail is named by id or ARN."""
    return text(configuration, _IDENTITY).rpartition("/")[2]


def _models(configuration: dict[str, Any], name: str) -> set[str]:
    value = part(configuration, "modelEnforcement").get(name)
    return {str(model) for model in value} if isinstance(value, list) else set()


def _guarded(configuration: dict[str, Any], content: str) -> str:
    return text(part(configuration, "selectiveContentGuarding"), content)
