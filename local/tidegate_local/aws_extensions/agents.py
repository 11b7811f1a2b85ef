"""bedrock-agent: updating and preparing agents, versions, and aliases with their history.

An alias made without a routing configuration takes a new version of the prepared draft. An update overwrites the
description; a routing configuration that is left out stays. Every change of routing ends the last history event
and begins one. States that AWS passes through (CREATING, UPDATING) are over at once.
https://docs.aws.amazon.com/bedrock/latest/APIReference/API_agent_UpdateAgentAlias.html
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from tidegate_local import hooks
from tidegate_local.aws_extensions.requests import body, from_path, has_form, new_id, now, page

_RESPONSE = "moto.bedrockagent.responses:AgentsforBedrockResponse"
_ALIAS_NAME = r"([0-9a-zA-Z][_-]?){1,100}"
_VERSION = r"DRAFT|[0-9]{0,4}[1-9][0-9]{0,4}"
_TEST_ALIAS = "TSTALIASID"
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
        "create_agent_alias": create_agent_alias,
        "get_agent_alias": get_agent_alias,
        "update_agent_alias": update_agent_alias,
        "list_agent_aliases": list_agent_aliases,
        "delete_agent_alias": delete_agent_alias,
    }
    for name, operation in operations.items():
        hooks.add(f"{_RESPONSE}.{name}", operation)
    hooks.replace("moto.bedrockagent.models:Agent.__init__", _with_proper_id)


def _with_proper_id(original: Callable[..., None]) -> Callable[..., None]:
    """Ten letters and digits, as AWS gives and as the API's patterns ask."""

    def init(self: Any, *given: Any, **named: Any) -> None:
        original(self, *given, **named)
        self.agent_id = new_id(10)
        self.agent_arn = f"arn:aws:bedrock:{self.region_name}:{self.account_id}:agent/{self.agent_id}"
        self.agent_version = "DRAFT"

    return init


def _store(response: Any, name: str, agent_id: str) -> dict[str, dict[str, Any]]:
    """Aliases or versions of an agent that exists, by id. Raises ResourceNotFoundException."""
    backend = response.bedrockagent_backend
    backend.get_agent(agent_id)
    everything: dict[str, dict[str, dict[str, Any]]] = vars(backend).setdefault(f"_tidegate_{name}", {})
    return everything.setdefault(agent_id, {})


def _invalid(message: str) -> Exception:
    from moto.bedrockagent.exceptions import ValidationException

    error: Exception = ValidationException(message)
    return error


def _missing(message: str) -> Exception:
    from moto.bedrockagent.exceptions import ResourceNotFoundException

    error: Exception = ResourceNotFoundException(message)
    return error


def _result(value: dict[str, Any]) -> Any:
    from moto.core.responses import ActionResult

    return ActionResult(copy.deepcopy(value))


# --- agents and versions --------------------------------------------------------------------------------------


def update_agent(self: Any) -> Any:
    agent, given = self.bedrockagent_backend.get_agent(from_path(self, "agentId")), body(self)
    for needed in ("agentName", "foundationModel", "agentResourceRoleArn"):
        if not given.get(needed):
            raise _invalid(f"{needed} is required")
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
    return _result({"agent": agent.to_dict()})


def prepare_agent(self: Any) -> Any:
    agent = self.bedrockagent_backend.get_agent(from_path(self, "agentId"))
    agent.agent_status = "PREPARED"
    agent.prepared_at = now().timestamp()
    answer = {"agentId": agent.agent_id, "agentStatus": "PREPARED", "agentVersion": "DRAFT", "preparedAt": now()}
    return _result(answer)


def _as_version(agent: Any, version: str) -> dict[str, Any]:
    settings = agent.to_dict()
    if guardrail := getattr(agent, "guardrail_configuration", None):
        settings["guardrailConfiguration"] = guardrail
    kept = {key: settings[key] for key in _SETTINGS if key in settings}
    identity = {"agentId": agent.agent_id, "agentArn": agent.agent_arn, "version": version, "agentStatus": "PREPARED"}
    return kept | identity | {"createdAt": now(), "updatedAt": now()}


