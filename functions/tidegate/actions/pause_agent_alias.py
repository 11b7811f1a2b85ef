"""Let a Bedrock agent's alias take no calls: when no good version is left to route it to.

Applications that call it get AWS's refusal, and should answer their users with the maintenance message of the
application's `[[continuity]]` rule.
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
    id="pause_agent_alias",
    summary="Let a Bedrock agent's alias take no calls.",
    family=Family.MODELS,
    reads=("bedrock:GetAgentAlias",),
    changes=("bedrock:UpdateAgentAlias",),
    calls=("bedrock:UpdateAgentAlias",),
    limits="Sessions under way end with their next call. TSTALIASID always follows the draft and can't be paused.",
    reach=Reach.ONE_ALIAS,
    undo="The alias takes calls again as it was found.",
)

PAUSED = "REJECT_INVOCATIONS"
OPEN = "ACCEPT_INVOCATIONS"


def snapshot(step: Step, clients: Clients) -> Found:
    """Raises Refused for the test alias, an unknown one, and one that is paused already."""
    agent, _, alias = step.target.id.partition("/")
    if not agent or not alias or alias == "TSTALIASID":
        raise Refused(f"{step.target!s:.200}: only a named alias can be paused; the test alias follows the draft.")
    return switch.found(_setting(step, clients), PAUSED)


def differences(step: Step, found: Found) -> Iterable[Difference]:
    return switch.difference(step.target.details.get("arn", step.target.id), found)


def apply(step: Step, found: Found, clients: Clients) -> Changed:
    return switch.applied(_setting(step, clients), found)


def verify(step: Step, found: Found, changed: Changed, clients: Clients) -> Proof:
    return switch.proven(_setting(step, clients), found)


def undo(step: Step, found: Found, changed: Changed | None, clients: Clients) -> Restored:
    return switch.undone(_setting(step, clients), found, changed)


def _setting(step: Step, clients: Clients) -> Setting:
    agent, _, alias = step.target.id.partition("/")

    def now() -> dict[str, Any]:
        try:
            return dict(clients.agents.get_agent_alias(agentId=agent, agentAliasId=alias)["agentAlias"])
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceNotFoundException":
                raise
            raise Refused(f"agent {agent} has no alias {alias} in this account and Region.") from error

    def read() -> State:
        found = now()
        status = str(found["agentAliasStatus"])
        return State(found.get("aliasInvocationState", OPEN), settled=status != "UPDATING", says=status)

    def write(value: Any) -> None:
        found = now()
        described: dict[str, Any] = {"description": found["description"]} if found.get("description") else {}
        clients.agents.update_agent_alias(
            agentId=agent,
            agentAliasId=alias,
            agentAliasName=found["agentAliasName"],
            routingConfiguration=found["routingConfiguration"],
            aliasInvocationState=value,
            **described,
        )

    return Setting(f"alias {alias} of agent {agent}", read, write)
