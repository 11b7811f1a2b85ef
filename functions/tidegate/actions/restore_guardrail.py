"""Put a guardrail's draft back to the configuration it had before it was weakened.

`parameters["former"]` is the last configuration that our snapshots know from before the incident, in the form in which
it is put. A deleted guardrail can't be restored: AWS gives a new one another id, and applications name the old one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from botocore.exceptions import ClientError

from tidegate.actions import switch
from tidegate.actions.action import Action, Clients, Family, Proof, Reach, Restored
from tidegate.actions.switch import Changed, Found, Setting, State
from tidegate.configurations.read_back import guardrail as as_put
from tidegate.errors import Refused
from tidegate.model import Difference, Step

about = Action(
    id="restore_guardrail",
    summary="Put a guardrail's draft back to its configuration from before the incident.",
    family=Family.PROTECTIONS,
    reads=("bedrock:GetGuardrail",),
    changes=("bedrock:UpdateGuardrail",),
    calls=("bedrock:UpdateGuardrail",),
    limits="The draft only: published versions can't be changed, and an application that pins one isn't affected. A "
    "guardrail with a key of the customer's needs that key's policy to let the function's role use it.",
    reach=Reach.ONE_GUARDRAIL,
    undo="The draft is put again as it was found: only on a person's word, because that weakens it again.",
    for_good=True,
)

_NEEDED = ("name", "blockedInputMessaging", "blockedOutputsMessaging")  # UpdateGuardrail asks for them


def snapshot(step: Step, clients: Clients) -> Found:
    """Raises Refused for a deleted guardrail, and without a former configuration that can be put back."""
    former = step.parameters.get("former")
    name = step.target.id.rpartition("/")[2]
    if not former or former.get("deleted"):
        raise Refused(f"no configuration of guardrail {name} is known from before: compare its published versions.")
    if switch.hides(former):
        raise Refused(
            f"the former configuration of guardrail {name} comes from CloudTrail, which hides parts of it: restore it "
            "by hand from a published version. The daily snapshot reads it whole."
        )
    now = _read(step, clients)
    if step.target.id.startswith("arn:") and now["guardrailArn"] != step.target.id:
        raise Refused(f"{step.target.id} belongs to another account or Region than {now['guardrailArn']}.")
    wanted = {needed: now[needed] for needed in _NEEDED} | former
    differs = sorted({*wanted, *as_put(now)} - {key for key in wanted if wanted[key] == as_put(now).get(key)})
    return switch.found(_setting(step, clients), wanted, differs)


def differences(step: Step, found: Found) -> Iterable[Difference]:
    for policy in found.differs:
        yield Difference(
            resource=f"{step.target.id}/{policy}", before=found.now.get(policy), after=found.former.get(policy)
        )


def apply(step: Step, found: Found, clients: Clients) -> Changed:
    return switch.applied(_setting(step, clients), found)


def verify(step: Step, found: Found, changed: Changed, clients: Clients) -> Proof:
    proof = switch.proven(_setting(step, clients), found)
    return Proof(facts={"status": proof.facts["status"], "restored": list(found.differs)})


def undo(step: Step, found: Found, changed: Changed | None, clients: Clients) -> Restored:
    return switch.undone(_setting(step, clients), found, changed)


def _setting(step: Step, clients: Clients) -> Setting:
    def read() -> State:
        now = _read(step, clients)
        return State(as_put(now), settled=now["status"] == "READY", says=now["status"])

    def write(value: dict[str, Any]) -> None:
        clients.named("bedrock").update_guardrail(guardrailIdentifier=step.target.id, **value)

    return Setting(step.target.id, read, write, same=_same)


def _same(wanted: dict[str, Any], read: dict[str, Any]) -> bool:
    """No policy more, none less: an update replaces the guardrail as a whole."""
    return set(wanted) == set(read) and switch.holds(wanted, read)


def _read(step: Step, clients: Clients) -> dict[str, Any]:
    try:
        found = clients.named("bedrock").get_guardrail(guardrailIdentifier=step.target.id, guardrailVersion="DRAFT")
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        raise Refused(
            f"there is no guardrail {step.target.id} here, and a deleted one's id never comes back: create it anew "
            "from the snapshot table, give applications the new id, and enforce a surge guardrail meanwhile."
        ) from error
    return dict(found)
