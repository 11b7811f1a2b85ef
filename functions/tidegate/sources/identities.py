"""Who signed a call, out of the ways AWS writes it: CloudTrail's userIdentity, an ARN, GuardDuty's key details.

`Principal.name` is an IAM user's or a role's name and nothing else. A web or SAML identity chooses its own
user name: taken as an IAM user's, it would let a stranger have that user contained.
"""

from __future__ import annotations

from functools import lru_cache

import msgspec

from tidegate.model import Principal, narrowest_caller

NOBODY = Principal()


class _Issuer(msgspec.Struct, gc=False):
    type: str | None = None
    arn: str | None = None
    accountId: str | None = None  # noqa: N815 - AWS's names throughout
    userName: str | None = None  # noqa: N815


class _SessionContext(msgspec.Struct, gc=False):
    sessionIssuer: _Issuer | None = None  # noqa: N815


class _UserIdentity(msgspec.Struct, gc=False):
    type: str | None = None
    principalId: str | None = None  # noqa: N815
    arn: str | None = None
    accountId: str | None = None  # noqa: N815
    accessKeyId: str | None = None  # noqa: N815
    userName: str | None = None  # noqa: N815
    invokedBy: str | None = None  # noqa: N815
    sessionContext: _SessionContext | None = None  # noqa: N815


_user_identity = msgspec.json.Decoder(_UserIdentity | None).decode


@lru_cache(maxsize=8192)
def of_user_identity(identity: bytes) -> tuple[Principal, str]:
    """(principal, caller) of a CloudTrail `userIdentity`. Raises msgspec.MsgspecError if it is none.

    Cached by its bytes: a caller's records carry the same identity again and again.
    """
    found = _user_identity(identity)
    if found is None:
        return NOBODY, narrowest_caller(NOBODY)
    kind, arn, principal_id = found.type or "", found.arn or "", found.principalId or ""
    issuer = (found.sessionContext and found.sessionContext.sessionIssuer) or _Issuer()
    name = session = ""
    if kind in ("AssumedRole", "Role"):
        named = _names(arn)
        name = issuer.userName or named[0]
        session = named[1] or principal_id.partition(":")[2]
    elif kind == "IAMUser":
        name = found.userName or _names(arn)[0]
    elif kind == "FederatedUser":  # GetFederationToken: acts with the rights of the IAM user who called it
        name = (issuer.userName or "") if issuer.type == "IAMUser" else ""
    principal = Principal(
        kind=kind,
        arn=arn,
        account=found.accountId or issuer.accountId or "",
        principal_id=principal_id,
        access_key=found.accessKeyId or "",
        name=name,
        session=session,
        role_arn=(issuer.arn or "") if kind in ("AssumedRole", "Role") else "",
        invoked_by=found.invokedBy or "",
    )
    return principal, narrowest_caller(principal)


@lru_cache(maxsize=8192)
def of_arn(arn: str) -> Principal:
    """The principal an ARN names, as the invocation log gives it: no key, no principal id.

    The ARN of the role behind a session is left out: its path is not in the session's ARN.
    """
    parts = arn.split(":", 5)
    if len(parts) < 6:
        return Principal(arn=arn)
    account, resource = parts[4], parts[5]
    if resource == "root":
        return Principal(kind="Root", arn=arn, account=account)
    name, session = _names(arn)
    match resource.partition("/")[0]:
        case "assumed-role":
            return Principal(kind="AssumedRole", arn=arn, account=account, name=name, session=session)
        case "user":
            return Principal(kind="IAMUser", arn=arn, account=account, name=name)
        case "role":
            return Principal(kind="Role", arn=arn, account=account, name=name)
        case "federated-user":
            return Principal(kind="FederatedUser", arn=arn, account=account)
    return Principal(arn=arn, account=account)


def of_access_key(*, kind: str, name: str, principal_id: str, access_key: str, account: str) -> Principal:
    """GuardDuty's accessKeyDetails: `userName` is a user's or a role's name, the session is in the principal id."""
    if kind == "Root":
        return Principal(kind=kind, account=account, principal_id=principal_id, access_key=access_key)
    is_role = kind in ("AssumedRole", "Role")
    return Principal(
        kind=kind,
        account=account,
        principal_id=principal_id,
        access_key=access_key,
        name=name if is_role or kind == "IAMUser" else "",
        session=principal_id.partition(":")[2] if is_role else "",
    )


def _names(arn: str) -> tuple[str, str]:
    """(name, session) of `...:assumed-role/NAME/SESSION`, `...:user/PATH/NAME`, `...:role/PATH/NAME`."""
    kind, _, rest = arn.rpartition(":")[2].partition("/")
    if kind == "assumed-role":
        name, _, session = rest.partition("/")
        return name, session
    return rest.rpartition("/")[2], ""
