"""IAM, enforced where a call leaves its client: a missing permission fails here as it would in AWS.

Sessions made by `role_session` and `user_session` carry a principal. Before each call its identity policies
(inline and managed, boundaries included) are read from the account as they are at that moment, every action and
resource that the call needs is decided, and the decision is kept in the account's list of calls. The operator's
session is not restricted. Session tokens are not signed or expired here; SCPs do not exist.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import boto3
from botocore.exceptions import ClientError

from tidegate_local.account import Account, Call
from tidegate_local.encryption import encryption_needs, iam_decides
from tidegate_local.policy_language import decide, listed, principal_matches
from tidegate_local.resource_arns import Need, needs
from tidegate_local.sessions import new_session
from tidegate_local.signing import SECRET

_PARAMETERS = "tidegate_parameters"


@dataclass(frozen=True)
class Caller:
    """Who a session acts as. `name`: role or user; `session`: of an assumed role, else empty."""

    name: str
    kind: str  # "role" or "user"
    arn: str
    user_id: str  # AROA...:session or AIDA...
    session: str
    since: datetime
    access_key: str

    @property
    def context(self) -> dict[str, str]:
        keys = {"aws:PrincipalArn": self.arn, "aws:userid": self.user_id}
        if self.kind == "role":
            keys |= {"aws:TokenIssueTime": self.since.isoformat(), "aws:PrincipalType": "AssumedRole"}
        else:
            keys |= {"aws:username": self.name, "aws:PrincipalType": "User"}
        return keys


def role_session(account: Account, role_arn: str, session_name: str) -> boto3.Session:
    """A session of a role, as its service gets it: enforced by the role's policies. Raises if there is no such role."""
    caller = role_caller(account, role_arn, session_name)
    session = new_session(caller.access_key, SECRET, SECRET, account.region)
    return _enforced(account, session, caller)


def refuse_role(
    account: Account, role_arn: str, service: str, operation: str, parameters: Mapping[str, Any]
) -> str | None:
    """Why a call that an AWS service makes with a role (Lambda polling a queue) is refused, or None."""
    return refuse(account, role_caller(account, role_arn, "service"), service, operation, parameters)


def role_allows(account: Account, role_arn: str, action: str, resource: str) -> bool:
    """What a service asks when it checks a role beforehand, without a call. Not kept in `account.calls`."""
    caller = role_caller(account, role_arn, "check")
    policies, boundary = _policies(account, caller)
    return _allows(policies, boundary, Need(action, resource), caller.context)


def role_caller(account: Account, role_arn: str, session_name: str) -> Caller:
    """Who a session of this role is. Raises NoSuchEntity if there is no such role."""
    role_name = role_arn.rsplit("/", 1)[-1]
    arn, identifier = _role(account, role_name)
    key = f"ASIA{identifier[4:20]}"  # 20 characters, as AWS's and as moto looks for
    return Caller(
        name=role_name,
        kind="role",
        arn=arn,
        user_id=f"{identifier}:{session_name}",
        session=session_name,
        since=account.clock(),
        access_key=key,
    )


def _role(account: Account, name: str) -> tuple[str, str]:
    """ARN and id. Looked up without a call: the poller asks before every receive."""
    for role in _iam_backend(account).roles.values():
        if role.name == name:
            return role.arn, role.id
    found = account.client("iam").get_role(RoleName=name)["Role"]  # raises
    return found["Arn"], found["RoleId"]


def user_session(account: Account, access_key_id: str, secret: str = SECRET) -> boto3.Session:
    """A session of an IAM user's access key; a key that is not Active is refused at the call, as in AWS."""
    user = account.client("iam").get_access_key_last_used(AccessKeyId=access_key_id)["UserName"]
    found = account.client("iam").get_user(UserName=user)["User"]
    caller = Caller(user, "user", found["Arn"], found["UserId"], "", account.clock(), access_key_id)
    return _enforced(account, new_session(access_key_id, secret, None, account.region), caller)


def _enforced(account: Account, session: boto3.Session, caller: Caller) -> boto3.Session:
    def keep(params: Mapping[str, Any], context: dict[str, Any], **_: object) -> None:
        context[_PARAMETERS] = dict(params)

    def check(model: Any, context: dict[str, Any], **_: object) -> tuple[Any, dict[str, Any]] | None:
        service = model.service_model.service_name
        refusal = refuse(account, caller, service, model.name, context.get(_PARAMETERS, {}))
        return None if refusal is None else _denied(model, refusal)

    session.events.register("before-parameter-build", keep)
    session.events.register_first("before-call", check)  # type: ignore[arg-type]  # answers instead of AWS
    return session


def refuse(account: Account, caller: Caller, service: str, operation: str, parameters: Mapping[str, Any]) -> str | None:
    """Why a call is refused, in AWS's words, or None. Every decision is kept in `account.calls`."""
    if caller.kind == "user" and not _key_is_active(account, caller):
        account.calls.append(Call(caller.name, f"{service}:{operation}", "*", False))
        return "The security token included in the request is invalid."
    general = {
        "aws:RequestedRegion": account.region,
        "aws:PrincipalAccount": account.id,
        "aws:ResourceAccount": account.id,
        "aws:SecureTransport": "true",
        "aws:CurrentTime": account.clock().isoformat(),
        "aws:EpochTime": str(int(account.clock.time())),
        "aws:ViaAWSService": "false",
        **caller.context,
    }
    policies, boundary = _policies(account, caller)
    keys = encryption_needs(account, service, operation, parameters)
    for need in [*needs(service, operation, parameters, lambda kind, name: _stored(account, kind, name)), *keys]:
        allowed = _allows(policies, boundary, need, {**general, **need.context})
        if need in keys:
            allowed = allowed and iam_decides(account, need)
        account.calls.append(Call(caller.name, need.action, need.resource, allowed, caller.session))
        if not allowed:
            who = caller.arn if caller.kind == "user" else _assumed(account, caller)
            return f"User: {who} is not authorized to perform: {need.action} on resource: {need.resource}"
    return None


