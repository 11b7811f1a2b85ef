"""An agent, one of its tools, or the gateway in front of it was changed by someone who isn't the release pipeline.

Another model, another function behind a tool, a guardrail detached: the agent then works for somebody else under the
same name. An AgentCore gateway whose authorizer is NONE lets everybody in; one whose policies only log lets
everything pass; a target outside AWS hands over what the agent says. Those are grave by themselves; the rest is
judged by what changed against the last configuration seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from tidegate.configurations.applications import (
    PUTS,
    account_in,
    changed,
    configuration_of,
    resource_of,
)
from tidegate.detectors.about import Atlas, Attack, Detector, Known, Owasp, Signal, api_calls, signal_of_call
from tidegate.model import ApiCall, Severity
from tidegate.sources.parts import opened, part, text

_AGENTS = ("UpdateAgent", "CreateAgentActionGroup", "UpdateAgentActionGroup")
_GATEWAYS = ("CreateGateway", "UpdateGateway")
_TARGETS = ("CreateGatewayTarget", "UpdateGatewayTarget")
_HIDDEN = "***"

about = Detector(
    id="agent_tampered",
    title="Agent, tool or gateway changed outside the pipeline",
    severity=Severity.MEDIUM,
    family="tampering",
    reads=(
        api_calls("bedrock", *_AGENTS),
        api_calls("bedrock-agent", *_AGENTS),
        api_calls("bedrock-agentcore", *_GATEWAYS, *_TARGETS),
    ),
    covers=(Atlas("AML.T0081"), Atlas("AML.T0053"), Attack("T1565.001"), Attack("T1562.001"), Owasp("LLM06:2025")),
    false_positives="Work on an agent in the console. Name the principals that release in PipelinePrincipals; allow "
    "developers in the accounts they develop in.",
    blind_spots="Instructions are hidden in CloudTrail: where the rest stayed the same, that they changed can't be "
    "seen. The code of a function behind a tool. With no pipeline named, everyone is outside it. Memory, runtimes and "
    "policies of AgentCore aren't read.",
    runbook="Compare with the released configuration (the former one is in the evidence), put it back, prepare the "
    "agent again, and treat who changed it as compromised until explained.",
    playbook="roll_back_model",
)


def detect(call: ApiCall, known: Known) -> Iterator[Signal]:
    if call.error or known.is_pipeline(call.principal):
        return
    kind = PUTS.get(call.name)
    resource = resource_of(call, kind) if kind else text(opened(call.parameters), "gatewayIdentifier")
    found = known.before(resource, call.time) if resource and kind else None
    before = None if found is None or found.get("deleted") else found
    after = configuration_of(call, kind) if kind else part(opened(call.parameters), "targetConfiguration")
    grave = list(_grave(call, before, after))
    changes: list[str] = []
    if kind and call.name.startswith("Update"):
        changes = changed(before, after, kind) if before is not None else []
    unknown = before is None and call.name in ("UpdateAgent", "UpdateAgentActionGroup")
    if not grave and not changes and not unknown:
        return
    yield signal_of_call(
        call,
        title=f"{call.name} by {call.caller}: {grave[0] if grave else ', '.join(changes) or 'former state not known'}",
        facts={
            "grave": grave,
            "changed": changes,
            "former_state_known": before is not None,
            "before": before,
            "after": after,
            "pipeline_principals": list(known.pipeline),
            "severity_from": grave[0] if grave else "changed by none of the principals that release",
        },
        severity=Severity.HIGH if grave else None,
        resource=resource,
    )


def _grave(call: ApiCall, before: dict[str, Any] | None, after: dict[str, Any]) -> Iterator[str]:
    former = before or {}
    if call.name == "UpdateAgent":
        if former.get("guardrailConfiguration") and not after.get("guardrailConfiguration"):
            yield "its guardrail was detached"
    elif call.name in _AGENTS:
        yield from _elsewhere(call, text(part(after, "actionGroupExecutor"), "lambda"))
    elif call.name in _GATEWAYS:
        yield from _opened_gateway(former, after)
    else:
        mcp = part(after, "mcp")
        yield from _elsewhere(call, text(part(mcp, "lambda"), "lambdaArn"))
        http, inference = part(after, "http"), part(after, "inference")
        for values in (part(mcp, "mcpServer"), part(http, "passthrough"), part(inference, "provider")):
            if endpoint := text(values, "endpoint"):
                yield from _outside(endpoint)


def _opened_gateway(former: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    if text(after, "authorizerType") == "NONE" != text(former, "authorizerType"):
        yield "its authorizer is NONE: everybody may call it"
    engine, was = part(after, "policyEngineConfiguration"), part(former, "policyEngineConfiguration")
    if text(engine, "mode") == "LOG_ONLY" != text(was, "mode"):
        yield "its policies only log (LOG_ONLY): nothing is refused"
    if was and not engine:
        yield "its policy engine was detached"


def _elsewhere(call: ApiCall, function: str) -> Iterator[str]:
    account = account_in(function)
    if account and account != call.account:
        yield f"its function is in account {account}"


def _outside(endpoint: str) -> Iterator[str]:
    if endpoint == _HIDDEN:
        return
    try:
        host = urlsplit(endpoint).hostname or ""
    except ValueError:
        host = endpoint
    if not host.endswith((".amazonaws.com", ".amazonaws.com.cn")):
        yield f"its target is outside AWS: {host or endpoint}"