def _new_version(response: Any, agent_id: str) -> str:
    agent = response.bedrockagent_backend.get_agent(agent_id)
    if agent.agent_status != "PREPARED":
        raise _invalid(f"Agent {agent_id} is in {agent.agent_status} state: prepare it before making a version of it")
    versions = _store(response, "versions", agent_id)
    number = str(max((int(one) for one in versions), default=0) + 1)
    versions[number] = _as_version(agent, number)
    return number


def get_agent_version(self: Any) -> Any:
    agent_id, version = from_path(self, "agentId"), from_path(self, "agentVersion")
    versions = _store(self, "versions", agent_id)
    if version == "DRAFT":
        return _result({"agentVersion": _as_version(self.bedrockagent_backend.get_agent(agent_id), "DRAFT")})
    if version not in versions:
        raise _missing(f"Agent {agent_id} has no version {version}")
    return _result({"agentVersion": versions[version]})


def list_agent_versions(self: Any) -> Any:
    agent_id = from_path(self, "agentId")
    everything = list(_store(self, "versions", agent_id).values())
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
    return _result({"agentVersionSummaries": summaries} | ({"nextToken": token} if token else {}))


def delete_agent_version(self: Any) -> Any:
    from moto.bedrockagent.exceptions import ConflictException

    agent_id, version = from_path(self, "agentId"), from_path(self, "agentVersion")
    versions = _store(self, "versions", agent_id)
    if version not in versions:
        raise _missing(f"Agent {agent_id} has no version {version}")
    used = [one["agentAliasName"] for one in _store(self, "aliases", agent_id).values() if _version_of(one) == version]
    if used and self._get_param("skipResourceInUseCheck") not in (True, "true"):
        raise ConflictException(f"Version {version} is used by alias {used[0]}")
    del versions[version]
    return _result({"agentId": agent_id, "agentVersion": version, "agentStatus": "DELETING"})


# --- aliases --------------------------------------------------------------------------------------------------


def _version_of(alias: dict[str, Any]) -> str:
    routing = alias["routingConfiguration"]
    return str(routing[0]["agentVersion"]) if routing else ""


def _alias_arn(response: Any, agent_id: str, alias_id: str) -> str:
    return f"arn:aws:bedrock:{response.region}:{response.current_account}:agent-alias/{agent_id}/{alias_id}"


