"""Put a Bedrock agent's alias back to the version that served before it was moved.

The former version comes from the alias's own history (`agentAliasHistoryEvents`): the one that served just before
`parameters["before"]` (ISO 8601, the incident's first event), else the one before the current. With
`parameters["pause"]` the alias takes no calls while it switches.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from tidegate.actions.action import Action, Clients, Family, Proof, Reach, Restored
from tidegate.errors import ChangedSince, NotProven, Refused, Retryable
from tidegate.model import Difference, Model, Step

about = Action(
    id="roll_back_agent_alias",
    summary="Route a Bedrock agent's alias to the version that served before the swap.",
    family=Family.MODELS,
    reads=("bedrock:GetAgentAlias", "bedrock:GetAgentVersion"),
    changes=("bedrock:UpdateAgentAlias",),
    calls=("bedrock:UpdateAgentAlias",),
    limits="Needs a former version in the alias's history. TSTALIASID always follows the draft and can't be moved.",
    reach=Reach.ONE_ALIAS,
    undo="The alias is routed again as it was found.",
)

# What makes one version of an agent answer differently from another.
MATTERS = (
    "foundationModel",
    "instruction",
    "agentResourceRoleArn",
    "guardrailConfiguration",
    "promptOverrideConfiguration",
    "memoryConfiguration",
)

type Routing = tuple[dict[str, str], ...]


class Found(Model):
    agent: str
    alias: str
    name: str
    description: str
    routing: tuple[dict[str, str], ...]
    invocations: str  # ACCEPT_INVOCATIONS or REJECT_INVOCATIONS
    former: tuple[dict[str, str], ...]  # the routing to go back to
    differs: tuple[str, ...]  # what differs between the two versions, by name


class Changed(Model):
    routing: tuple[dict[str, str], ...]


def snapshot(step: Step, clients: Clients) -> Found:
    """Raises Refused for the test alias, an unknown alias, and a history without a former version."""
    agent, _, alias = step.target.id.partition("/")
    if not agent or not alias or alias == "TSTALIASID":
        raise Refused(f"{step.target!s:.200}: only a named alias can be routed; the test alias follows the draft.")
    now = _read(agent, alias, clients)
    routing = _routing(now["routingConfiguration"])
    former = _former(now, routing, str(step.parameters.get("before", "")))
    return Found(
        agent=agent,
        alias=alias,
        name=now["agentAliasName"],
        description=now.get("description", ""),
        routing=routing,
        invocations=now.get("aliasInvocationState", "ACCEPT_INVOCATIONS"),
        former=former,
        differs=_differing(_digests(agent, routing, clients), _digests(agent, former, clients)),
    )


def differences(step: Step, found: Found) -> Iterable[Difference]:
    resource = f"agent/{found.agent}/alias/{found.alias}"
    yield Difference(resource=f"{resource}/routing", before=list(found.routing), after=list(found.former))
    yield Difference(resource=f"{resource}/what-differs", before=list(found.differs), after=[])


def apply(step: Step, found: Found, clients: Clients) -> Changed:
    """Raises ChangedSince when the alias has been routed elsewhere since the snapshot; Retryable while it pauses."""
    now = _read(found.agent, found.alias, clients)
    routing = _routing(now["routingConfiguration"])
    if routing not in (found.routing, found.former):
        raise ChangedSince(f"alias {found.alias} of agent {found.agent}: routed elsewhere since the snapshot.")
    if routing == found.former:
        if now.get("aliasInvocationState", found.invocations) != found.invocations:
            _update(found, found.former, found.invocations, clients)
        return Changed(routing=found.former)
    if step.parameters.get("pause") and now.get("aliasInvocationState") != "REJECT_INVOCATIONS":
        _update(found, found.routing, "REJECT_INVOCATIONS", clients)
        now = _read(found.agent, found.alias, clients)
    if now["agentAliasStatus"] == "UPDATING":
        raise Retryable(f"alias {found.alias} of agent {found.agent} is updating: it is switched when that is done.")
    _update(found, found.former, found.invocations, clients)
    return Changed(routing=found.former)


def verify(step: Step, found: Found, changed: Changed, clients: Clients) -> Proof:
    now = _read(found.agent, found.alias, clients)
    routing, status = _routing(now["routingConfiguration"]), now["agentAliasStatus"]
    if routing != found.former or status != "PREPARED":
        raise NotProven(f"alias {found.alias} of agent {found.agent}: {status}, routed to {_versions(routing)}.")
    return Proof(facts={"status": status, "routing": list(routing), "invocations": now.get("aliasInvocationState", "")})


def undo(step: Step, found: Found, changed: Changed | None, clients: Clients) -> Restored:
    now = _read(found.agent, found.alias, clients)
    routing = _routing(now["routingConfiguration"])
    if routing not in (found.routing, found.former):
        raise ChangedSince(
            f"alias {found.alias} of agent {found.agent}: routed to {_versions(routing)} by someone else since; "
            "it is left as it is."
        )
    already = routing == found.routing and now.get("aliasInvocationState", found.invocations) == found.invocations
    if not already:
        _update(found, found.routing, found.invocations, clients)
    return Restored(facts={"routing": list(found.routing)}, already=already)


def _read(agent: str, alias: str, clients: Clients) -> dict[str, Any]:
    try:
        return dict(clients.agents.get_agent_alias(agentId=agent, agentAliasId=alias)["agentAlias"])
    except clients.agents.exceptions.ResourceNotFoundException as error:
        raise Refused(f"agent {agent} has no alias {alias} in this account and Region.") from error


def _update(found: Found, routing: Routing, invocations: str, clients: Clients) -> None:
    given: dict[str, Any] = {"description": found.description} if found.description else {}
    clients.agents.update_agent_alias(
        agentId=found.agent,
        agentAliasId=found.alias,
        agentAliasName=found.name,
        routingConfiguration=[dict(route) for route in routing],  # type: ignore[misc]
        aliasInvocationState=invocations,  # type: ignore[arg-type]
        **given,
    )


def _former(alias: dict[str, Any], routing: Routing, before: str) -> Routing:
    """The routing in force just before `before`, else the latest one that is not the current.

    Raises Refused when there is none, or when the alias has been put back since `before`: the latest other one
    would then be the swapped one.
    """
    where = f"alias {alias['agentAliasId']} of agent {alias['agentId']}"
    events = [event for event in alias.get("agentAliasHistoryEvents", []) if event.get("routingConfiguration")]
    served = sorted(events, key=lambda event: _time(event["startDate"]))
    if before:
        limit = datetime.fromisoformat(before)
        earlier = [_routing(event["routingConfiguration"]) for event in served if _time(event["startDate"]) < limit]
        if earlier and earlier[-1] != routing:
            return earlier[-1]
        if earlier and _time(served[-1]["startDate"]) >= limit:
            raise Refused(f"{where} serves again what it served before the incident: nothing is left to roll back.")
    others = [_routing(event["routingConfiguration"]) for event in served]
    others = [other for other in others if other != routing]
    if not others:
        raise Refused(
            f"{where} has no former version in its history: set aliasInvocationState to REJECT_INVOCATIONS to stop it."
        )
    return others[-1]


def _digests(agent: str, routing: Routing, clients: Clients) -> dict[str, str]:
    """Part -> SHA-256 of it. Raises Refused when a version is gone."""
    digests: dict[str, str] = {}
    for version in (route["agentVersion"] for route in routing if route.get("agentVersion", "DRAFT") != "DRAFT"):
        try:
            parts = clients.agents.get_agent_version(agentId=agent, agentVersion=version)["agentVersion"]
        except clients.agents.exceptions.ResourceNotFoundException as error:
            raise Refused(f"version {version} of agent {agent} is gone: choose another version by hand.") from error
        for part in MATTERS:
            value = json.dumps(parts.get(part), sort_keys=True, default=str)
            digests[part] = digests.get(part, "") + hashlib.sha256(value.encode()).hexdigest()
    return digests


def _differing(one: dict[str, str], other: dict[str, str]) -> tuple[str, ...]:
    return tuple(part for part in MATTERS if one.get(part) != other.get(part))


def _routing(configuration: Iterable[Any]) -> Routing:
    return tuple({name: str(value) for name, value in route.items()} for route in configuration)


def _versions(routing: Routing) -> str:
    return ", ".join(route.get("agentVersion", "?") for route in routing)


def _time(value: datetime) -> datetime:
    return value if value.tzinfo else value.replace(tzinfo=UTC)
