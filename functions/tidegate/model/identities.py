"""Who called, under every name it goes by, and ids that depend on content alone.

A caller is `kind:value`, the narrowest identity known: `user:` an application's end user (from
requestMetadata), `session:ROLE/SESSION`, `role:ROLE`, `key:ACCESS_KEY_ID`, `iam-user:NAME`,
`root:ACCOUNT`, `service:NAME`, `unknown:ACCOUNT`. Names are unique in an account, so the account is carried beside it.
"""

from __future__ import annotations

import hashlib

import msgspec


class Principal(msgspec.Struct, frozen=True, gc=False):
    """Who signed a call, as far as the source says. Empty strings where it doesn't."""

    kind: str = ""  # CloudTrail userIdentity.type: IAMUser, AssumedRole, Root, AWSService, ...
    arn: str = ""
    account: str = ""
    principal_id: str = ""  # AIDA..., AROA...:session
    access_key: str = ""
    name: str = ""  # IAM user name, or role name
    session: str = ""  # role session name
    role_arn: str = ""  # sessionIssuer arn
    invoked_by: str = ""


def narrowest_caller(principal: Principal, end_user: str = "") -> str:
    """The caller of a record, in the order user, session, role, IAM user, key, root, service."""
    if end_user:
        return "user:" + end_user
    if principal.session:
        return f"session:{principal.name}/{principal.session}"
    if principal.kind == "Root":
        return "root:" + principal.account
    if principal.kind in ("AssumedRole", "Role") and principal.name:
        return "role:" + principal.name
    if principal.name:
        return "iam-user:" + principal.name
    if principal.access_key:
        return "key:" + principal.access_key
    if principal.invoked_by:
        return "service:" + principal.invoked_by
    return "unknown:" + principal.account


def related_callers(principal: Principal, end_user: str = "") -> tuple[str, ...]:
    """Every `kind:value` this principal goes by, narrowest first; the first is `narrowest_caller`."""
    names = [narrowest_caller(principal, end_user)]
    if end_user:
        names.append(narrowest_caller(principal))
    if principal.session:
        names.append("role:" + principal.name)
    if principal.access_key:
        names.append("key:" + principal.access_key)
    return tuple(dict.fromkeys(names))


def derived_id(prefix: str, *parts: str) -> str:
    """A short id that depends on content alone, so that a replay gives the same: PREFIX-20 hex digits."""
    digest = hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
    return f"{prefix}-{digest[:20]}"
