"""bedrock and bedrock-agent: what is only listed and read here, made by the operations that make it in AWS.

Provisioned throughput, custom model deployments, action groups, data sources, flows and their
aliases. Each is kept as it was given, with its id and ARN; nothing behind it runs.
https://docs.aws.amazon.com/bedrock/latest/APIReference/API_Operations.html
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from tidegate_local import hooks
from tidegate_local.aws_extensions.agents import RESPONSE as AGENTS
from tidegate_local.aws_extensions.agents import missing
from tidegate_local.aws_extensions.requests import body, from_path, new_id, now, page
from tidegate_local.aws_extensions.results import result

BEDROCK = "moto.bedrock.responses:BedrockResponse"
_LOWER = "abcdefghijklmnopqrstuvwxyz0123456789"


def install() -> None:
    for response, operations in ((BEDROCK, _of_bedrock()), (AGENTS, _of_agents())):
        for name, operation in operations.items():
            hooks.add(f"{response}.{name}", operation)


def kept(response: Any, kind: str) -> list[dict[str, Any]]:
    """What was made of a kind, as it is stored."""
    backend = response.bedrock_backend if "bedrock_backend" in dir(response) else response.bedrockagent_backend
    everything: dict[str, list[dict[str, Any]]] = vars(backend).setdefault("_tidegate_inventory", {})
    return everything.setdefault(kind, [])


def _keep(response: Any, kind: str, made: dict[str, Any]) -> dict[str, Any]:
    kept(response, kind).append(made)
    return made


def _listed(response: Any, kind: str, key: str, **where: str) -> Any:
    found = [one for one in kept(response, kind) if all(one.get(name) == value for name, value in where.items())]
    given = {name: response._get_param(name) for name in ("maxResults", "nextToken")}
    shown, token = page(copy.deepcopy(found), given)
    return result({key: shown} | ({"nextToken": token} if token else {}))


def _found(response: Any, kind: str, name: str, value: str) -> dict[str, Any]:
    found = next((one for one in kept(response, kind) if one[name] == value), None)
    if found is None:
        raise missing(f"{kind} {value} was not found")
    return copy.deepcopy(found)


def _arn(response: Any, resource: str) -> str:
    return f"arn:aws:bedrock:{response.region}:{response.current_account}:{resource}"


def _create_throughput(self: Any) -> Any:
    given = body(self)
    model = given["modelId"]
    made = {
        "provisionedModelName": given["provisionedModelName"],
        "provisionedModelArn": _arn(self, f"provisioned-model/{new_id(12, _LOWER)}"),
        "modelArn": model,
        "desiredModelArn": model,
        "foundationModelArn": model,
        "modelUnits": given["modelUnits"],
        "desiredModelUnits": given["modelUnits"],
        "status": "InService",
        "creationTime": now(),
        "lastModifiedTime": now(),
    }
    return result({"provisionedModelArn": _keep(self, "throughput", made)["provisionedModelArn"]})


def _list_throughputs(self: Any) -> Any:
    return _listed(self, "throughput", "provisionedModelSummaries")


def _create_deployment(self: Any) -> Any:
    given = body(self)
    made = {
        "customModelDeploymentArn": _arn(self, f"custom-model-deployment/{new_id(12, _LOWER)}"),
        "customModelDeploymentName": given["modelDeploymentName"],
        "modelArn": given["modelArn"],
        "createdAt": now(),
        "status": "Active",
    }
    return result({"customModelDeploymentArn": _keep(self, "deployment", made)["customModelDeploymentArn"]})


def _list_deployments(self: Any) -> Any:
    return _listed(self, "deployment", "modelDeploymentSummaries")


def _create_action_group(self: Any) -> Any:
    place = {"agentId": from_path(self, "agentId"), "agentVersion": from_path(self, "agentVersion")}
    made = {"actionGroupState": "ENABLED", **body(self), **place, "actionGroupId": new_id(10)}
    _keep(self, "action group", made | {"createdAt": now(), "updatedAt": now()})
    return result({"agentActionGroup": made | {"createdAt": now(), "updatedAt": now()}})


def _list_action_groups(self: Any) -> Any:
    return _listed(self, "action group", "actionGroupSummaries", agentId=from_path(self, "agentId"))


def _get_action_group(self: Any) -> Any:
    return result({"agentActionGroup": _found(self, "action group", "actionGroupId", from_path(self, "actionGroupId"))})


def _create_data_source(self: Any) -> Any:
    made = {**body(self), "knowledgeBaseId": from_path(self, "knowledgeBaseId"), "dataSourceId": new_id(10)}
    made |= {"status": "AVAILABLE", "createdAt": now(), "updatedAt": now()}
    return result({"dataSource": _keep(self, "data source", made)})


def _list_data_sources(self: Any) -> Any:
    base = from_path(self, "knowledgeBaseId")
    return _listed(self, "data source", "dataSourceSummaries", knowledgeBaseId=base)


def _get_data_source(self: Any) -> Any:
    return result({"dataSource": _found(self, "data source", "dataSourceId", from_path(self, "dataSourceId"))})


def _create_flow(self: Any) -> Any:
    flow = new_id(10)
    made = {**body(self), "id": flow, "arn": _arn(self, f"flow/{flow}"), "status": "Prepared", "version": "DRAFT"}
    return result(_keep(self, "flow", made | {"createdAt": now(), "updatedAt": now()}))


def _list_flows(self: Any) -> Any:
    return _listed(self, "flow", "flowSummaries")


def _create_flow_alias(self: Any) -> Any:
    flow, alias = from_path(self, "flowIdentifier"), new_id(10)
    made = {**body(self), "flowId": flow, "id": alias, "arn": _arn(self, f"flow/{flow}/alias/{alias}")}
    return result(_keep(self, "flow alias", made | {"createdAt": now(), "updatedAt": now()}))


def _list_flow_aliases(self: Any) -> Any:
    return _listed(self, "flow alias", "flowAliasSummaries", flowId=from_path(self, "flowIdentifier"))


def _of_bedrock() -> dict[str, Callable[[Any], Any]]:
    return {
        "create_provisioned_model_throughput": _create_throughput,
        "list_provisioned_model_throughputs": _list_throughputs,
        "create_custom_model_deployment": _create_deployment,
        "list_custom_model_deployments": _list_deployments,
    }


def _of_agents() -> dict[str, Callable[[Any], Any]]:
    return {
        "create_agent_action_group": _create_action_group,
        "list_agent_action_groups": _list_action_groups,
        "get_agent_action_group": _get_action_group,
        "create_data_source": _create_data_source,
        "list_data_sources": _list_data_sources,
        "get_data_source": _get_data_source,
        "create_flow": _create_flow,
        "list_flows": _list_flows,
        "create_flow_alias": _create_flow_alias,
        "list_flow_aliases": _list_flow_aliases,
    }
