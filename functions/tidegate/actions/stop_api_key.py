"""Stop the long-term Bedrock API keys of an IAM user.

A long-term key (`ABSK...`, `bearerTokenType` LONG_TERM) is a service-specific credential of a user, in most cases of a
`BedrockAPIKey-*` user that the console made for it. A short-term one (SHORT_TERM) is no credential of IAM's and can't
be switched off: deny_bearer_tokens and deny_role_session stop it. Events never carry the key itself, so every active
Bedrock key of the user is stopped (two for each service at most).
https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateServiceSpecificCredential.html
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from tidegate.actions import inline_policy
from tidegate.actions.action import Action, Clients, Family, Proof, Reach, Restored
from tidegate.errors import ChangedSince, NotProven, Refused
from tidegate.model import Difference, Model, Step

about = Action(
    id="stop_api_key",
    summary="Make the long-term Bedrock API keys of an IAM user inactive.",
    family=Family.CREDENTIALS,
    reads=("iam:ListServiceSpecificCredentials",),
    changes=("iam:UpdateServiceSpecificCredential",),
    calls=("iam:UpdateServiceSpecificCredential",),
    limits="Long-term keys only; a short-term key is denied with the session that made it. All Bedrock keys of the "
    "user stop, because no event says which of two was used.",
    reach=Reach.ONE_API_KEY,
    undo="Each key is made active again if it was. With `stolen` it stays inactive: make a new one.",
    kept=lambda step: KEPT if step.parameters.get("stolen") else "",
)

KEPT = "a stolen API key is not made active again"

SERVICES = ("bedrock.amazonaws.com", "bedrock-mantle.amazonaws.com")

type Status = Literal["Active", "Inactive", "Expired"]


class Found(Model):
    user: str
    keys: dict[str, Literal["Active", "Inactive", "Expired"]]  # id of the credential -> status; never a secret


class Changed(Model):
    stopped: tuple[str, ...]


def snapshot(step: Step, clients: Clients) -> Found:
    """Raises Refused for short-term keys, and for a user without Bedrock API keys."""
    user = step.target.id
    if step.target.kind != "api_key" or not inline_policy.NAME.fullmatch(user):
        raise Refused(
            f"{step.target!s:.200} carries no long-term API key: a short-term key is stopped by deny_bearer_tokens on "
            "the identity that made it, and deny_role_session on its session."
        )
    found = Found(user=user, keys=api_keys_of(user, clients))
    if not found.keys:
        raise Refused(f"IAM user {user} has no Bedrock API key in this account: deny_iam_user denies the user.")
    return found


def differences(step: Step, found: Found) -> Iterable[Difference]:
    for key, status in found.keys.items():
        after = "Inactive" if status == "Active" else status
        yield Difference(resource=f"user/{found.user}/api-key/{key}", before=status, after=after)


def apply(step: Step, found: Found, clients: Clients) -> Changed:
    """Only the keys on record: one made since is nobody's approval, and the deny of its user covers it."""
    now = api_keys_of(found.user, clients)
    for key in found.keys:
        if now.get(key) == "Active":
            _set(found.user, key, "Inactive", clients)
    return Changed(stopped=tuple(key for key, status in found.keys.items() if status == "Active"))


def verify(step: Step, found: Found, changed: Changed, clients: Clients) -> Proof:
    """A key that was deleted meanwhile is as stopped as can be."""
    now = api_keys_of(found.user, clients)
    if active := [key for key in found.keys if now.get(key) == "Active"]:
        raise NotProven(f"API key {', '.join(active)} of user {found.user} is still active.")
    return Proof(facts={"status": {key: now.get(key, "Deleted") for key in found.keys}})


def undo(step: Step, found: Found, changed: Changed | None, clients: Clients) -> Restored:
    """Raises ChangedSince when a key has been deleted."""
    now = api_keys_of(found.user, clients)
    if kept := about.kept(step):
        return Restored(facts={"status": dict(now)}, kept=kept)
    if gone := [key for key, status in found.keys.items() if status == "Active" and key not in now]:
        raise ChangedSince(f"API key {', '.join(gone)} of user {found.user} has been deleted: it can't come back.")
    stopped = [key for key, status in found.keys.items() if status == "Active" and now[key] == "Inactive"]
    for key in stopped:
        _set(found.user, key, "Active", clients)
    return Restored(facts={"status": dict(found.keys)}, already=not stopped)


def api_keys_of(user: str, clients: Clients) -> dict[str, Status]:
    keys: dict[str, Status] = {}
    for service in SERVICES:
        try:
            listed = clients.iam.list_service_specific_credentials(UserName=user, ServiceName=service)
        except clients.iam.exceptions.NoSuchEntityException:
            return {}
        keys |= {one["ServiceSpecificCredentialId"]: one["Status"] for one in listed["ServiceSpecificCredentials"]}
    return dict(sorted(keys.items()))


def api_keys_made_at(user: str, clients: Clients) -> list[datetime]:
    """When each of the user's active Bedrock API keys was made."""
    made: list[datetime] = []
    for service in SERVICES:
        try:
            listed = clients.iam.list_service_specific_credentials(UserName=user, ServiceName=service)
        except clients.iam.exceptions.NoSuchEntityException:
            return []
        made += [one["CreateDate"] for one in listed["ServiceSpecificCredentials"] if one["Status"] == "Active"]
    return made


def _set(user: str, key: str, status: Literal["Active", "Inactive"], clients: Clients) -> None:
    clients.iam.update_service_specific_credential(UserName=user, ServiceSpecificCredentialId=key, Status=status)
