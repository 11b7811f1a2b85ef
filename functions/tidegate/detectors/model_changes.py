"""Which calls change what a model answers: its version, its container, its data, its instructions. Not a detector."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tidegate.configurations.applications import (
    AGENT,
    KNOWLEDGE_BASE,
    partition_of,
    resource_of,
)
from tidegate.configurations.left_by_calls import alias_arn, guardrail_arn
from tidegate.model import ApiCall
from tidegate.sources.parts import opened, part, text


def _alias(call: ApiCall, request: Mapping[str, Any]) -> str:
    answer = part(opened(call.response), "agentAlias")
    agent = text(request, "agentId") or text(answer, "agentId")
    return alias_arn(call, agent, text(request, "agentAliasId") or text(answer, "agentAliasId"))


def _agent(call: ApiCall, _request: Mapping[str, Any]) -> str:
    return resource_of(call, AGENT)


def _knowledge_base(call: ApiCall, _request: Mapping[str, Any]) -> str:
    return resource_of(call, KNOWLEDGE_BASE)


def _guardrail(call: ApiCall, request: Mapping[str, Any]) -> str:
    return guardrail_arn(call, text(request, "guardrailIdentifier"))


def _endpoint(call: ApiCall, request: Mapping[str, Any]) -> str:
    name = text(request, "endpointName").lower()
    return f"arn:{partition_of(call.region)}:sagemaker:{call.region}:{call.account}:endpoint/{name}" if name else ""


def _throughput(call: ApiCall, request: Mapping[str, Any]) -> str:
    return text(request, "provisionedModelId") or next(iter(call.resources), "")


_READERS: Mapping[tuple[str, str], Callable[[ApiCall, Mapping[str, Any]], str]] = {
    **{
        (service, name): reader
        for service in ("bedrock", "bedrock-agent")
        for name, reader in (
            ("UpdateAgentAlias", _alias),
            ("UpdateAgent", _agent),
            ("PrepareAgent", _agent),
            ("UpdateAgentActionGroup", _agent),
            ("StartIngestionJob", _knowledge_base),
            ("IngestKnowledgeBaseDocuments", _knowledge_base),
            ("DeleteKnowledgeBaseDocuments", _knowledge_base),
            ("UpdateDataSource", _knowledge_base),
            ("UpdateKnowledgeBase", _knowledge_base),
        )
    },
    ("bedrock", "UpdateGuardrail"): _guardrail,
    ("bedrock", "UpdateProvisionedModelThroughput"): _throughput,
    ("sagemaker", "CreateEndpoint"): _endpoint,
    ("sagemaker", "UpdateEndpoint"): _endpoint,
    ("sagemaker", "UpdateEndpointWeightsAndCapacities"): _endpoint,
}
CHANGES: tuple[tuple[str, str], ...] = tuple(_READERS)


def changed_by(call: ApiCall) -> str:
    """ARN or id of what a call changed; empty when it failed, or doesn't say."""
    reader = _READERS.get((call.service, call.name))
    return "" if reader is None or call.error else reader(call, opened(call.parameters))
