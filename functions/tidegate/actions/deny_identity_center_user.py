"""Deny one person of Identity Center models and escalation, in the permission set of the role that was used.

`AWSReservedSSO_*` roles can't be edited: their policies come from the permission set. A Deny on `identitystore:userId`
goes into its inline policy and is provisioned to the incident's account; other people with the same permission set go
on. Identity Center keeps one inline policy for each permission set: what was there is kept and put back byte for byte.
Works in the account that administers Identity Center (the management account or its delegate).

The target is the session: AWSReservedSSO_SET_0123456789abcdef/USERNAME.
https://docs.aws.amazon.com/singlesignon/latest/userguide/prereqs-revoking-user-permissions.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from tidegate.actions import containment_policy as policy
from tidegate.actions.action import Action, Clients, Family, Proof, Reach, Restored
from tidegate.errors import NotProven, Permanent, Refused, Retryable
from tidegate.model import Difference, Model, Step

LIMIT = 10_240  # characters of inline policy of the role that a permission set becomes

about = Action(
    id="deny_identity_center_user",
    summary="Deny one person of Identity Center models and escalation, in the permission set that was used.",
    family=Family.ACCOUNT,
    reads=(
        "sso:ListInstances",
        "sso:ListPermissionSets",
        "sso:DescribePermissionSet",
        "sso:GetInlinePolicyForPermissionSet",
        "sso:DescribePermissionSetProvisioningStatus",
        "identitystore:ListUsers",
    ),
    changes=(
        "sso:PutInlinePolicyToPermissionSet",
        "sso:DeleteInlinePolicyFromPermissionSet",
        "sso:ProvisionPermissionSet",
    ),
    calls=("sso:PutInlinePolicyToPermissionSet", "sso:ProvisionPermissionSet"),
    limits=f"{LIMIT:,} characters of inline policy. The one permission set and the incident's account only: the "
    "person's other permission sets, accounts and the portal session stay, so end that session in Identity Center as "
    "well. Works in the account that administers Identity Center.",
    reach=Reach.ONE_PERSON,
    undo="The inline policy of the permission set is put back as it was found, and provisioned again.",
)

TARGET = re.compile(r"AWSReservedSSO_(?P<set>[\w+=,.@-]{1,32})_[0-9a-f]{16}/(?P<user>[\w+=,.@-]{1,128})", re.ASCII)
UNFINISHED, FAILED = "IN_PROGRESS", "FAILED"


class Found(Model):
    instance: str
    permission_set: str
    user_id: str
    document: str  # the inline policy, byte for byte; empty: none


class Changed(Model):
    document: str
    request: str  # of the provisioning


def snapshot(step: Step, clients: Clients) -> Found:
    """Raises Refused for what is no Identity Center session, a set or person not known here, and no room."""
    target = TARGET.fullmatch(step.target.id)
    if not target:
        raise Refused(
            f"{step.target!s:.200} is no session of an Identity Center role: deny_role_session denies others."
        )
    admin = clients.named("sso-admin")
    instances = admin.list_instances()["Instances"]
    if not instances:
        raise Refused("Identity Center is not administered from this account: deny identitystore:userId where it is.")
    instance = instances[0]
    permission_set = _permission_set(instance["InstanceArn"], target["set"], clients)
    user_id = _user_id(instance["IdentityStoreId"], target["user"], clients)
    document = _read(instance["InstanceArn"], permission_set, clients)
    found = Found(instance=instance["InstanceArn"], permission_set=permission_set, user_id=user_id, document=document)
    policy.refuse_when_full(
        policy.with_statement(document or None, _statement(step, found)),
        0,
        limit=LIMIT,
        resource=f"permission set {target['set']}",
        alternative="Deny the person by a service control policy on identitystore:userId.",
    )
    return found


def differences(step: Step, found: Found) -> Iterable[Difference]:
    statement = _statement(step, found)
    yield Difference(
        resource=f"{found.permission_set}/inline/{statement['Sid']}",
        before=policy.own_statement(found.document or None, statement),
        after=statement,
    )


def apply(step: Step, found: Found, clients: Clients) -> Changed:
    """Provisioned anew each time it is said: provisioning the same policy twice does no harm."""
    now, statement = _read(found.instance, found.permission_set, clients), _statement(step, found)
    if policy.own_statement(now or None, statement) != statement:
        now = policy.with_statement(now or None, statement)
        _put(found, now, clients)
    return Changed(document=now, request=_provision(step, found, clients))


def verify(step: Step, found: Found, changed: Changed, clients: Clients) -> Proof:
    """Raises Permanent when Identity Center could not write the role."""
    statement = _statement(step, found)
    now = _read(found.instance, found.permission_set, clients)
    if policy.own_statement(now or None, statement) != statement:
        raise NotProven(f"permission set {found.permission_set} does not show statement {statement['Sid']}.")
    _need_provisioned(found, changed.request, clients)
    return Proof(facts={"permission_set": found.permission_set, "denied": found.user_id, "provisioned": True})


def undo(step: Step, found: Found, changed: Changed | None, clients: Clients) -> Restored:
    """Raises ChangedSince when our statement has been edited, Retryable while the role is being written."""
    now = _read(found.instance, found.permission_set, clients)
    then = policy.restored(
        now or None, found.document or None, changed.document if changed else None, _statement(step, found),
        f"permission set {found.permission_set}",
    )  # fmt: skip
    if (then or "") != now:
        _put(found, then or "", clients)
    _need_provisioned(found, _provision(step, found, clients), clients)  # also where a crash came between the two
    return Restored(facts={"document": then or ""}, already=(then or "") == now)


def _statement(step: Step, found: Found) -> policy.Statement:
    return policy.deny(step, policy.EVERYTHING, {"StringEquals": {"identitystore:userId": found.user_id}})


def _permission_set(instance: str, name: str, clients: Clients) -> str:
    admin = clients.named("sso-admin")
    for page in admin.get_paginator("list_permission_sets").paginate(InstanceArn=instance):
        for arn in page["PermissionSets"]:
            described = admin.describe_permission_set(InstanceArn=instance, PermissionSetArn=arn)["PermissionSet"]
            if described["Name"] == name:
                return str(arn)
    raise Refused(f"Identity Center has no permission set {name}: it was renamed or deleted, or is another instance's.")


def _user_id(store: str, name: str, clients: Clients) -> str:
    """The session's name is the person's user name."""
    filters = [{"AttributePath": "UserName", "AttributeValue": name}]
    users = clients.named("identitystore").list_users(IdentityStoreId=store, Filters=filters)["Users"]
    if len(users) != 1:
        raise Refused(f"the identity store knows {len(users)} users of the name {name}: deny the person by hand.")
    return str(users[0]["UserId"])


def _read(instance: str, permission_set: str, clients: Clients) -> str:
    given: dict[str, Any] = clients.named("sso-admin").get_inline_policy_for_permission_set(
        InstanceArn=instance, PermissionSetArn=permission_set
    )
    return str(given.get("InlinePolicy", ""))


def _put(found: Found, document: str, clients: Clients) -> None:
    which: Any = {"InstanceArn": found.instance, "PermissionSetArn": found.permission_set}
    admin = clients.named("sso-admin")
    if document:
        admin.put_inline_policy_to_permission_set(**which, InlinePolicy=document)
    else:
        admin.delete_inline_policy_from_permission_set(**which)


def _provision(step: Step, found: Found, clients: Clients) -> str:
    answer = clients.named("sso-admin").provision_permission_set(
        InstanceArn=found.instance,
        PermissionSetArn=found.permission_set,
        TargetType="AWS_ACCOUNT",
        TargetId=step.target.account,
    )
    return str(answer["PermissionSetProvisioningStatus"]["RequestId"])


def _need_provisioned(found: Found, request: str, clients: Clients) -> None:
    """Raises Retryable while the role is being written, Permanent when that failed."""
    status = clients.named("sso-admin").describe_permission_set_provisioning_status(
        InstanceArn=found.instance, ProvisionPermissionSetRequestId=request
    )["PermissionSetProvisioningStatus"]
    if status["Status"] == FAILED:
        raise Permanent(f"permission set {found.permission_set}: {status.get('FailureReason', 'provisioning failed')}.")
    if status["Status"] == UNFINISHED:
        raise Retryable(
            f"permission set {found.permission_set} is being provisioned: {found.user_id} is not denied yet."
        )