def service_may(
    account: Account, service: str, action: str, resource: str, policy: Mapping[str, Any] | None, source: str
) -> bool:
    """Does a resource policy let an AWS service ("events.amazonaws.com") do this for the ARN `source`?"""
    context = {
        "aws:SourceArn": source,
        "aws:SourceAccount": account.id,
        "aws:PrincipalIsAWSService": "true",
        "aws:SecureTransport": "true",
    }
    statements = [one for one in listed((policy or {}).get("Statement", [])) if principal_matches(one, service)]
    allowed = decide([{"Statement": statements}], action, resource, context) is True
    account.calls.append(Call(service, action, resource, allowed))
    return allowed


def _allows(
    policies: list[dict[str, Any]], boundary: list[dict[str, Any]] | None, need: Need, context: Mapping[str, Any]
) -> bool:
    if decide(policies, need.action, need.resource, context) is not True:
        return False
    return boundary is None or decide(boundary, need.action, need.resource, context) is True


def _assumed(account: Account, caller: Caller) -> str:
    return f"arn:aws:sts::{account.id}:assumed-role/{caller.name}/{caller.session}"


def _iam_backend(account: Account) -> Any:
    from moto.iam.models import iam_backends

    return iam_backends[account.id]["aws"]


def _policies(account: Account, caller: Caller) -> tuple[list[dict[str, Any]], list[dict[str, Any]] | None]:
    backend = _iam_backend(account)
    if caller.kind == "role":
        holder = backend.get_role(caller.name)
        documents = [*holder.policies.values(), *_documents(holder.managed_policies.values())]
    else:
        holder = backend.get_user(caller.name)
        documents = [*holder.policies.values(), *_documents(holder.managed_policies.values())]
        for group in backend.get_groups_for_user(caller.name):
            documents += [*group.policies.values(), *_documents(group.managed_policies.values())]
    boundary = getattr(holder, "permissions_boundary_arn", None) or getattr(holder, "permissions_boundary", None)
    limits = None
    if boundary:
        arn = boundary["PermissionsBoundaryArn"] if isinstance(boundary, dict) else boundary
        limits = [_parsed(one) for one in _documents([backend.managed_policies[arn]])]
    return [_parsed(document) for document in documents], limits


def _documents(policies: Iterable[Any]) -> list[str]:
    return [next(version.document for version in policy.versions if version.is_default) for policy in policies]


def _parsed(document: str | dict[str, Any]) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(document) if isinstance(document, str) else document
    return parsed


def _key_is_active(account: Account, caller: Caller) -> bool:
    keys = _iam_backend(account).get_user(caller.name).access_keys
    return any(key.access_key_id == caller.access_key and key.status == "Active" for key in keys)


def _stored(account: Account, kind: str, name: str) -> str:
    """ARNs that can't be told from the name: users and roles have paths, secrets a random suffix."""
    iam = account.client("iam")
    try:
        match kind:
            case "user":
                return str(iam.get_user(UserName=name)["User"]["Arn"])
            case "role":
                return str(iam.get_role(RoleName=name)["Role"]["Arn"])
            case "access_key_user":
                return _stored(account, "user", iam.get_access_key_last_used(AccessKeyId=name)["UserName"])
            case "secret":
                return str(account.client("secretsmanager").describe_secret(SecretId=name)["ARN"])
            case "kms_key":
                return str(account.client("kms").describe_key(KeyId=name)["KeyMetadata"]["Arn"])
    except ClientError:  # not there (yet): the ARN it would have
        return _would_be(account, kind, name)
    raise ValueError(f"{kind}: not a kind of stored ARN")


def _would_be(account: Account, kind: str, name: str) -> str:
    if name.startswith("arn:"):
        return name
    match kind:
        case "secret":
            return f"arn:aws:secretsmanager:{account.region}:{account.id}:secret:{name}-??????"
        case "kms_key":
            return f"arn:aws:kms:{account.region}:{account.id}:key/{name}"
        case "access_key_user":
            return f"arn:aws:iam::{account.id}:user/*"
        case _:
            return f"arn:aws:iam::{account.id}:{kind}/{name}"


class _Refusal:
    """Stands for the HTTP response that AWS would have sent."""

    status_code = 403
    headers: Mapping[str, str] = {}
    content = b""


def _denied(model: Any, message: str) -> tuple[_Refusal, dict[str, Any]]:
    query = model.service_model.metadata.get("protocol") in ("query", "rest-xml", "ec2")
    code = "AccessDenied" if query or model.service_model.service_name == "sqs" else "AccessDeniedException"
    if "security token" in message:
        code = "InvalidClientTokenId" if query else "UnrecognizedClientException"
    metadata = {"HTTPStatusCode": 403, "RequestId": "00000000-0000-0000-0000-000000000403", "HTTPHeaders": {}}
    return _Refusal(), {"Error": {"Code": code, "Message": message}, "ResponseMetadata": metadata}