def _checked_routing(response: Any, agent_id: str, routing: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if len(routing) != 1:
        raise _invalid("routingConfiguration must have one item")
    version = routing[0].get("agentVersion", "")
    if not has_form(version, _VERSION):
        raise _invalid(f"agentVersion {version!r} does not match {_VERSION}")
    if version == "DRAFT":
        raise _invalid("An alias can't be associated with the DRAFT version")
    if version not in _store(response, "versions", agent_id):
        raise _missing(f"Agent {agent_id} has no version {version}")
    return copy.deepcopy(routing)


def _checked_name(name: Any) -> str:
    if not has_form(name, _ALIAS_NAME):
        raise _invalid(f"agentAliasName {name!r} does not match {_ALIAS_NAME}")
    return str(name)


def create_agent_alias(self: Any) -> Any:
    from moto.bedrockagent.exceptions import ConflictException

    agent_id, given = from_path(self, "agentId"), body(self)
    aliases = _store(self, "aliases", agent_id)
    name = _checked_name(given.get("agentAliasName"))
    if any(one["agentAliasName"] == name for one in aliases.values()):
        raise ConflictException(f"Agent {agent_id} has an alias named {name} already")
    if given.get("routingConfiguration"):
        routing = _checked_routing(self, agent_id, given["routingConfiguration"])
    else:
        routing = [{"agentVersion": _new_version(self, agent_id)}]
    alias_id, made = new_id(10), now()
    alias = {
        "agentId": agent_id,
        "agentAliasId": alias_id,
        "agentAliasName": name,
        "agentAliasArn": _alias_arn(self, agent_id, alias_id),
        "routingConfiguration": routing,
        "createdAt": made,
        "updatedAt": made,
        "agentAliasHistoryEvents": [{"routingConfiguration": routing, "startDate": made}],
        "agentAliasStatus": "PREPARED",
        "aliasInvocationState": "ACCEPT_INVOCATIONS",
    }
    if given.get("description"):
        alias["description"] = given["description"]
    aliases[alias_id] = alias
    return _result({"agentAlias": alias})


def _alias(response: Any) -> dict[str, Any]:
    agent_id, alias_id = from_path(response, "agentId"), from_path(response, "agentAliasId")
    aliases = _store(response, "aliases", agent_id)
    if alias_id == _TEST_ALIAS:
        return _test_alias(response, agent_id)
    if alias_id not in aliases:
        raise _missing(f"Agent {agent_id} has no alias {alias_id}")
    return aliases[alias_id]


def _test_alias(response: Any, agent_id: str) -> dict[str, Any]:
    """Every agent has it, for its draft."""
    agent = response.bedrockagent_backend.get_agent(agent_id)
    return {
        "agentId": agent_id,
        "agentAliasId": _TEST_ALIAS,
        "agentAliasName": "AgentTestAlias",
        "agentAliasArn": _alias_arn(response, agent_id, _TEST_ALIAS),
        "routingConfiguration": [{"agentVersion": "DRAFT"}],
        "createdAt": agent.created_at,
        "updatedAt": agent.created_at,
        "agentAliasStatus": "PREPARED",
        "aliasInvocationState": "ACCEPT_INVOCATIONS",
    }


def get_agent_alias(self: Any) -> Any:
    return _result({"agentAlias": _alias(self)})


def update_agent_alias(self: Any) -> Any:
    alias, given = _alias(self), body(self)
    if alias["agentAliasId"] == _TEST_ALIAS:
        raise _invalid(f"{_TEST_ALIAS} can't be updated")
    name = _checked_name(given.get("agentAliasName"))
    state = given.get("aliasInvocationState", alias["aliasInvocationState"])
    if state not in ("ACCEPT_INVOCATIONS", "REJECT_INVOCATIONS"):
        raise _invalid(f"aliasInvocationState {state!r} is neither ACCEPT_INVOCATIONS nor REJECT_INVOCATIONS")
    routing = alias["routingConfiguration"]
    if given.get("routingConfiguration"):
        routing = _checked_routing(self, alias["agentId"], given["routingConfiguration"])
    moment = now()
    if routing != alias["routingConfiguration"]:
        alias["agentAliasHistoryEvents"][-1]["endDate"] = moment
        alias["agentAliasHistoryEvents"].append({"routingConfiguration": routing, "startDate": moment})
    alias |= {
        "agentAliasName": name,
        "routingConfiguration": routing,
        "aliasInvocationState": state,
        "updatedAt": moment,
    }
    alias.pop("description", None)
    if given.get("description"):
        alias["description"] = given["description"]
    return _result({"agentAlias": alias})


def list_agent_aliases(self: Any) -> Any:
    agent_id = from_path(self, "agentId")
    everything = [_test_alias(self, agent_id), *_store(self, "aliases", agent_id).values()]
    shown, token = page(everything, body(self))
    hidden = ("agentId", "agentAliasArn", "agentAliasHistoryEvents")
    summaries = [{key: value for key, value in one.items() if key not in hidden} for one in shown]
    return _result({"agentAliasSummaries": summaries} | ({"nextToken": token} if token else {}))


def delete_agent_alias(self: Any) -> Any:
    alias = _alias(self)
    if alias["agentAliasId"] == _TEST_ALIAS:
        raise _invalid(f"{_TEST_ALIAS} can't be deleted")
    del _store(self, "aliases", alias["agentId"])[alias["agentAliasId"]]
    return _result({"agentId": alias["agentId"], "agentAliasId": alias["agentAliasId"], "agentAliasStatus": "DELETING"})
