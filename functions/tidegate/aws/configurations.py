"""The configurations of an account and Region, read: what Snapshotting keeps every day.

Nothing is changed. Every list is read to its end; every group is a generator, read when it is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import batched
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from tidegate.aws.faults import calling, code_of
from tidegate.detectors import read_back
from tidegate.detectors.application_configurations import (
    ACTION_GROUP,
    AGENT,
    DATA_SOURCE,
    GATEWAY,
    KNOWLEDGE_BASE,
    partition_of,
)
from tidegate.detectors.configurations import ALIAS_FIELDS, DELETED, Configured
from tidegate.errors import Permanent

_DRAFT = "DRAFT"
_MOST_NAMES = 10  # of GetParameters
_THROUGHPUT = ("modelArn", "desiredModelArn", "foundationModelArn", "modelUnits", "desiredModelUnits")
_ENFORCED = (
    "guardrailArn",
    "guardrailId",
    "guardrailVersion",
    "inputTags",
    "selectiveContentGuarding",
    "modelEnforcement",
)

type Group = Callable[[], Iterator[Configured]]


class AwsConfigurations:
    """tidegate.snapshotting.Inventory. `client(service)` builds a client of boto3's on first use."""

    def __init__(
        self, client: Callable[[str], Any], *, account: str, region: str, pointers: Sequence[str] = ()
    ) -> None:
        """`pointers`: SSM parameters that name a model, and AppConfig as appconfig/APPLICATION/ENVIRONMENT."""
        self._client = client
        self._account = account
        self._region = region
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

    def _arn(self, service: str, resource: str) -> str:
        return f"arn:{partition_of(self._region)}:{service}:{self._region}:{self._account}:{resource}"

    def _pages(self, service: str, operation: str, key: str, **asked: Any) -> Iterator[dict[str, Any]]:
        for page in self._client(service).get_paginator(operation).paginate(**asked):
            yield from page.get(key, ())

    def _guardrails(self) -> Iterator[Configured]:
        for one in self._pages("bedrock", "list_guardrails", "guardrails"):
            read = self._client("bedrock").get_guardrail(guardrailIdentifier=one["id"], guardrailVersion=_DRAFT)
            yield Configured(read["guardrailArn"], read_back.guardrail(read))

    def _logging(self) -> Iterator[Configured]:
        read = self._client("bedrock").get_model_invocation_logging_configuration()
        yield Configured(f"logging/{self._account}/{self._region}", read.get("loggingConfig") or DELETED)

    def _enforced(self) -> Iterator[Configured]:
        for one in self._pages("bedrock", "list_enforced_guardrails_configuration", "guardrailsConfig"):
            resource = f"enforced-guardrail/{self._account}/{self._region}/{one['configId']}"
            yield Configured(resource, read_back.chosen(one, *_ENFORCED))

    def _agents(self) -> Iterator[Configured]:
        for one in self._pages("bedrock-agent", "list_agents", "agentSummaries"):
            agent = one["agentId"]
            read = self._client("bedrock-agent").get_agent(agentId=agent)["agent"]
            yield Configured(self._arn("bedrock", f"agent/{agent}"), read_back.application(read, AGENT))
            yield from self._action_groups(agent)
            yield from self._aliases(agent)

    def _action_groups(self, agent: str) -> Iterator[Configured]:
        draft = {"agentId": agent, "agentVersion": _DRAFT}
        for one in self._pages("bedrock-agent", "list_agent_action_groups", "actionGroupSummaries", **draft):
            group = one["actionGroupId"]
            read = self._client("bedrock-agent").get_agent_action_group(**draft, actionGroupId=group)
            kept = read_back.application(read["agentActionGroup"], ACTION_GROUP)
            yield Configured(self._arn("bedrock", f"agent/{agent}/action-group/{group}"), kept)

    def _aliases(self, agent: str) -> Iterator[Configured]:
        for one in self._pages("bedrock-agent", "list_agent_aliases", "agentAliasSummaries", agentId=agent):
            alias = one["agentAliasId"]
            read = self._client("bedrock-agent").get_agent_alias(agentId=agent, agentAliasId=alias)["agentAlias"]
            kept = read_back.chosen(read, *ALIAS_FIELDS)
            yield Configured(self._arn("bedrock", f"agent-alias/{agent}/{alias}"), kept)

    def _knowledge_bases(self) -> Iterator[Configured]:
        for one in self._pages("bedrock-agent", "list_knowledge_bases", "knowledgeBaseSummaries"):
            base = one["knowledgeBaseId"]
            read = self._client("bedrock-agent").get_knowledge_base(knowledgeBaseId=base)["knowledgeBase"]
            place = f"knowledge-base/{base}"
            yield Configured(self._arn("bedrock", place), read_back.application(read, KNOWLEDGE_BASE))
            for source in self._pages(
                "bedrock-agent", "list_data_sources", "dataSourceSummaries", knowledgeBaseId=base
            ):
                found = self._client("bedrock-agent").get_data_source(
                    knowledgeBaseId=base, dataSourceId=source["dataSourceId"]
                )["dataSource"]
                kept = read_back.application(found, DATA_SOURCE)
                yield Configured(self._arn("bedrock", f"{place}/data-source/{source['dataSourceId']}"), kept)

    def _gateways(self) -> Iterator[Configured]:
        for one in self._pages("bedrock-agentcore-control", "list_gateways", "items"):
            read = self._client("bedrock-agentcore-control").get_gateway(gatewayIdentifier=one["gatewayId"])
            resource = self._arn("bedrock-agentcore", f"gateway/{one['gatewayId']}")
            yield Configured(resource, read_back.application(read, GATEWAY))

    def _flows(self) -> Iterator[Configured]:
        for flow in self._pages("bedrock-agent", "list_flows", "flowSummaries"):
            for alias in self._pages(
                "bedrock-agent", "list_flow_aliases", "flowAliasSummaries", flowIdentifier=flow["id"]
            ):
                yield Configured(alias["arn"], read_back.chosen(alias, "name", "routingConfiguration"))

    def _throughputs(self) -> Iterator[Configured]:
        for one in self._pages("bedrock", "list_provisioned_model_throughputs", "provisionedModelSummaries"):
            yield Configured(one["provisionedModelArn"], read_back.chosen(one, *_THROUGHPUT))

    def _deployments(self) -> Iterator[Configured]:
        for one in self._pages("bedrock", "list_custom_model_deployments", "modelDeploymentSummaries"):
            yield Configured(one["customModelDeploymentArn"], read_back.chosen(one, "modelArn"))

    def _parameters(self) -> Iterator[Configured]:
        names = [pointer for pointer in self._pointers if not _is_deployment(pointer)]
        missing: list[str] = []
        for some in batched(names, _MOST_NAMES, strict=False):
            read = self._client("ssm").get_parameters(Names=list(some), WithDecryption=False)
            missing += read.get("InvalidParameters", [])
            for one in read["Parameters"]:
                yield Configured(one["ARN"], read_back.chosen(one, "Value", "Version"))
        if missing:
            raise Permanent(f"no such SSM parameters: {', '.join(missing)}. Correct ModelPointers.")

    def _application_configurations(self) -> Iterator[Configured]:
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
                resource = self._arn(
                    "appconfig", f"application/{application}/environment/{environment}/configuration/{name}"
                )
                yield Configured(resource, read_back.chosen(one, "ConfigurationVersion", "DeploymentNumber"))


def _is_deployment(pointer: str) -> bool:
    return pointer.startswith("appconfig/")


def _guarded(name: str, group: Group) -> Group:
    """What AWS refuses becomes an error of ours, which says which group it was."""

    def read() -> Iterator[Configured]:
        try:
            with calling(f"reading {name}"):
                yield from group()
        except ClientError as error:
            raise Permanent(f"{name}: {code_of(error)}: {error}") from error
        except BotoCoreError as error:
            raise Permanent(f"{name}: not known to this version of boto3, or not in this Region: {error}") from error

    return read
