"""bedrock-agent: updating and preparing agents, and their versions.

An update leaves the draft NOT_PREPARED until it is prepared again. States that AWS passes through (PREPARING,
DELETING) are over at once.
https://docs.aws.amazon.com/bedrock/latest/APIReference/API_agent_UpdateAgent.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tidegate_local import hooks
from tidegate_local.aws_extensions.requests import body, from_path, new_id, now, page
from tidegate_local.aws_extensions.results import result

RESPONSE = "moto.bedrockagent.responses:AgentsforBedrockResponse"
_SETTINGS = (
    "agentName", "instruction", "foundationModel", "description", "idleSessionTTLInSeconds", "agentResourceRoleArn",
    "customerEncryptionKeyArn", "promptOverrideConfiguration", "guardrailConfiguration", "memoryConfiguration",
)  # fmt: skip


def install() -> None:
    operations: dict[str, Callable[[Any], Any]] = {
        "update_agent": update_agent,
        "prepare_agent": prepare_agent,
        "get_agent_version": get_agent_version,
        "list_agent_versions": list_agent_versions,
        "delete_agent_version": delete_agent_version,
    }
    for name, operation in operations.items():
        hooks.add(f"{RESPONSE}.{name}", operation)
    hooks.replace("moto.bedrockagent.models:Agent.__init__", _with_proper_id)


def _with_proper_id(original: Callable[..., None]) -> Callable[..., None]:
    """Ten letters and digits, as AWS gives and as the API's patterns ask."""

    def init(self: Any, *given: Any, **named: Any) -> None:
        original(self, *given, **named)
        self.agent_id = new_id(10)
        self.agent_arn = f"arn:aws:bedrock:{self.region_name}:{self.account_id}:agent/{self.agent_id}"
        self.agent_version = "DRAFT"

    return init


def store_of(response: Any, name: str, agent_id: str) -> dict[str, dict[str, Any]]:
    """Aliases or versions of an agent that exists, by id. Raises ResourceNotFoundException."""
    backend = response.bedrockagent_backend
    backend.get_agent(agent_id)
    everything: dict[str, dict[str, dict[str, Any]]] = vars(backend).setdefault(f"_tidegate_{name}", {})
    return everything.setdefault(agent_id, {})


def invalid(message: str) -> Exception:
    from moto.bedrockagent.exceptions import ValidationException

    error: Exception = ValidationException(message)
    return error


def missing(message: str) -> Exception:
    from moto.bedrockagent.exceptions import ResourceNotFoundException

    error: Exception = ResourceNotFoundException(message)
    return error


def update_agent(self: Any) -> Any:
    agent, given = self.bedrockagent_backend.get_agent(from_path(self, "agentId")), body(self)
    for needed in ("agentName", "foundationModel", "agentResourceRoleArn"):
        if not given.get(needed):
            raise invalid(f"{needed} is required")
    agent.agent_name = given["agentName"]
    agent.foundation_model = given["foundationModel"]
    agent.agent_resource_role_arn = given["agentResourceRoleArn"]
    agent.instruction = given.get("instruction")
    agent.description = given.get("description")
    agent.idle_session_ttl_in_seconds = given.get("idleSessionTTLInSeconds", 600)
    agent.customer_encryption_key_arn = given.get("customerEncryptionKeyArn")
    agent.prompt_override_configuration = given.get("promptOverrideConfiguration")
    agent.guardrail_configuration = given.get("guardrailConfiguration")
    agent.agent_status = "NOT_PREPARED"
    agent.updated_at = now().timestamp()
    return result({"agent": agent.to_dict()})


def prepare_agent(self: Any) -> Any:
    agent = self.bedrockagent_backend.get_agent(from_path(self, "agentId"))
    agent.agent_status = "PREPARED"
    agent.prepared_at = now().timestamp()
    answer = {"agentId": agent.agent_id, "agentStatus": "PREPARED", "agentVersion": "DRAFT", "preparedAt": now()}
    return result(answer)


def _as_version(agent: Any, version: str) -> dict[str, Any]:
    settings = agent.to_dict()
    if guardrail := getattr(agent, "guardrail_configuration", None):
        settings["guardrailConfiguration"] = guardrail
    kept = {key: settings[key] for key in _SETTINGS if key in settings}
    identity = {"agentId": agent.agent_id, "agentArn": agent.agent_arn, "version": version, "agentStatus": "PREPARED"}
    return kept | identity | {"createdAt": now(), "updatedAt": now()}


def new_version(response: Any, agent_id: str) -> str:
    agent = response.bedrockagent_backend.get_agent(agent_id)
    if agent.agent_status != "PREPARED":
        raise invalid(f"Agent {agent_id} is in {agent.agent_status} state: prepare it before making a version of it")
    versions = store_of(response, "versions", agent_id)
    number = str(max((int(one) for one in versions), default=0) + 1)
    versions[number] = _as_version(agent, number)
    return number


def get_agent_version(self: Any) -> Any:
    agent_id, version = from_path(self, "agentId"), from_path(self, "agentVersion")
    versions = store_of(self, "versions", agent_id)
    if version == "DRAFT":
        return result({"agentVersion": _as_version(self.bedrockagent_backend.get_agent(agent_id), "DRAFT")})
    if version not in versions:
        raise missing(f"Agent {agent_id} has no version {version}")
    return result({"agentVersion": versions[version]})


def list_agent_versions(self: Any) -> Any:
    agent_id = from_path(self, "agentId")
    everything = list(store_of(self, "versions", agent_id).values())
    draft = _as_version(self.bedrockagent_backend.get_agent(agent_id), "DRAFT")
    shown, token = page([draft, *everything], body(self))
    summaries = [
        {
            "agentName": one["agentName"],
            "agentStatus": one["agentStatus"],
            "agentVersion": one["version"],
            "createdAt": one["createdAt"],
            "updatedAt": one["updatedAt"],
        }
        for one in shown
    ]
    return result({"agentVersionSummaries": summaries} | ({"nextToken": token} if token else {}))


def delete_agent_version(self: Any) -> Any:
    from moto.bedrockagent.exceptions import ConflictException

    agent_id, version = from_path(self, "agentId"), from_path(self, "agentVersion")
    versions = store_of(self, "versions", agent_id)
    if version not in versions:
        raise missing(f"Agent {agent_id} has no version {version}")
    used = [one["agentAliasName"] for one in store_of(self, "aliases", agent_id).values() if version_of(one) == version]
    if used and self._get_param("skipResourceInUseCheck") not in (True, "true"):
        raise ConflictException(f"Version {version} is used by alias {used[0]}")
    del versions[version]
    return result({"agentId": agent_id, "agentVersion": version, "agentStatus": "DELETING"})


def version_of(alias: dict[str, Any]) -> str:
    routing = alias["routingConfiguration"]
    return str(routing[0]["agentVersion"]) if routing else ""
