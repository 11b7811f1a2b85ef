"""bedrock-agent: aliases of agents, with their history.

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
from tidegate_local.aws_extensions.agents import RESPONSE, invalid, missing, new_version, store_of
from tidegate_local.aws_extensions.requests import body, from_path, has_form, new_id, now, page
from tidegate_local.aws_extensions.results import result

_ALIAS_NAME = r"([0-9a-zA-Z][_-]?){1,100}"
_VERSION = r"DRAFT|[0-9]{0,4}[1-9][0-9]{0,4}"
_TEST_ALIAS = "TSTALIASID"


def install() -> None:
    operations: dict[str, Callable[[Any], Any]] = {
        "create_agent_alias": create_agent_alias,
        "get_agent_alias": get_agent_alias,
        "update_agent_alias": update_agent_alias,
        "list_agent_aliases": list_agent_aliases,
        "delete_agent_alias": delete_agent_alias,
    }
    for name, operation in operations.items():
        hooks.add(f"{RESPONSE}.{name}", operation)


def _alias_arn(response: Any, agent_id: str, alias_id: str) -> str:
    return f"arn:aws:bedrock:{response.region}:{response.current_account}:agent-alias/{agent_id}/{alias_id}"


def _checked_routing(response: Any, agent_id: str, routing: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if len(routing) != 1:
        raise invalid("routingConfiguration must have one item")
    version = routing[0].get("agentVersion", "")
    if not has_form(version, _VERSION):
        raise invalid(f"agentVersion {version!r} does not match {_VERSION}")
    if version == "DRAFT":
        raise invalid("An alias can't be associated with the DRAFT version")
    if version not in store_of(response, "versions", agent_id):
        raise missing(f"Agent {agent_id} has no version {version}")
    return copy.deepcopy(routing)


def _checked_name(name: Any) -> str:
    if not has_form(name, _ALIAS_NAME):
        raise invalid(f"agentAliasName {name!r} does not match {_ALIAS_NAME}")
    return str(name)


def create_agent_alias(self: Any) -> Any:
    from moto.bedrockagent.exceptions import ConflictException

    agent_id, given = from_path(self, "agentId"), body(self)
    aliases = store_of(self, "aliases", agent_id)
    name = _checked_name(given.get("agentAliasName"))
    if any(one["agentAliasName"] == name for one in aliases.values()):
        raise ConflictException(f"Agent {agent_id} has an alias named {name} already")
    if given.get("routingConfiguration"):
        routing = _checked_routing(self, agent_id, given["routingConfiguration"])
    else:
        routing = [{"agentVersion": new_version(self, agent_id)}]
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
    return result({"agentAlias": alias})


def _alias(response: Any) -> dict[str, Any]:
    agent_id, alias_id = from_path(response, "agentId"), from_path(response, "agentAliasId")
    aliases = store_of(response, "aliases", agent_id)
    if alias_id == _TEST_ALIAS:
        return _test_alias(response, agent_id)
    if alias_id not in aliases:
        raise missing(f"Agent {agent_id} has no alias {alias_id}")
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
    return result({"agentAlias": _alias(self)})


def update_agent_alias(self: Any) -> Any:
    alias, given = _alias(self), body(self)
    if alias["agentAliasId"] == _TEST_ALIAS:
        raise invalid(f"{_TEST_ALIAS} can't be updated")
    name = _checked_name(given.get("agentAliasName"))
    state = given.get("aliasInvocationState", alias["aliasInvocationState"])
    if state not in ("ACCEPT_INVOCATIONS", "REJECT_INVOCATIONS"):
        raise invalid(f"aliasInvocationState {state!r} is neither ACCEPT_INVOCATIONS nor REJECT_INVOCATIONS")
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
    return result({"agentAlias": alias})


def list_agent_aliases(self: Any) -> Any:
    agent_id = from_path(self, "agentId")
    everything = [_test_alias(self, agent_id), *store_of(self, "aliases", agent_id).values()]
    shown, token = page(everything, body(self))
    hidden = ("agentId", "agentAliasArn", "agentAliasHistoryEvents")
    summaries = [{key: value for key, value in one.items() if key not in hidden} for one in shown]
    return result({"agentAliasSummaries": summaries} | ({"nextToken": token} if token else {}))


def delete_agent_alias(self: Any) -> Any:
    alias = _alias(self)
    if alias["agentAliasId"] == _TEST_ALIAS:
        raise invalid(f"{_TEST_ALIAS} can't be deleted")
    del store_of(self, "aliases", alias["agentId"])[alias["agentAliasId"]]
    return result({"agentId": alias["agentId"], "agentAliasId": alias["agentAliasId"], "agentAliasStatus": "DELETING"})
