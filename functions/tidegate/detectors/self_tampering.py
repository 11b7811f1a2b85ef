"""Someone changes Tidegate itself: its roles, functions, tables, queues, rules, state machines, buckets or keys.

Who wants to act unseen blinds what watches, or loosens what holds it. Nobody changes these resources by hand: they are
deployed. What CloudFormation does for a deployment is quiet, and so is what Tidegate's own roles are made for; a
deployment is judged by who asks CloudFormation for it. Our resources are known by the name of the stack that theirs
begin with, and keys by the ids that the template hands over.
"""

from __future__ import annotations

from collections.abc import Iterator

from tidegate.detectors.about import Atlas, Attack, Detector, Known, Owasp, Signal, api_calls, signal_of_call
from tidegate.detectors.own_resources import CHANGES, Change, is_own_role, ours, own_work
from tidegate.model import ApiCall, Severity

about = Detector(
    id="self_tampering",
    title="Tidegate itself was changed",
    severity=Severity.HIGH,
    family="tampering",
    reads=tuple(api_calls(service, *changes) for service, changes in CHANGES.items()),
    covers=(Attack("T1562.001"), Attack("T1562.008"), Atlas("AML.T0015"), Owasp("LLM06:2025")),
    false_positives="A repair by hand. Deploy it instead, or allow the person for this detector, with an expiry. A "
    "stack of your own whose name begins like Tidegate's.",
    blind_spots="Whoever stops the functions stops this detector: telemetry_gap and the alarms of the queues remain. "
    "Data in the tables and messages in the queues can be changed without an event unless data events are on. A "
    "principal that is named as pipeline. Service control policies, and what is changed in the management account.",
    runbook="Deploy the stack again from its source, and compare it with drift detection. Then read who did it, and "
    "what went on while it was changed: the trail files hold what Tidegate didn't see.",
    playbook=None,
)


def detect(call: ApiCall, known: Known) -> Iterator[Signal]:
    change = CHANGES[call.service][call.name]
    resource = ours(call, change, known)
    if not resource or _expected(call, change, known):
        return
    own = is_own_role(call.principal, known.stack)
    severity, reason = _judged(call, change, own, known)
    yield signal_of_call(
        call,
        title=f"{resource} of Tidegate: {change.meaning}{' (refused)' if call.error else ''}",
        facts={
            "resource": resource,
            "change": change.meaning,
            "succeeded": not call.error,
            "by_own_role": own,
            "stack": known.stack,
            "pipeline_principals": list(known.pipeline),
            "severity_from": reason,
        },
        severity=severity,
        resource=resource,
    )


def _expected(call: ApiCall, change: Change, known: Known) -> bool:
    """A deployment, by whom deployments are; a service at its work, or a role of ours."""
    if known.is_pipeline(call.principal) or call.principal.kind == "AWSService":
        return True
    if call.principal.invoked_by.startswith("cloudformation.") or call.address.startswith("cloudformation."):
        return not change.deployment
    return own_work(call) and is_own_role(call.principal, known.stack)


def _judged(call: ApiCall, change: Change, own: bool, known: Known) -> tuple[Severity, str]:
    if call.error:
        return Severity.MEDIUM, f"an attempt only: {call.error}"
    if own:
        return Severity.CRITICAL, "a role of Tidegate's own did what it is not made for: its credentials are used"
    if change.blinds(call):
        return Severity.HIGH, f"{change.meaning}: Tidegate sees, keeps or does less from then on"
    if change.deployment:
        if not known.pipeline:
            return Severity.LOW, "a deployment; no principal is named as the pipeline, so anyone's is reported"
        return Severity.MEDIUM, "a deployment, asked for by none of the pipeline's principals"
    return Severity.MEDIUM, "a change by hand that leaves it running"
