"""Point an AgentCore runtime's endpoint to the version that it served before it was moved.

AgentCore keeps every version of a runtime, but not which one an endpoint pointed to: our snapshots say so
(`parameters["former"]`), else the latest version made before `parameters["before"]` (ISO 8601) is taken.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from tidegate.actions import switch
from tidegate.actions.action import Action, Clients, Family, Proof, Reach, Restored
from tidegate.actions.switch import Changed, Found, Setting, State
from tidegate.errors import Refused
from tidegate.model import Difference, Step

about = Action(
    id="roll_back_agent_runtime_endpoint",
    summary="Point an AgentCore runtime's endpoint to the version that it served before.",
    family=Family.MODELS,
    reads=(
        "bedrock-agentcore:GetAgentRuntimeEndpoint",
        "bedrock-agentcore:GetAgentRuntime",
        "bedrock-agentcore:ListAgentRuntimeVersions",
    ),
    changes=("bedrock-agentcore:UpdateAgentRuntimeEndpoint",),
    calls=("bedrock-agentcore:UpdateAgentRuntimeEndpoint",),
    limits="The DEFAULT endpoint always follows the latest version and can't be moved: deploy the former one anew. "
    "What a container's tag points to isn't compared.",
    reach=Reach.ONE_MODEL,
    undo="The endpoint points again to the version it was found at.",
)

# What makes one version of a runtime answer differently from another.
MATTERS = (
    "agentRuntimeArtifact",
    "roleArn",
    "networkConfiguration",
    "protocolConfiguration",
    "environmentVariables",
    "authorizerConfiguration",
)


def snapshot(step: Step, clients: Clients) -> Found:
    """Raises Refused for the DEFAULT endpoint, and when no former version is left."""
    runtime, _, name = step.target.id.partition("/")
    if name == "DEFAULT":
        raise Refused(f"the DEFAULT endpoint of runtime {runtime} follows the latest version: deploy the former anew.")
    setting = _setting(step, clients)
    now = str(setting.read().value)
    former = str((step.parameters.get("former") or {}).get("agentRuntimeVersion", "")) or _latest(step, now, clients)
    return switch.found(setting, former, _differing(step, now, former, clients))


def differences(step: Step, found: Found) -> Iterable[Difference]:
    return switch.difference(step.target.details.get("arn", step.target.id), found)


def apply(step: Step, found: Found, clients: Clients) -> Changed:
    return switch.applied(_setting(step, clients), found)


def verify(step: Step, found: Found, changed: Changed, clients: Clients) -> Proof:
    return switch.proven(_setting(step, clients), found)


def undo(step: Step, found: Found, changed: Changed | None, clients: Clients) -> Restored:
    return switch.undone(_setting(step, clients), found, changed)


def _setting(step: Step, clients: Clients) -> Setting:
    control, (runtime, _, name) = clients.named("bedrock-agentcore-control"), step.target.id.partition("/")
    named = {"agentRuntimeId": runtime, "endpointName": name}

    def now() -> dict[str, Any]:
        try:
            return dict(control.get_agent_runtime_endpoint(**named))
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceNotFoundException":
                raise
            raise Refused(f"runtime {runtime} has no endpoint {name} in this account and Region.") from error

    def read() -> State:
        found = now()
        version = found.get("targetVersion") or found.get("liveVersion", "")
        return State(str(version), settled=found["status"] == "READY", says=found["status"])

    def write(value: Any) -> None:
        described = {"description": text} if (text := now().get("description")) else {}
        control.update_agent_runtime_endpoint(**named, agentRuntimeVersion=value, **described)

    return Setting(f"endpoint {name} of runtime {runtime}", read, write)


def _latest(step: Step, now: str, clients: Clients) -> str:
    """The latest version that is older than the incident and isn't the one that is served."""
    runtime, before = step.target.id.partition("/")[0], str(step.parameters.get("before", ""))
    control, token = clients.named("bedrock-agentcore-control"), ""
    versions: list[dict[str, Any]] = []
    while True:
        page = control.list_agent_runtime_versions(agentRuntimeId=runtime, **({"nextToken": token} if token else {}))
        versions += page["agentRuntimes"]
        if not (token := page.get("nextToken", "")):
            break
    limit = datetime.fromisoformat(before) if before else None
    older = [
        str(one["agentRuntimeVersion"])
        for one in sorted(versions, key=lambda one: one["lastUpdatedAt"])
        if str(one["agentRuntimeVersion"]) != now and (limit is None or one["lastUpdatedAt"] < limit)
    ]
    if not older:
        raise Refused(f"runtime {runtime} has no version from before the incident: deploy a good one and point to it.")
    return older[-1]


def _differing(step: Step, now: str, former: str, clients: Clients) -> list[str]:
    runtime, control = step.target.id.partition("/")[0], clients.named("bedrock-agentcore-control")
    try:
        one, other = (
            control.get_agent_runtime(agentRuntimeId=runtime, agentRuntimeVersion=version) for version in (now, former)
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        raise Refused(f"version {former} of runtime {runtime} is gone: choose another version by hand.") from error
    return [part for part in MATTERS if one.get(part) != other.get(part)]
