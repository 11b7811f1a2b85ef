"""Disable one end user in the Cognito user pool, and end its refresh tokens.

ID and access tokens that are out already stay valid until they expire (5 minutes to a day, as the app client says)
wherever they are checked by signature alone: block the end user in the quota table as well. Signing out can't be
undone and needn't be: the user signs in again. `parameters["pool"]` is the user pool's id.
https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminUserGlobalSignOut.html
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tidegate.actions.action import Action, Clients, Family, Proof, Reach, Restored
from tidegate.errors import ChangedSince, NotProven, Refused
from tidegate.model import Difference, Model, Step

about = Action(
    id="sign_out_cognito_user",
    summary="Disable one end user in the Cognito user pool and end its sessions.",
    family=Family.CALLERS,
    reads=("cognito-idp:AdminGetUser", "cognito-idp:ListUsers"),
    changes=("cognito-idp:AdminDisableUser", "cognito-idp:AdminUserGlobalSignOut", "cognito-idp:AdminEnableUser"),
    calls=("cognito-idp:AdminDisableUser", "cognito-idp:AdminUserGlobalSignOut"),
    limits="ID and access tokens already issued live until they expire (at most a day) where only their signature is "
    "checked: the block in the quota table closes that gap.",
    reach=Reach.ONE_END_USER,
    undo="The user is enabled again if it was; it signs in anew.",
    shared=True,
)


class Found(Model):
    pool: str
    username: str
    enabled: bool


class Changed(Model):
    enabled: bool


def snapshot(step: Step, clients: Clients) -> Found:
    """Raises Refused when no pool is named or the end user is not in it."""
    pool = str(step.parameters.get("pool", ""))
    if not pool:
        raise Refused("no user pool is named: set UserPoolId, or block the end user in the quota table.")
    username = _username(pool, step.target.id, clients)
    enabled = _enabled(pool, username, clients)
    if username == "" or enabled is None:
        raise Refused(f"{step.target!s:.200} is no user of pool {pool}: block_end_user blocks it.")
    return Found(pool=pool, username=username, enabled=enabled)


def differences(step: Step, found: Found) -> Iterable[Difference]:
    yield Difference(resource=f"user-pool/{found.pool}/{found.username}/enabled", before=found.enabled, after=False)


def apply(step: Step, found: Found, clients: Clients) -> Changed:
    """Disabled first: who is signed out while enabled signs in again. Signing out twice does no harm."""
    who: Any = {"UserPoolId": found.pool, "Username": found.username}
    if _enabled(found.pool, found.username, clients):
        clients.named("cognito-idp").admin_disable_user(**who)
    clients.named("cognito-idp").admin_user_global_sign_out(**who)
    return Changed(enabled=False)


def verify(step: Step, found: Found, changed: Changed, clients: Clients) -> Proof:
    if _enabled(found.pool, found.username, clients):
        raise NotProven(f"user {found.username} of pool {found.pool} is still enabled.")
    return Proof(facts={"enabled": False, "tokens": "those already issued live until they expire"})


def undo(step: Step, found: Found, changed: Changed | None, clients: Clients) -> Restored:
    """Raises ChangedSince when the user has been deleted."""
    if not found.enabled:  # it was disabled already: nothing was changed
        return Restored(facts={"enabled": False}, already=True)
    now = _enabled(found.pool, found.username, clients)
    if now is None:
        raise ChangedSince(f"user {found.username} of pool {found.pool} has been deleted since.")
    if not now:
        clients.named("cognito-idp").admin_enable_user(UserPoolId=found.pool, Username=found.username)
    return Restored(facts={"enabled": True}, already=now)


def _username(pool: str, user: str, clients: Clients) -> str:
    """`user` is a username or a `sub`; empty for neither. A quote in a name would end the filter's string."""
    if _enabled(pool, user, clients) is not None:
        return user
    if '"' in user or "\\" in user:
        return ""
    found = clients.named("cognito-idp").list_users(UserPoolId=pool, Filter=f'sub = "{user}"', Limit=2)["Users"]
    return str(found[0]["Username"]) if len(found) == 1 else ""


def _enabled(pool: str, username: str, clients: Clients) -> bool | None:
    """None: no such user."""
    cognito = clients.named("cognito-idp")
    if not username or len(username) > 128:
        return None
    try:
        return bool(cognito.admin_get_user(UserPoolId=pool, Username=username)["Enabled"])
    except (cognito.exceptions.UserNotFoundException, cognito.exceptions.InvalidParameterException):
        return None
