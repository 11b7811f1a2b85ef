"""One statement of ours in the Tidegate policy of a role or a user: read, put there, read back, taken out.

What every action that denies by an inline policy shares. Each action says whom it denies what, and why it can't.
Source of the limits: IAM and STS quotas, inline policy characters without white space.
"""

from __future__ import annotations

import re
from typing import Literal

from tidegate.actions import containment_policy as policy
from tidegate.actions.action import Clients, Proof, Restored
from tidegate.errors import NotProven, Refused
from tidegate.model import Difference, Model

ROLE_LIMIT = 10_240
USER_LIMIT = 2_048

NAME = re.compile(r"[\w+=,.@-]{1,64}", re.ASCII)  # of users and roles, without wildcards

ROLE_READS = ("iam:GetRole", "iam:ListRolePolicies", "iam:GetRolePolicy")
ROLE_CHANGES = ("iam:PutRolePolicy", "iam:DeleteRolePolicy")
USER_READS = ("iam:GetUser", "iam:ListUserPolicies", "iam:GetUserPolicy")
USER_CHANGES = ("iam:PutUserPolicy", "iam:DeleteUserPolicy")

type Kind = Literal["role", "user"]


class Holder(Model):
    """A role or a user, and the Tidegate policy found on it."""

    kind: Literal["role", "user"]
    name: str
    unique_id: str  # AROA..., AIDA...
    document: str | None
    others: int  # characters of its other inline policies

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"

    @property
    def resource(self) -> str:
        return f"{self.kind}/{self.name}"


class Changed(Model):
    document: str


def holder(kind: Kind, name: str, clients: Clients) -> Holder:
    """Raises Refused for a name that is no name, one of another account, and a role that can't be edited."""
    if not NAME.fullmatch(name):
        raise Refused(f"{name!r:.200} is no name of an IAM {kind}.")
    return Holder(
        kind=kind,
        name=name,
        unique_id=_role_id(name, clients) if kind == "role" else _user_id(name, clients),
        document=_read(kind, name, clients),
        others=policy.size_of_others(_names(kind, name, clients), lambda other: _read(kind, name, clients, other)),
    )


def need_room(found: Holder, statement: policy.Statement) -> None:
    """Raises Refused, naming the alternative, when the statement does not fit."""
    role = found.kind == "role"
    policy.refuse_when_full(
        policy.with_statement(found.document, statement),
        found.others,
        limit=ROLE_LIMIT if role else USER_LIMIT,
        resource=str(found),
        alternative="Move an inline policy of the role into a managed one, or deny by a service control policy."
        if role
        else "Make its access keys inactive, put a permissions boundary, or deny by a service control policy.",
    )


def difference(found: Holder, statement: policy.Statement) -> Difference:
    return policy.difference(found.resource, found.document, statement)


def apply(found: Holder, statement: policy.Statement, clients: Clients) -> Changed:
    """What other runs have put there since the snapshot stays: ours is one statement beside theirs."""
    now = _read(found.kind, found.name, clients)
    if now is not None and policy.own_statement(now, statement) == statement:
        return Changed(document=now)
    document = policy.with_statement(now, statement)
    _put(found, document, clients)
    return Changed(document=document)


def verify(found: Holder, statement: policy.Statement, clients: Clients, denied: str) -> Proof:
    if policy.own_statement(_read(found.kind, found.name, clients), statement) != statement:
        raise NotProven(f"{found}: policy {policy.NAME} does not show statement {statement['Sid']}.")
    return Proof(facts={"policy": policy.NAME, "statement": statement["Sid"], "denied": denied})


def undo(found: Holder, statement: policy.Statement, changed: Changed | None, clients: Clients) -> Restored:
    now = _read(found.kind, found.name, clients)
    then = policy.restored(now, found.document, changed.document if changed else None, statement, str(found))
    if then is None and now is not None:
        _delete(found, clients)
    elif then is not None and then != now:
        _put(found, then, clients)
    return Restored(facts={"document": then}, already=then == now)


def refuse_uneditable(role: str, path: str) -> None:
    """Raises Refused for the roles that IAM lets nobody edit, naming what stops them instead."""
    if path.startswith("/aws-service-role/"):
        raise Refused(f"{role} is a service-linked role and can't be edited: stop the service's resource that uses it.")
    if path.startswith("/aws-reserved/") or role.startswith("AWSReservedSSO_"):
        raise Refused(
            f"{role} belongs to Identity Center and can't be edited: deny_identity_center_user denies the person by "
            "identitystore:userId in the permission set; a service control policy does so above it."
        )


def _role_id(name: str, clients: Clients) -> str:
    try:
        role = clients.iam.get_role(RoleName=name)["Role"]
    except clients.iam.exceptions.NoSuchEntityException as error:
        raise Refused(f"role {name} is not in this account: contain it where the role lives.") from error
    refuse_uneditable(name, role["Path"])
    return role["RoleId"]


def _user_id(name: str, clients: Clients) -> str:
    try:
        return clients.iam.get_user(UserName=name)["User"]["UserId"]
    except clients.iam.exceptions.NoSuchEntityException as error:
        raise Refused(f"IAM user {name} is not in this account: contain it where it lives.") from error


def _names(kind: Kind, name: str, clients: Clients) -> list[str]:
    if kind == "role":
        return clients.iam.list_role_policies(RoleName=name, MaxItems=1000)["PolicyNames"]
    return clients.iam.list_user_policies(UserName=name, MaxItems=1000)["PolicyNames"]


def _read(kind: Kind, name: str, clients: Clients, policy_name: str = policy.NAME) -> str | None:
    try:
        if kind == "role":
            found = clients.iam.get_role_policy(RoleName=name, PolicyName=policy_name)["PolicyDocument"]
        else:
            found = clients.iam.get_user_policy(UserName=name, PolicyName=policy_name)["PolicyDocument"]
    except clients.iam.exceptions.NoSuchEntityException:
        return None
    return policy.written(found)


def _put(found: Holder, document: str, clients: Clients) -> None:
    if found.kind == "role":
        clients.iam.put_role_policy(RoleName=found.name, PolicyName=policy.NAME, PolicyDocument=document)
    else:
        clients.iam.put_user_policy(UserName=found.name, PolicyName=policy.NAME, PolicyDocument=document)


def _delete(found: Holder, clients: Clients) -> None:
    if found.kind == "role":
        clients.iam.delete_role_policy(RoleName=found.name, PolicyName=policy.NAME)
    else:
        clients.iam.delete_user_policy(UserName=found.name, PolicyName=policy.NAME)
