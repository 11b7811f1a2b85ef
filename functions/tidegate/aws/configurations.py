"""The configurations of an account and Region, read: what Snapshotting keeps every day.

Nothing is changed. Every list is read to its end; every group is a generator, read when it is asked for. What was read
goes on as AWS says it (configurations/read_back.py gives it the form in which it was put).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import batched
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from tidegate.aws.faults import calling, code_of
from tidegate.errors import Permanent
from tidegate.ports import ReadConfiguration

_DRAFT = "DRAFT"
_MOST_NAMES = 10  # of GetParameters

type Group = Callable[[], Iterator[ReadConfiguration]]


class AwsConfigurations:
    """tidegate.ports.Configurations. `client(service)` builds a client of boto3's on first use."""

    def __init__(self, client: Callable[[str], Any], *, pointers: Sequence[str] = ()) -> None:
        """`pointers`: SSM parameters that name a model, and AppConfig as appconfig/APPLICATION/ENVIRONMENT."""
        self._client = client
        self._pointers = pointers

    def groups(self) -> Mapping[str, Group]:
        named: dict[str, Group] = {
            "guardrails": self._guardrails,
            "invocation logging": self._logging,
            "enforced guardrails": self._enforced,
            "agents": self._agents,
            "knowledge bases": self._knowledge_bases,
            "gateways": self._gateways,
            "flows": self._flows,
            "provisioned throughput": self._throughputs,
            "custom model deployments": self._deployments,
        }
        if any(not _is_deployment(pointer) for pointer in self._pointers):
            named["parameters that name a model"] = self._parameters
        if any(_is_deployment(pointer) for pointer in self._pointers):
            named["application configuration"] = self._application_configurations
        return {name: _guarded(name, group) for name, group in named.items()}

    def _pages(self, service: str, operation: str, key: str, **asked: Any) -> Iterator[dict[str, Any]]:
        for page in self._client(service).get_paginator(operation).paginate(**asked):
            yield from page.get(key, ())

    def _guardrails(self) -> Iterator[ReadConfiguration]:
        for one in self._pages("bedrock", "list_guardrails", "guardrails"):
            read = self._client("bedrock").get_guardrail(guardrailIdentifier=one["id"], guardrailVersion=_DRAFT)
            yield ReadConfiguration("guardrail", read["guardrailArn"], read)

    def _logging(self) -> Iterator[ReadConfiguration]:
        read = self._client("bedrock").get_model_invocation_logging_configuration()
        yield ReadConfiguration("logging", "", read.get("loggingConfig") or {})

    def _enforced(self) -> Iterator[ReadConfiguration]:
        for one in self._pages("bedrock", "list_enforced_guardrails_configuration", "guardrailsConfig"):
            yield ReadConfiguration("enforced guardrail", one["configId"], one)

    def _agents(self) -> Iterator[ReadConfiguration]:
        for one in self._pages("bedrock-agent", "list_agents", "agentSummaries"):
            agent = one["agentId"]
            read = self._client("bedrock-agent").get_agent(agentId=agent)["agent"]
            yield ReadConfiguration("agent", f"agent/{agent}", read)
            yield from self._action_groups(agent)
            yield from self._aliases(agent)

    def _action_groups(self, agent: str) -> Iterator[ReadConfiguration]:
        draft = {"agentId": agent, "agentVersion": _DRAFT}
        for one in self._pages("bedrock-agent", "list_agent_action_groups", "actionGroupSummaries", **draft):
            group = one["actionGroupId"]
            read = self._client("bedrock-agent").get_agent_action_group(**draft, actionGroupId=group)
            yield ReadConfiguration("action group", f"agent/{agent}/action-group/{group}", read["agentActionGroup"])

    def _aliases(self, agent: str) -> Iterator[ReadConfiguration]:
        for one in self._pages("bedrock-agent", "list_agent_aliases", "agentAliasSummaries", agentId=agent):
            alias = one["agentAliasId"]
            read = self._client("bedrock-agent").get_agent_alias(agentId=agent, agentAliasId=alias)["agentAlias"]
            yield ReadConfiguration("alias", f"agent-alias/{agent}/{alias}", read)

    def _knowledge_bases(self) -> Iterator[ReadConfiguration]:
        for one in self._pages("bedrock-agent", "list_knowledge_bases", "knowledgeBaseSummaries"):
            base = one["knowledgeBaseId"]
            read = self._client("bedrock-agent").get_knowledge_base(knowledgeBaseId=base)["knowledgeBase"]
            yield ReadConfiguration("knowledge base", f"knowledge-base/{base}", read)
            yield from self._data_sources(base)

    def _data_sources(self, base: str) -> Iterator[ReadConfiguration]:
        listed = self._pages("bedrock-agent", "list_data_sources", "dataSourceSummaries", knowledgeBaseId=base)
        for one in listed:
            asked = {"knowledgeBaseId": base, "dataSourceId": one["dataSourceId"]}
            read = self._client("bedrock-agent").get_data_source(**asked)["dataSource"]
            yield ReadConfiguration("data source", f"knowledge-base/{base}/data-source/{one['dataSourceId']}", read)

    def _gateways(self) -> Iterator[ReadConfiguration]:
        for one in self._pages("bedrock-agentcore-control", "list_gateways", "items"):
            read = self._client("bedrock-agentcore-control").get_gateway(gatewayIdentifier=one["gatewayId"])
            yield ReadConfiguration("gateway", f"gateway/{one['gatewayId']}", read)

    def _flows(self) -> Iterator[ReadConfiguration]:
        for flow in self._pages("bedrock-agent", "list_flows", "flowSummaries"):
            aliases = self._pages("bedrock-agent", "list_flow_aliases", "flowAliasSummaries", flowIdentifier=flow["id"])
            for alias in aliases:
                yield ReadConfiguration("flow alias", alias["arn"], alias)

    def _throughputs(self) -> Iterator[ReadConfiguration]:
        for one in self._pages("bedrock", "list_provisioned_model_throughputs", "provisionedModelSummaries"):
            yield ReadConfiguration("throughput", one["provisionedModelArn"], one)

    def _deployments(self) -> Iterator[ReadConfiguration]:
        for one in self._pages("bedrock", "list_custom_model_deployments", "modelDeploymentSummaries"):
            yield ReadConfiguration("deployment", one["customModelDeploymentArn"], one)

    def _parameters(self) -> Iterator[ReadConfiguration]:
        names = [pointer for pointer in self._pointers if not _is_deployment(pointer)]
        missing: list[str] = []
        for some in batched(names, _MOST_NAMES, strict=False):
            read = self._client("ssm").get_parameters(Names=list(some), WithDecryption=False)
            missing += read.get("InvalidParameters", [])
            for one in read["Parameters"]:
                yield ReadConfiguration("parameter", one["ARN"], one)
        if missing:
            raise Permanent(f"no such SSM parameters: {', '.join(missing)}. Correct ModelPointers.")

    def _application_configurations(self) -> Iterator[ReadConfiguration]:
        for pointer in self._pointers:
            if not _is_deployment(pointer):
                continue
            _, application, environment = pointer.split("/")
            deployed: dict[str, dict[str, Any]] = {}
            asked = {"ApplicationId": application, "EnvironmentId": environment}
            for one in self._pages("appconfig", "list_deployments", "Items", **asked):  # the newest first
                if one.get("State") == "COMPLETE":
                    deployed.setdefault(one.get("ConfigurationName", ""), one)
            for name, one in deployed.items():
                place = f"application/{application}/environment/{environment}/configuration/{name}"
                yield ReadConfiguration("application configuration", place, one)


def _is_deployment(pointer: str) -> bool:
    return pointer.startswith("appconfig/") and pointer.count("/") == 2


def _guarded(name: str, group: Group) -> Group:
    """What AWS refuses becomes an error of ours, which says which group it was."""

    def read() -> Iterator[ReadConfiguration]:
        try:
            with calling(f"reading {name}"):
                yield from group()
        except ClientError as error:
            raise Permanent(f"{name}: {code_of(error)}: {error}") from error
        except BotoCoreError as error:
            raise Permanent(f"{name}: not known to this version of boto3, or not in this Region: {error}") from error

    return read
