"""bedrock and bedrock-agent: what callers are routed by, read and pointed elsewhere.

Flow aliases and versions, provisioned throughput, custom model deployments. States that AWS passes through (Updating)
are over at once. https://docs.aws.amazon.com/bedrock/latest/APIReference/API_UpdateProvisionedModelThroughput.html
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from tidegate_local import hooks
from tidegate_local.aws_extensions.agents import RESPONSE as AGENTS
from tidegate_local.aws_extensions.agents import invalid, missing
from tidegate_local.aws_extensions.inventory import BEDROCK, kept
from tidegate_local.aws_extensions.requests import body, from_path, has_form, now
from tidegate_local.aws_extensions.results import refusal, result


def install() -> None:
    for response, operations in ((BEDROCK, _of_bedrock()), (AGENTS, _of_agents())):
        for name, operation in operations.items():
            hooks.add(f"{response}.{name}", operation)


def _one(response: Any, kind: str, identifier: str, *names: str) -> dict[str, Any]:
    for one in kept(response, kind):
        if identifier in [one[name] for name in names] or one[names[0]].rpartition("/")[2] == identifier:
            return one
    raise refusal("ResourceNotFoundException", f"{kind} {identifier} was not found")


def _base(response: Any, model: str) -> str:
    """A foundation model is its own base. Raises ResourceNotFoundException for a custom model that is gone."""
    if ":foundation-model/" in model or not model.startswith("arn:"):
        return model
    return str(response.bedrock_backend.get_custom_model(model).base_model_arn)


def _throughput(response: Any) -> dict[str, Any]:
    names = ("provisionedModelArn", "provisionedModelName")
    return _one(response, "throughput", from_path(response, "provisionedModelId"), *names)


def _get_throughput(self: Any) -> Any:
    return result(_throughput(self))


def _update_throughput(self: Any) -> Any:
    one, given = _throughput(self), body(self)
    if model := given.get("desiredModelId"):
        if _base(self, model) != _base(self, one["foundationModelArn"]):
            raise refusal("ValidationException", f"{model} is not of the base model {one['foundationModelArn']}")
        one |= {"modelArn": model, "desiredModelArn": model}
    if name := given.get("desiredProvisionedModelName"):
        one["provisionedModelName"] = name
    one["lastModifiedTime"] = now()
    return result({})


def _deployment(response: Any) -> dict[str, Any]:
    identifier = from_path(response, "customModelDeploymentIdentifier")
    return _one(response, "deployment", identifier, "customModelDeploymentArn", "customModelDeploymentName")


def _get_deployment(self: Any) -> Any:
    one = _deployment(self)
    return result(one | {"modelDeploymentName": one["customModelDeploymentName"]})


def _update_deployment(self: Any) -> Any:
    one, model = _deployment(self), body(self)["modelArn"]
    if _base(self, model) != _base(self, one["modelArn"]):
        raise refusal("ValidationException", f"{model} is not of the same base model as {one['modelArn']}")
    one |= {
        "modelArn": model,
        "lastUpdatedAt": now(),
        "updateDetails": {"modelArn": model, "updateStatus": "UpdateCompleted"},
    }
    return result({"customModelDeploymentArn": one["customModelDeploymentArn"]})


def _flow(response: Any) -> dict[str, Any]:
    flow = from_path(response, "flowIdentifier").rpartition("/")[2]
    for one in kept(response, "flow"):
        if one["id"] == flow:
            return one
    raise missing(f"Flow {flow} was not found")


def _create_flow_version(self: Any) -> Any:
    flow = _flow(self)
    versions = kept(self, f"versions of {flow['id']}")
    made = copy.deepcopy(flow) | {"version": str(len(versions) + 1), "createdAt": now()}
    versions.append(made)
    return result(made)


def _update_flow(self: Any) -> Any:
    flow = _flow(self)
    flow |= {name: value for name, value in body(self).items() if name in ("name", "description", "definition")}
    flow["updatedAt"] = now()
    return result(flow)


def _get_flow_version(self: Any) -> Any:
    flow, version = _flow(self), from_path(self, "flowVersion")
    for one in kept(self, f"versions of {flow['id']}"):
        if one["version"] == version:
            return result(one)
    raise missing(f"Flow {flow['id']} has no version {version}")


def _alias(response: Any) -> dict[str, Any]:
    flow, alias = _flow(response)["id"], from_path(response, "aliasIdentifier").rpartition("/")[2]
    for one in kept(response, "flow alias"):
        if (one["flowId"], one["id"]) == (flow, alias):
            return one
    raise missing(f"Flow {flow} has no alias {alias}")


def _get_alias(self: Any) -> Any:
    return result(_alias(self))


def _update_alias(self: Any) -> Any:
    one, given = _alias(self), body(self)
    if not has_form(given.get("name"), r"([0-9a-zA-Z][_-]?){1,100}"):
        raise invalid(f"name {given.get('name')!r} of a flow alias")
    routing = given.get("routingConfiguration") or []
    if len(routing) != 1:
        raise invalid("routingConfiguration must have one item")
    versions = {each["version"] for each in kept(self, f"versions of {one['flowId']}")}
    if (version := routing[0].get("flowVersion")) not in versions:
        raise missing(f"Flow {one['flowId']} has no version {version}")
    for name in ("description", "concurrencyConfiguration"):
        one.pop(name, None)
    one |= {name: value for name, value in given.items() if value} | {"updatedAt": now()}
    return result(one)


def _of_bedrock() -> dict[str, Callable[[Any], Any]]:
    return {
        "get_provisioned_model_throughput": _get_throughput,
        "update_provisioned_model_throughput": _update_throughput,
        "get_custom_model_deployment": _get_deployment,
        "update_custom_model_deployment": _update_deployment,
    }


def _of_agents() -> dict[str, Callable[[Any], Any]]:
    return {
        "create_flow_version": _create_flow_version,
        "update_flow": _update_flow,
        "get_flow_version": _get_flow_version,
        "get_flow_alias": _get_alias,
        "update_flow_alias": _update_alias,
    }
