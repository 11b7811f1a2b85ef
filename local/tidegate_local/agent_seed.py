"""An agent's alias in the embedded account, routed as the logs tell, with its history at the logs' times.

No API of AWS makes an agent, an alias or a version under a given id: they are written into the store that
`aws_extensions/agents.py` keeps. A version differs from the others by its instruction only: what it holds is not in
the logs.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol

from moto.bedrockagent.models import bedrockagent_backends

from tidegate_local.named_in_logs import Alias

MODEL = "anthropic.claude-3-haiku-20240307-v1:0"


class AgentAccount(Protocol):
    account: str
    region: str

    def client(self, service: str) -> Any: ...


def put_alias(aws: AgentAccount, alias: Alias, routing: list[dict[str, Any]], since: datetime) -> None:
    """Routes the alias from `since` on; makes it, its agent and the versions where they aren't there yet."""
    backend = bedrockagent_backends[aws.account][aws.region]
    if alias.agent not in backend.agents:
        _make_agent(aws, backend, alias.agent)
    versions = _stored(backend, "versions", alias.agent)
    for route in routing:
        number = str(route.get("agentVersion", ""))
        if number not in ("", "DRAFT"):
            versions.setdefault(number, _version(backend.agents[alias.agent], number, since))
    aliases = _stored(backend, "aliases", alias.agent)
    event = {"routingConfiguration": routing, "startDate": since}
    known = aliases.get(alias.alias)
    if known is None:
        aliases[alias.alias] = {
            "agentId": alias.agent,
            "agentAliasId": alias.alias,
            "agentAliasName": alias.name,
            "agentAliasArn": f"arn:aws:bedrock:{aws.region}:{aws.account}:agent-alias/{alias.agent}/{alias.alias}",
            "routingConfiguration": routing,
            "createdAt": since,
            "updatedAt": since,
            "agentAliasHistoryEvents": [event],
            "agentAliasStatus": "PREPARED",
            "aliasInvocationState": "ACCEPT_INVOCATIONS",
        }
        return
    known["agentAliasHistoryEvents"][-1]["endDate"] = since
    known["agentAliasHistoryEvents"].append(event)
    known |= {"routingConfiguration": routing, "updatedAt": since}


def _make_agent(aws: AgentAccount, backend: Any, agent_id: str) -> None:
    made = aws.client("bedrock-agent").create_agent(
        agentName=f"agent-{agent_id.lower()}",
        agentResourceRoleArn=f"arn:aws:iam::{aws.account}:role/AmazonBedrockExecutionRoleForAgents_{agent_id}",
        foundationModel=MODEL,
        instruction="Answer questions about orders, politely and briefly. Never promise a refund.",
    )["agent"]
    agent = backend.agents.pop(made["agentId"])
    agent.agent_id = agent_id
    agent.agent_arn = f"arn:aws:bedrock:{aws.region}:{aws.account}:agent/{agent_id}"
    agent.agent_status = "PREPARED"
    backend.agents[agent_id] = agent


def _version(agent: Any, number: str, since: datetime) -> dict[str, Any]:
    return {
        "agentId": agent.agent_id,
        "agentArn": agent.agent_arn,
        "agentName": agent.agent_name,
        "agentStatus": "PREPARED",
        "version": number,
        "foundationModel": agent.foundation_model,
        "instruction": f"{agent.instruction} (as of version {number})",
        "agentResourceRoleArn": agent.agent_resource_role_arn,
        "idleSessionTTLInSeconds": 600,
        "createdAt": since,
        "updatedAt": since,
    }


def _stored(backend: Any, name: str, agent_id: str) -> dict[str, dict[str, Any]]:
    everything: dict[str, dict[str, dict[str, Any]]] = vars(backend).setdefault(f"_tidegate_{name}", {})
    return everything.setdefault(agent_id, {})
