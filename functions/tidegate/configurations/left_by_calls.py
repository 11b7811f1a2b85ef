"""What an API call leaves configured: the snapshots that later changes are compared with.

Not a detector. Resources are named by ARN, the invocation logging configuration by `logging/ACCOUNT/REGION`.
A deleted resource is recorded as `{"deleted": true}`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from tidegate.configurations.applications import PUTS, configuration_of, partition_of, resource_of
from tidegate.model import ApiCall
from tidegate.sources.parts import opened, part, text

DELETED: Mapping[str, Any] = {"deleted": True}
_GUARDRAIL_POLICIES = (
    "topicPolicyConfig",
    "contentPolicyConfig",
    "wordPolicyConfig",
    "sensitiveInformationPolicyConfig",
    "contextualGroundingPolicyConfig",
    "automatedReasoningPolicyConfig",
    "crossRegionConfig",
    "name",
    "description",
    "blockedInputMessaging",
    "blockedOutputsMessaging",
    "kmsKeyId",
)
ALIAS_FIELDS = (
    "agentId",
    "agentAliasId",
    "agentAliasName",
    "description",
    "routingConfiguration",
    "aliasInvocationState",
)
_SELECTORS: tuple[str, ...] = ("eventSelectors", "advancedEventSelectors")


class Configured(NamedTuple):
    resource: str
    configuration: Mapping[str, Any]


def logging_resource(call: ApiCall) -> str:
    return f"logging/{call.account}/{call.region}"


def guardrail_arn(call: ApiCall, identifier: str) -> str:
    """A guardrail is named by id or ARN in a request; snapshots go by ARN. Empty when it isn't named."""
    if not identifier or identifier.startswith("arn:"):
        return identifier
    return f"arn:{partition_of(call.region)}:bedrock:{call.region}:{call.account}:guardrail/{identifier}"


def alias_arn(call: ApiCall, agent: str, alias: str) -> str:
    if not agent or not alias:
        return ""
    return f"arn:{partition_of(call.region)}:bedrock:{call.region}:{call.account}:agent-alias/{agent}/{alias}"


def trail_resource(call: ApiCall) -> str:
    """The trail, or event data store, that a CloudTrail call names by name or ARN."""
    parameters, response = opened(call.parameters), opened(call.response)
    named = text(response, "trailARN") or next(
        (name for key in ("trailName", "name", "eventDataStore") if (name := text(parameters, key))), ""
    )
    if not named or named.startswith("arn:"):
        return named
    return f"arn:{partition_of(call.region)}:cloudtrail:{call.region}:{call.account}:trail/{named}"


def enforced_guardrail(call: ApiCall) -> str:
    """An account's enforced guardrail has no ARN: `enforced-guardrail/ACCOUNT/REGION/CONFIG`. Empty when not named."""
    config = text(opened(call.parameters), "configId") or text(opened(call.response), "configId")
    return f"enforced-guardrail/{call.account}/{call.region}/{config}" if config else ""


def left_by(call: ApiCall) -> Configured | None:
    """The configuration in force after this call, if it is one we keep and it succeeded."""
    reader = _READERS.get((call.service, call.name))
    if reader is None or call.error:
        return None
    configured = reader(call)
    return configured if configured and configured.resource else None


def _logging_put(call: ApiCall) -> Configured | None:
    configuration = part(opened(call.parameters), "loggingConfig")
    return Configured(logging_resource(call), configuration) if configuration else None


def _logging_deleted(call: ApiCall) -> Configured:
    return Configured(logging_resource(call), DELETED)


def _guardrail_put(call: ApiCall) -> Configured | None:
    parameters, response = opened(call.parameters), opened(call.response)
    identifier = (
        text(response, "guardrailArn") or text(response, "guardrailId") or text(parameters, "guardrailIdentifier")
    )
    configuration = {name: parameters[name] for name in _GUARDRAIL_POLICIES if parameters.get(name) is not None}
    return Configured(guardrail_arn(call, identifier), configuration) if parameters else None


def _guardrail_deleted(call: ApiCall) -> Configured | None:
    parameters = opened(call.parameters)
    if text(parameters, "guardrailVersion"):
        return None  # one published version; the guardrail itself stays
    return Configured(guardrail_arn(call, text(parameters, "guardrailIdentifier")), DELETED)


def _alias_put(call: ApiCall) -> Configured | None:
    parameters, alias = opened(call.parameters), part(opened(call.response), "agentAlias")
    merged = {**parameters, **{name: value for name, value in alias.items() if value is not None}}
    if parameters.get("routingConfiguration"):
        merged["routingConfiguration"] = parameters["routingConfiguration"]  # the answer may still show the former
    configuration = {name: merged[name] for name in ALIAS_FIELDS if merged.get(name) is not None}
    if not configuration.get("routingConfiguration"):
        return None
    return Configured(alias_arn(call, text(merged, "agentId"), text(merged, "agentAliasId")), configuration)


