"""Put a Bedrock flow's alias back to the version that it pointed to before it was moved.

`parameters["former"]` is its configuration from before the incident by our snapshots: AWS keeps no history of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from botocore.exceptions import ClientError

from tidegate.actions import switch
from tidegate.actions.action import Action, Clients, Family, Proof, Reach, Restored
from tidegate.actions.switch import Changed, Found, Setting, State
from tidegate.errors import Refused
from tidegate.model import Difference, Step

about = Action(
    id="roll_back_flow_alias",
    summary="Point a Bedrock flow's alias to the version that it pointed to before.",
    family=Family.MODELS,
    reads=("bedrock:GetFlowAlias", "bedrock:GetFlowVersion"),
    changes=("bedrock:UpdateFlowAlias",),
    calls=("bedrock:UpdateFlowAlias",),
    limits="The former version must still exist. An alias of a flow can't be paused.",
    reach=Reach.ONE_MODEL,
    undo="The alias points again where it was found to point.",
)


def snapshot(step: Step, clients: Clients) -> Found:
    """Raises Refused without a former version, or when it is gone or was never prepared."""
    former = (step.parameters.get("former") or {}).get("routingConfiguration")
    if not former:
        raise Refused(f"no former version of {step.target.id} is known: point the alias to a good one by hand.")
    setting = _setting(step, clients)
    now = setting.read().value
    return switch.found(setting, former, _differing(_nodes(step, now, clients), _nodes(step, former, clients)))


def differences(step: Step, found: Found) -> Iterable[Difference]:
    return switch.difference(step.target.details.get("arn", step.target.id), found)


def apply(step: Step, found: Found, clients: Clients) -> Changed:
    return switch.applied(_setting(step, clients), found)


def verify(step: Step, found: Found, changed: Changed, clients: Clients) -> Proof:
    return switch.proven(_setting(step, clients), found)


def undo(step: Step, found: Found, changed: Changed | None, clients: Clients) -> Restored:
    return switch.undone(_setting(step, clients), found, changed)


def _setting(step: Step, clients: Clients) -> Setting:
    agents, (flow, _, alias) = clients.named("bedrock-agent"), step.target.id.partition("/")
    named = {"flowIdentifier": flow, "aliasIdentifier": alias}

    def now() -> dict[str, Any]:
        try:
            return dict(agents.get_flow_alias(**named))
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceNotFoundException":
                raise
            raise Refused(f"flow {flow} has no alias {alias} in this account and Region.") from error

    def write(value: Any) -> None:
        found = now()
        kept = {name: found[name] for name in ("description", "concurrencyConfiguration") if found.get(name)}
        agents.update_flow_alias(**named, name=found["name"], routingConfiguration=value, **kept)

    return Setting(f"alias {alias} of flow {flow}", lambda: State(now()["routingConfiguration"]), write)


def _nodes(step: Step, routing: Any, clients: Clients) -> dict[str, Any]:
    """Node -> its definition, of the version that a routing names."""
    flow = step.target.id.partition("/")[0]
    version = next((str(route["flowVersion"]) for route in routing if route.get("flowVersion")), "")
    try:
        found = clients.named("bedrock-agent").get_flow_version(flowIdentifier=flow, flowVersion=version)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        raise Refused(f"version {version} of flow {flow} is gone: choose another version by hand.") from error
    if found["status"] != "Prepared":
        raise Refused(f"version {version} of flow {flow} is {found['status']}: choose another version by hand.")
    return {node["name"]: node for node in found.get("definition", {}).get("nodes", [])}


def _differing(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    return sorted(name for name in {*one, *other} if one.get(name) != other.get(name))
