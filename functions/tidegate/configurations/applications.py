"""Agents, action groups, AgentCore gateways, knowledge bases and data sources: what a call leaves configured.

Not a detector. An update replaces the whole configuration, so what the call says is what holds. CloudTrail shows
instructions as `***`: a change of them alone can't be seen.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from tidegate.model import ApiCall
from tidegate.sources.parts import opened, part, text


class Kind(NamedTuple):
    place: str  # of the ARN, with the ids of the request
    answer: str  # the part of the response that holds it; "" when it is the response itself
    fields: tuple[str, ...]  # what is kept and compared


AGENT = Kind(
    "bedrock:agent/{agentId}",
    "agent",
    (
        "foundationModel",
        "guardrailConfiguration",
        "agentResourceRoleArn",
        "promptOverrideConfiguration",
        "customOrchestration",
        "orchestrationType",
        "memoryConfiguration",
        "agentCollaboration",
        "instruction",
    ),
)
ACTION_GROUP = Kind(
    "bedrock:agent/{agentId}/action-group/{actionGroupId}",
    "agentActionGroup",
    ("actionGroupExecutor", "apiSchema", "functionSchema", "actionGroupState", "parentActionGroupSignature"),
)
GATEWAY = Kind(
    "bedrock-agentcore:gateway/{gatewayIdentifier}",
    "",
    ("authorizerType", "authorizerConfiguration", "policyEngineConfiguration", "interceptorConfigurations", "roleArn"),
)
KNOWLEDGE_BASE = Kind(
    "bedrock:knowledge-base/{knowledgeBaseId}",
    "knowledgeBase",
    ("knowledgeBaseConfiguration", "storageConfiguration", "roleArn"),
)
DATA_SOURCE = Kind(
    "bedrock:knowledge-base/{knowledgeBaseId}/data-source/{dataSourceId}",
    "dataSource",
    ("dataSourceConfiguration", "vectorIngestionConfiguration", "dataDeletionPolicy"),
)
PUTS = {
    f"{verb}{noun}": kind
    for noun, kind in (
        ("Agent", AGENT),
        ("AgentActionGroup", ACTION_GROUP),
        ("Gateway", GATEWAY),
        ("KnowledgeBase", KNOWLEDGE_BASE),
        ("DataSource", DATA_SOURCE),
    )
    for verb in ("Create", "Update")
}
_MADE = {"gatewayIdentifier": "gatewayId"}  # what the answer calls an id that the request of a creation lacks


def partition_of(region: str) -> str:
    return "aws-cn" if region.startswith("cn-") else "aws-us-gov" if region.startswith("us-gov-") else "aws"


def resource_of(call: ApiCall, kind: Kind) -> str:
    """Its ARN, or in the manner of one; empty when the call doesn't say which."""
    parameters = opened(call.parameters)
    answer = opened(call.response)
    answer = part(answer, kind.answer) if kind.answer else answer
    service, _, place = kind.place.partition(":")
    for key in ("agentId", "actionGroupId", "gatewayIdentifier", "knowledgeBaseId", "dataSourceId"):
        if "{" + key + "}" not in place:
            continue
        value = text(parameters, key) or text(answer, _MADE.get(key, key))
        if not value:
            return ""
        place = place.replace("{" + key + "}", value.rpartition("/")[2])
    return f"arn:{partition_of(call.region)}:{service}:{call.region}:{call.account}:{place}"


def configuration_of(call: ApiCall, kind: Kind) -> dict[str, Any]:
    parameters = opened(call.parameters)
    return {name: parameters[name] for name in kind.fields if parameters.get(name) not in (None, "", {}, [])}


def changed(before: dict[str, Any], after: dict[str, Any], kind: Kind) -> list[str]:
    """The fields that differ."""
    return [name for name in kind.fields if before.get(name) != after.get(name)]


def account_in(arn: str) -> str:
    """The account that an ARN names; empty for one without."""
    parts = arn.split(":", 5)
    return parts[4] if len(parts) == 6 else ""
