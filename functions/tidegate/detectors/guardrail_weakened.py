"""A guardrail lost protection: a filter weaker, a topic, word or PII rule gone, or the whole of it deleted.

Peers fire on every UpdateGuardrail. We compare with the configuration in force just before, so an update that
strengthens or renames stays quiet.
"""

from __future__ import annotations

from collections.abc import Iterator

from tidegate.configurations.guardrail_protections import losses, switched_off
from tidegate.configurations.left_by_calls import guardrail_arn
from tidegate.detectors.about import Atlas, Attack, Detector, Known, Owasp, Signal, api_calls, signal_of_call
from tidegate.model import ApiCall, Severity
from tidegate.sources.parts import opened, text

about = Detector(
    id="guardrail_weakened",
    title="Guardrail weakened",
    severity=Severity.HIGH,
    family="tampering",
    reads=(api_calls("bedrock", "UpdateGuardrail", "DeleteGuardrail"),),
    covers=(Atlas("AML.T0054"), Attack("T1562.001"), Owasp("LLM01:2025")),
    false_positives="A planned relaxation. Allow the pipeline's principal for this detector, with an expiry.",
    blind_spots="A guardrail never seen before has no former state: only what its update names and switches off is "
    "reported. A topic's definition or a regular expression rewritten under the same name isn't judged. Published "
    "versions stay as they were: an application that pins one isn't affected by an update of the draft.",
    runbook="Compare with the former configuration in the snapshot table and restore it with UpdateGuardrail. Look for "
    "invocations with this guardrail since, and for what the caller did next.",
    playbook="restore_guardrails",
)

_SHOWN = 30  # losses listed in the evidence


def detect(call: ApiCall, known: Known) -> Iterator[Signal]:
    parameters = opened(call.parameters)
    identifier = text(parameters, "guardrailIdentifier") or text(opened(call.response), "guardrailArn")
    if call.error or not identifier:
        return
    resource = guardrail_arn(call, identifier)
    short = resource.rsplit("/", 1)[-1]
    if call.name == "DeleteGuardrail":
        version = text(parameters, "guardrailVersion")
        yield signal_of_call(
            call,
            title=f"Guardrail {short} {f'version {version} ' if version else ''}deleted",
            facts={
                "losses": ["deleted"],
                "version": version or None,
                "severity_from": "one published version only" if version else "nothing of it is left",
            },
            severity=Severity.MEDIUM if version else None,
            resource=resource,
        )
        return
    before = known.before(resource, call.time)
    former_known = before is not None and not before.get("deleted")
    found = losses(before or {}, parameters) if former_known else switched_off(parameters)
    if found:
        grave = any(loss.gone for loss in found) and former_known
        yield signal_of_call(
            call,
            title=f"Guardrail {short} weakened: {len(found)} protection{'s' if len(found) > 1 else ''} lost",
            facts={
                "losses": [str(loss) for loss in found[:_SHOWN]],
                "losses_total": len(found),
                "former_state_known": former_known,
                "severity_from": _why(grave, former_known),
            },
            severity=Severity.HIGH if grave else Severity.MEDIUM,
            score=min(90.0, (60.0 if grave else 40.0) + 3 * len(found)),
            resource=resource,
        )


def _why(grave: bool, former_known: bool) -> str:
    if not former_known:
        return "the former state isn't known: it may have been off before"
    return "a protection is gone, or weaker by more than one step" if grave else "weaker by one step"
