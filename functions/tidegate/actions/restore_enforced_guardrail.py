"""Enforce again the guardrail that the account enforced before it was removed, exchanged or narrowed.

`parameters["former"]` is the configuration from before the incident by our snapshots. A removed configuration comes
back under another id: it is known again by its guardrail and version.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tidegate.actions import switch
from tidegate.actions.action import Action, Clients, Family, Proof, Reach, Restored
from tidegate.actions.enforced import as_put, enforces, listed, short
from tidegate.actions.switch import Changed, Found, Setting, State
from tidegate.errors import Refused
from tidegate.model import Difference, Step

about = Action(
    id="restore_enforced_guardrail",
    summary="Enforce again the guardrail that the account enforced before the incident.",
    family=Family.PROTECTIONS,
    reads=("bedrock:ListEnforcedGuardrailsConfiguration",),
    changes=("bedrock:PutEnforcedGuardrailConfiguration", "bedrock:DeleteEnforcedGuardrailConfiguration"),
    calls=("bedrock:PutEnforcedGuardrailConfiguration",),
    limits="The guardrail and its version must still exist. Only configurations of the account: an organization's "
    "policy is changed in its own account.",
    reach=Reach.EVERY_CALL,
    undo="The configuration is put again as it was found, or deleted if there was none: only on a person's word.",
    for_good=True,
)


def snapshot(step: Step, clients: Clients) -> Found:
    """Raises Refused in another Region, and without a former configuration."""
    region, own = step.target.id.split("/")[2], clients.named("bedrock").meta.region_name
    if region != own:
        raise Refused(f"enforced guardrail of Region {region}: this stack acts in {own}. Restore it by hand.")
    former = step.parameters.get("former")
    if not former or former.get("deleted") or switch.hides(former):
        raise Refused(f"no configuration of {step.target.id} is known from before: enforce one by hand.")
    return switch.found(_setting(step, clients), as_put(former))


def differences(step: Step, found: Found) -> Iterable[Difference]:
    return switch.difference(step.target.id, found)


def apply(step: Step, found: Found, clients: Clients) -> Changed:
    return switch.applied(_setting(step, clients), found)


def verify(step: Step, found: Found, changed: Changed, clients: Clients) -> Proof:
    return switch.proven(_setting(step, clients), found)


def undo(step: Step, found: Found, changed: Changed | None, clients: Clients) -> Restored:
    return switch.undone(_setting(step, clients), found, changed)


def _setting(step: Step, clients: Clients) -> Setting:
    former = as_put(step.parameters["former"])

    def one() -> dict[str, Any] | None:
        """Under its own id; else, put anew, by guardrail and version."""
        now = listed(clients)
        same_id = (each for each in now if each.get("configId") == step.target.id.rpartition("/")[2])
        named = former["guardrailIdentifier"], former["guardrailVersion"]
        return next(same_id, None) or next((each for each in now if enforces(each, *named)), None)

    def read() -> State:
        present = one()
        return State(as_put(present) if present else None)

    def write(value: Any) -> None:
        present, bedrock = one(), clients.named("bedrock")
        if value is None:
            if present:
                bedrock.delete_enforced_guardrail_configuration(configId=present["configId"])
            return
        known = {"configId": present["configId"]} if present else {}
        bedrock.put_enforced_guardrail_configuration(guardrailInferenceConfig=value, **known)

    return Setting(step.target.id, read, write, same=_same)


def _same(wanted: Any, read: Any) -> bool:
    """A guardrail is put by id or ARN and listed by ARN."""
    if wanted is None or read is None:
        return wanted is read
    rest = {name: value for name, value in wanted.items() if name != "guardrailIdentifier"}
    return short(wanted["guardrailIdentifier"]) == short(read["guardrailIdentifier"]) and switch.holds(rest, read)
