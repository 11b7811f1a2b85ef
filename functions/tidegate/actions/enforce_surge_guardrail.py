"""Enforce a stricter guardrail on every model call of the account, for as long as the incident is open.

Which one is the user's choice (the SurgeGuardrail parameter: id or ARN, a colon, the published version). It covers
calls that name no guardrail too, so it stands in for one that was weakened or deleted.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tidegate.actions.action import Action, Clients, Family, Proof, Reach, Restored
from tidegate.actions.enforced import as_put, enforces, listed, short
from tidegate.errors import ChangedSince, NotProven, Refused
from tidegate.model import Difference, Model, Step

about = Action(
    id="enforce_surge_guardrail",
    summary="Enforce the surge guardrail on every model call of the account while the incident is open.",
    family=Family.PROTECTIONS,
    reads=("bedrock:ListEnforcedGuardrailsConfiguration",),
    changes=("bedrock:PutEnforcedGuardrailConfiguration", "bedrock:DeleteEnforcedGuardrailConfiguration"),
    calls=("bedrock:PutEnforcedGuardrailConfiguration",),
    limits="Only where the account enforces none yet: an enforced guardrail of its own is never replaced. One Region. "
    "The guardrail's resource policy must let the account's callers apply it.",
    reach=Reach.EVERY_CALL,
    undo="The enforced configuration is deleted, at its expiry or on a person's word.",
)


class Found(Model):
    guardrail: str
    version: str
    enforced: tuple[dict[str, Any], ...]  # what the account enforced already: nothing


class Changed(Model):
    config: str  # configId


def snapshot(step: Step, clients: Clients) -> Found:
    """Raises Refused when the account enforces a guardrail already."""
    guardrail, version = str(step.parameters["guardrail"]), str(step.parameters["version"])
    now = listed(clients)
    if now:
        names = ", ".join(short(as_put(each)["guardrailIdentifier"]) for each in now)
        raise Refused(f"the account enforces guardrail {names} already: strengthen that one if it lets too much pass.")
    return Found(guardrail=guardrail, version=version, enforced=())


def differences(step: Step, found: Found) -> Iterable[Difference]:
    yield Difference(resource=step.target.id, before=list(found.enforced), after=[_wanted(found)])


def apply(step: Step, found: Found, clients: Clients) -> Changed:
    """Raises ChangedSince when the account enforces another one by now."""
    if ours := _ours(found, clients):
        return Changed(config=ours)
    put = clients.named("bedrock").put_enforced_guardrail_configuration(guardrailInferenceConfig=_wanted(found))
    return Changed(config=put["configId"])


def verify(step: Step, found: Found, changed: Changed, clients: Clients) -> Proof:
    if _ours(found, clients) != changed.config:
        raise NotProven(f"guardrail {found.guardrail} is not listed as enforced yet.")
    return Proof(facts={"config": changed.config, "guardrail": found.guardrail, "version": found.version})


def undo(step: Step, found: Found, changed: Changed | None, clients: Clients) -> Restored:
    """Raises ChangedSince when our configuration enforces another guardrail by now."""
    now = listed(clients)
    ours = [each for each in now if enforces(each, found.guardrail, found.version)]
    if changed and not ours and any(each.get("configId") == changed.config for each in now):
        raise ChangedSince(f"enforced configuration {changed.config} was given another guardrail: it is left as it is.")
    for each in ours:
        clients.named("bedrock").delete_enforced_guardrail_configuration(configId=each["configId"])
    left = [short(as_put(each)["guardrailIdentifier"]) for each in now if each not in ours]
    return Restored(facts={"enforced": left}, already=not ours)


def _wanted(found: Found) -> dict[str, str]:
    return {"guardrailIdentifier": found.guardrail, "guardrailVersion": found.version}


def _ours(found: Found, clients: Clients) -> str:
    now = listed(clients)
    for each in now:
        if enforces(each, found.guardrail, found.version):
            return str(each["configId"])
    if now:
        raise ChangedSince("the account enforces a guardrail of its own by now: nothing was added to it.")
    return ""