def _alias_deleted(call: ApiCall) -> Configured:
    parameters = opened(call.parameters)
    return Configured(alias_arn(call, text(parameters, "agentId"), text(parameters, "agentAliasId")), DELETED)


def _selectors_put(call: ApiCall) -> Configured | None:
    parameters = opened(call.parameters)
    configuration = {name: parameters[name] for name in _SELECTORS if name in parameters}
    return Configured(trail_resource(call), configuration) if configuration else None


def _enforced_put(call: ApiCall) -> Configured | None:
    configuration = part(opened(call.parameters), "guardrailInferenceConfig")
    return Configured(enforced_guardrail(call), configuration) if configuration else None


def _enforced_deleted(call: ApiCall) -> Configured:
    return Configured(enforced_guardrail(call), DELETED)


def _application_put(call: ApiCall) -> Configured | None:
    kind = PUTS[call.name]
    configuration = configuration_of(call, kind)
    return Configured(resource_of(call, kind), configuration) if configuration else None


def _endpoint_put(call: ApiCall) -> Configured | None:
    """A SageMaker endpoint's name in an ARN is lower case."""
    parameters = opened(call.parameters)
    name, configuration = text(parameters, "endpointName").lower(), text(parameters, "endpointConfigName")
    if not name or not configuration:
        return None
    resource = f"arn:{partition_of(call.region)}:sagemaker:{call.region}:{call.account}:endpoint/{name}"
    return Configured(resource, {"endpointConfigName": configuration})


def _flow_alias_put(call: ApiCall) -> Configured | None:
    merged = {**opened(call.response), **opened(call.parameters)}
    flow, alias = (
        text(merged, "flowIdentifier").rpartition("/")[2],
        text(merged, "aliasIdentifier") or text(merged, "id"),
    )
    configuration = {name: merged[name] for name in ("name", "routingConfiguration") if merged.get(name)}
    if not flow or not alias or "routingConfiguration" not in configuration:
        return None
    place = f"flow/{flow}/alias/{alias.rpartition('/')[2]}"
    return Configured(f"arn:{partition_of(call.region)}:bedrock:{call.region}:{call.account}:{place}", configuration)


def _runtime_endpoint_put(call: ApiCall) -> Configured | None:
    parameters, answer = opened(call.parameters), opened(call.response)
    runtime, name = text(parameters, "agentRuntimeId"), text(parameters, "endpointName") or text(parameters, "name")
    version = text(parameters, "agentRuntimeVersion") or text(answer, "targetVersion")
    if not runtime or not name or not version:
        return None
    place = f"runtime/{runtime}/runtime-endpoint/{name}"
    resource = f"arn:{partition_of(call.region)}:bedrock-agentcore:{call.region}:{call.account}:{place}"
    return Configured(resource, {"agentRuntimeVersion": version})


_READERS: dict[tuple[str, str], Callable[[ApiCall], Configured | None]] = {
    ("bedrock", "PutModelInvocationLoggingConfiguration"): _logging_put,
    ("bedrock", "DeleteModelInvocationLoggingConfiguration"): _logging_deleted,
    ("cloudtrail", "PutEventSelectors"): _selectors_put,
    ("bedrock", "PutEnforcedGuardrailConfiguration"): _enforced_put,
    ("bedrock", "DeleteEnforcedGuardrailConfiguration"): _enforced_deleted,
    ("bedrock", "CreateGuardrail"): _guardrail_put,
    ("bedrock", "UpdateGuardrail"): _guardrail_put,
    ("bedrock", "DeleteGuardrail"): _guardrail_deleted,
    **{
        (service, name): reader
        for service in ("bedrock", "bedrock-agent")  # CloudTrail names the first; the API model the second
        for name, reader in (
            ("CreateAgentAlias", _alias_put),
            ("UpdateAgentAlias", _alias_put),
            ("DeleteAgentAlias", _alias_deleted),
        )
    },
    ("sagemaker", "CreateEndpoint"): _endpoint_put,
    ("sagemaker", "UpdateEndpoint"): _endpoint_put,
    ("bedrock-agentcore", "CreateAgentRuntimeEndpoint"): _runtime_endpoint_put,
    ("bedrock-agentcore", "UpdateAgentRuntimeEndpoint"): _runtime_endpoint_put,
    **{
        (service, name): _flow_alias_put
        for service in ("bedrock", "bedrock-agent")
        for name in ("CreateFlowAlias", "UpdateFlowAlias")
    },
    **{
        (service, name): _application_put
        for service in ("bedrock", "bedrock-agent", "bedrock-agentcore")
        for name in PUTS
    },
}
