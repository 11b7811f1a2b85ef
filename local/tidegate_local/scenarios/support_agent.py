"""An agent with one released version behind the alias `live`. Not a scenario."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from tidegate_local.scenarios.scenario import Stage

_MODEL = "amazon.nova-lite-v1:0"
_TRUST = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"bedrock.amazonaws.com"},'
    '"Action":"sts:AssumeRole"}]}'
)


@dataclass(frozen=True)
class SupportAgent:
    client: Any
    role: str
    agent: str
    alias: str
    arn: str

    @classmethod
    def made(cls, stage: Stage) -> Self:
        client = stage.client("bedrock-agent")
        role = stage.client("iam").create_role(RoleName="support-agent", AssumeRolePolicyDocument=_TRUST)["Role"]["Arn"]
        agent = client.create_agent(
            agentName="support",
            foundationModel=_MODEL,
            agentResourceRoleArn=role,
            instruction="Help customers with their orders, and hand over to a person when they ask for one.",
        )["agent"]["agentId"]
        client.prepare_agent(agentId=agent)
        alias = client.create_agent_alias(agentId=agent, agentAliasName="live")["agentAlias"]
        return cls(client, role, agent, alias["agentAliasId"], alias["agentAliasArn"])

    def new_version(self, instruction: str) -> str:
        self.client.update_agent(
            agentId=self.agent,
            agentName="support",
            foundationModel=_MODEL,
            agentResourceRoleArn=self.role,
            instruction=instruction,
        )
        self.client.prepare_agent(agentId=self.agent)
        made = self.client.create_agent_alias(agentId=self.agent, agentAliasName="next")["agentAlias"]
        return str(made["routingConfiguration"][0]["agentVersion"])

    def route(self, version: str) -> None:
        self.client.update_agent_alias(
            agentId=self.agent,
            agentAliasId=self.alias,
            agentAliasName="live",
            routingConfiguration=[{"agentVersion": version}],
        )

    def described(self) -> str:
        now = self.client.get_agent_alias(agentId=self.agent, agentAliasId=self.alias)["agentAlias"]
        open_to = "takes calls" if now["aliasInvocationState"] == "ACCEPT_INVOCATIONS" else "takes no calls"
        return f"version {now['routingConfiguration'][0]['agentVersion']}, {open_to}"
