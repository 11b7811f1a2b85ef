"""Deny one role session, and only that one, everything that calls or manages models or escalates.

A Deny in the role's inline policy on `aws:userid` = ROLE_ID:SESSION. The attacker may assume the role again under
another name: the trust policy or the source must be mended by a person, and the incident says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from tidegate.actions import containment_policy as policy
from tidegate.actions.action import Action, Clients, Family, Proof, Reach, Restored
from tidegate.errors import NotProven, Refused
from tidegate.model import Difference, Model, Step

LIMIT = 10_240  # characters of inline policy a role

about = Action(
    id="deny_role_session",
    summary="Deny one role session everything that calls or manages models, and escalation.",
    family=Family.CALLERS,
    reads=("iam:GetRole", "iam:ListRolePolicies", "iam:GetRolePolicy"),
    changes=("iam:PutRolePolicy", "iam:DeleteRolePolicy"),
    calls=("iam:PutRolePolicy",),
    limits=f"{LIMIT:,} characters of inline policy a role; service-linked and Identity Center roles can't be edited; "
    "the same person may assume the role again under another session name.",
    reach=Reach.ONE_SESSION,
    undo="The session's statement is taken out of the role's Tidegate policy; the last one deletes the policy.",
)

SESSION_NAME = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)  # STS AssumeRole, RoleSessionName: no wildcard can hide in it
ROLE_NAME = re.compile(r"[\w+=,.@-]{1,64}", re.ASCII)


class Found(Model):
    role: str
    role_id: str  # AROA...
    session: str
    document: str | None  # the role's Tidegate policy
    others: int  # characters of its other inline policies


class Changed(Model):
    document: str


def snapshot(step: Step, clients: Clients) -> Found:
    """Raises Refused for roles that can't be edited, names that are no names, and a full role."""
    role_name, session = _names(step)
    try:
        role = clients.iam.get_role(RoleName=role_name)["Role"]
    except clients.iam.exceptions.NoSuchEntityException as error:
        raise Refused(f"role {role_name} is not in this account: contain the session where the role lives.") from error
    _refuse_uneditable(role_name, role["Path"])
    names = clients.iam.list_role_policies(RoleName=role_name, MaxItems=1000)["PolicyNames"]
    found = Found(
        role=role_name,
        role_id=role["RoleId"],
        session=session,
        document=_read(role_name, clients),
        others=policy.size_of_others(names, lambda name: _read(role_name, clients, name)),
    )
    policy.refuse_when_full(
        policy.with_statement(found.document, _statement(step, found)),
        found.others,
        limit=LIMIT,
        resource=f"role {role_name}",
        alternative="Move an inline policy of the role into a managed one, or deny by a service control policy.",
    )
    return found


def differences(step: Step, found: Found) -> Iterable[Difference]:
    yield policy.difference(f"role/{found.role}", found.document, _statement(step, found))


def apply(step: Step, found: Found, clients: Clients) -> Changed:
    """What other runs have put there since the snapshot stays: ours is one statement beside theirs."""
    now = _read(found.role, clients)
    statement = _statement(step, found)
    if now is not None and policy.own_statement(now, statement) == statement:
        return Changed(document=now)
    document = policy.with_statement(now, statement)
    clients.iam.put_role_policy(RoleName=found.role, PolicyName=policy.NAME, PolicyDocument=document)
    return Changed(document=document)


def verify(step: Step, found: Found, changed: Changed, clients: Clients) -> Proof:
    statement = _statement(step, found)
    now = _read(found.role, clients)
    if policy.own_statement(now, statement) != statement:
        raise NotProven(f"role {found.role}: policy {policy.NAME} does not show statement {statement['Sid']}.")
    return Proof(facts={"policy": policy.NAME, "statement": statement["Sid"], "denied": _userid(found)})


def undo(step: Step, found: Found, changed: Changed | None, clients: Clients) -> Restored:
    now = _read(found.role, clients)
    then = policy.restored(
        now, found.document, changed.document if changed else None, _statement(step, found), f"role {found.role}"
    )
    if then is None and now is not None:
        clients.iam.delete_role_policy(RoleName=found.role, PolicyName=policy.NAME)
    elif then is not None and then != now:
        clients.iam.put_role_policy(RoleName=found.role, PolicyName=policy.NAME, PolicyDocument=then)
    return Restored(facts={"document": then}, already=then == now)


def _names(step: Step) -> tuple[str, str]:
    role, _, session = step.target.id.partition("/")
    if not ROLE_NAME.fullmatch(role) or not SESSION_NAME.fullmatch(session):
        raise Refused(f"{step.target!s:.200} is not ROLE/SESSION in the letters that AWS allows.")
    return role, session


def _refuse_uneditable(role: str, path: str) -> None:
    if path.startswith("/aws-service-role/"):
        raise Refused(f"{role} is a service-linked role and can't be edited: stop the service's resource that uses it.")
    if path.startswith("/aws-reserved/") or role.startswith("AWSReservedSSO_"):
        raise Refused(
            f"{role} belongs to Identity Center and can't be edited: end the person's sessions there, or deny "
            "identitystore:userId in the permission set or by a service control policy."
        )


def _statement(step: Step, found: Found) -> policy.Statement:
    return policy.deny(step, (*policy.MODELS, *policy.ESCALATION), {"StringLike": {"aws:userid": _userid(found)}})


def _userid(found: Found) -> str:
    return f"{found.role_id}:{found.session}"


def _read(role: str, clients: Clients, name: str = policy.NAME) -> str | None:
    try:
        return policy.written(clients.iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"])
    except clients.iam.exceptions.NoSuchEntityException:
        return None
