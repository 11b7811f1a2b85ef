"""An agent's alias was moved to another version by someone who isn't the release pipeline.

An alias is what applications call; moving it swaps model, instructions and tools under them at once. Pipelines do
that all day: what decides is who did it, and that the version really changed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tidegate.configurations.left_by_calls import alias_arn
from tidegate.detectors.about import Atlas, Attack, Detector, Known, Owasp, Signal, api_calls, signal_of_call
from tidegate.model import ApiCall, Severity
from tidegate.sources.parts import opened, part, rows, text

about = Detector(
    id="model_swapped",
    title="Agent alias moved outside the pipeline",
    severity=Severity.HIGH,
    family="tampering",
    reads=(api_calls("bedrock", "UpdateAgentAlias"), api_calls("bedrock-agent", "UpdateAgentAlias")),
    covers=(Atlas("AML.T0018"), Atlas("AML.T0081"), Attack("T1565.001"), Owasp("LLM03:2025"), Owasp("LLM04:2025")),
    false_positives="A release by hand. Name the principals that release in the PipelinePrincipals parameter; allow a "
    "person for one release, with an expiry.",
    blind_spots="A stolen pipeline identity. Changes of the draft version behind an alias that points to DRAFT, and "
    "models behind flows, endpoints, deployments and pointers: other detectors. With no pipeline named, everyone is "
    "outside it.",
    runbook="Compare the two versions (instructions, model, action groups). If the new one wasn't released, move the "
    "alias back, and treat who moved it as compromised until explained.",
    playbook="roll_back_model",
)


def detect(call: ApiCall, known: Known) -> Iterator[Signal]:
    if call.error or known.is_pipeline(call.principal):
        return
    parameters, alias = opened(call.parameters), part(opened(call.response), "agentAlias")
    after = routed(parameters)
    agent = text(parameters, "agentId") or text(alias, "agentId")
    alias_id = text(parameters, "agentAliasId") or text(alias, "agentAliasId")
    resource = alias_arn(call, agent, alias_id)
    if not after or not resource:
        return  # name or description only
    before, source = _former(call, resource, alias, known)
    if before == after:
        return
    yield signal_of_call(
        call,
        title=f"Alias {alias_id} of agent {agent} moved from version {_version(before) or 'unknown'} "
        f"to {_version(after)}",
        facts={
            "agent_id": agent,
            "alias_id": alias_id,
            "version_before": _version(before) or None,
            "version_after": _version(after),
            "throughput_before": _throughput(before) or None,
            "throughput_after": _throughput(after) or None,
            "former_state_from": source,
            "pipeline_principals": list(known.pipeline),
            "why": f"{call.caller} is none of the principals that release models.",
            "severity_from": "whoever calls this alias gets another model, instructions and tools from now on",
        },
        score=70.0 if before else 60.0,
        resource=resource,
    )


def routed(values: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """Where an alias leads: (version, provisioned throughput) in order."""
    routes = rows(values, "routingConfiguration")
    return tuple((text(route, "agentVersion"), text(route, "provisionedThroughput")) for route in routes)


type Routes = tuple[tuple[str, str], ...]


def _former(call: ApiCall, resource: str, alias: dict[str, Any], known: Known) -> tuple[Routes, str]:
    """The routes before: our snapshot, else the alias's own history in the answer."""
    snapshot = known.before(resource, call.time)
    if snapshot is not None and (routes := routed(snapshot)):
        return routes, "snapshot"
    ended = [event for event in rows(alias, "agentAliasHistoryEvents") if event.get("endDate") and routed(event)]
    if ended:
        return routed(max(ended, key=lambda event: str(event["endDate"]))), "alias history"
    return (), "not known"


def _version(routes: Routes) -> str:
    return ", ".join(version for version, _ in routes if version)


def _throughput(routes: Routes) -> str:
    return ", ".join(throughput for _, throughput in routes if throughput)
