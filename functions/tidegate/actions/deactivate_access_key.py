"""Stop one access key of an IAM user. A stolen key is never re-activated; a planned rotation's may be.

`parameters["planned"]` is true for a rotation that nobody suspects; only then does undo re-activate.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from tidegate.actions.action import Action, Clients, Family, Proof, Reach, Restored
from tidegate.errors import ChangedSince, NotProven, Refused
from tidegate.model import Difference, Model, Step

about = Action(
    id="deactivate_access_key",
    summary="Make one access key of an IAM user inactive.",
    family=Family.CREDENTIALS,
    reads=("iam:GetAccessKeyLastUsed", "iam:ListAccessKeys"),
    changes=("iam:UpdateAccessKey",),
    calls=("iam:UpdateAccessKey",),
    limits="Long-term keys (AKIA) only; root's keys and temporary ones (ASIA) are refused. What the key has made "
    "before lives on: revoke_minted_credentials and deny_role_session stop it.",
    reach=Reach.ONE_KEY,
    undo="A stolen key stays inactive. The key of a planned rotation is made active again.",
    kept=lambda step: "" if step.parameters.get("planned") else KEPT,
)

KEPT = "a stolen key is not made active again"

LONG_TERM_KEY = re.compile(r"AKIA[A-Z0-9]{12,124}")


class Found(Model):
    user: str
    status: str  # Active or Inactive
    last_used: str  # ISO 8601, or "never"
    last_used_service: str
    keys: tuple[str, ...]  # every key of the user


class Changed(Model):
    status: str


def snapshot(step: Step, clients: Clients) -> Found:
    key = step.target.id
    if not LONG_TERM_KEY.fullmatch(key):
        raise Refused(f"{step.target!s:.200} is not a long-term access key: deny the role session instead.")
    user = step.target.details.get("user") or owner_of(key, clients)
    statuses = statuses_of(user, clients)
    if key not in statuses:
        raise Refused(f"key {key} is not one of user {user}: look for its owner in the account that issued it.")
    used = clients.iam.get_access_key_last_used(AccessKeyId=key)["AccessKeyLastUsed"]
    date = used.get("LastUsedDate")
    return Found(
        user=user,
        status=statuses[key],
        last_used=date.isoformat() if date else "never",
        last_used_service=used.get("ServiceName", "N/A"),
        keys=tuple(sorted(statuses)),
    )


def differences(step: Step, found: Found) -> Iterable[Difference]:
    yield Difference(resource=f"user/{found.user}/key/{step.target.id}", before=found.status, after="Inactive")


def apply(step: Step, found: Found, clients: Clients) -> Changed:
    if statuses_of(found.user, clients).get(step.target.id) == "Active":
        _set(step, found, "Inactive", clients)
    return Changed(status="Inactive")


def verify(step: Step, found: Found, changed: Changed, clients: Clients) -> Proof:
    """A key that was deleted meanwhile is as stopped as can be."""
    status = statuses_of(found.user, clients).get(step.target.id, "Deleted")
    if status == "Active":
        raise NotProven(f"key {step.target.id} of user {found.user} is still active.")
    return Proof(facts={"status": status, "last_used_before": found.last_used})


def undo(step: Step, found: Found, changed: Changed | None, clients: Clients) -> Restored:
    """Raises ChangedSince when a planned rotation's key has been deleted."""
    status = statuses_of(found.user, clients).get(step.target.id, "Deleted")
    if kept := about.kept(step):
        return Restored(facts={"status": status}, kept=kept)
    if status == "Deleted":
        raise ChangedSince(f"key {step.target.id} of user {found.user} has been deleted: nothing can be re-activated.")
    if status != found.status:
        _set(step, found, "Active" if found.status == "Active" else "Inactive", clients)
    return Restored(facts={"status": found.status}, already=status == found.status)


def owner_of(key: str, clients: Clients) -> str:
    """Raises Refused for keys that no IAM user of this account holds."""
    refusal = f"key {key} belongs to no IAM user of this account: act in the account that issued it."
    try:
        user = clients.iam.get_access_key_last_used(AccessKeyId=key).get("UserName", "")
    except (clients.iam.exceptions.NoSuchEntityException, clients.iam.exceptions.ClientError) as error:
        if error.response["Error"]["Code"] not in ("NoSuchEntity", "AccessDenied"):  # AWS says denied for others' keys
            raise
        raise Refused(refusal) from error
    if not user or user.startswith("<"):  # "<root_account>"
        raise Refused(f"{refusal} A root user's key is deleted by the root user, in its own security credentials page.")
    return user


def statuses_of(user: str, clients: Clients) -> dict[str, str]:
    try:
        keys = clients.iam.list_access_keys(UserName=user)["AccessKeyMetadata"]
    except clients.iam.exceptions.NoSuchEntityException:
        return {}
    return {key["AccessKeyId"]: str(key["Status"]) for key in keys}


def made_at(user: str, key: str, clients: Clients) -> datetime | None:
    """When IAM made the key; None where the user has no such key."""
    try:
        keys = clients.iam.list_access_keys(UserName=user)["AccessKeyMetadata"]
    except clients.iam.exceptions.NoSuchEntityException:
        return None
    return next((each["CreateDate"] for each in keys if each["AccessKeyId"] == key), None)


def _set(step: Step, found: Found, status: Literal["Active", "Inactive"], clients: Clients) -> None:
    clients.iam.update_access_key(UserName=found.user, AccessKeyId=step.target.id, Status=status)
