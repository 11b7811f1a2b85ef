"""Deny one IAM user models and escalation, or escalation alone while its key is rotated.

`parameters["deny"]`: "models_and_escalation" (default) or "escalation". With the second the application that shares
the user goes on calling models with its new key, but whoever stole the old one can't make keys, roles or policies.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from tidegate.actions import containment_policy as policy
from tidegate.actions.action import Action, Clients, Family, Proof, Reach, Restored
from tidegate.errors import NotProven, Refused
from tidegate.model import Difference, Model, Step

LIMIT = 2_048  # characters of inline policy a user

about = Action(
    id="deny_iam_user",
    summary="Deny one IAM user models and escalation.",
    family=Family.CALLERS,
    reads=("iam:GetUser", "iam:ListUserPolicies", "iam:GetUserPolicy"),
    changes=("iam:PutUserPolicy", "iam:DeleteUserPolicy"),
    calls=("iam:PutUserPolicy",),
    limits=f"{LIMIT:,} characters of inline policy a user, so a user with large policies of its own is refused.",
    reach=Reach.ONE_USER,
    undo="The statement is taken out of the user's Tidegate policy; the last one deletes the policy.",
)

USER_NAME = re.compile(r"[\w+=,.@-]{1,64}", re.ASCII)


class Found(Model):
    user: str
    user_id: str
    document: str | None
    others: int


class Changed(Model):
    document: str


def snapshot(step: Step, clients: Clients) -> Found:
    """Raises Refused for a name that is no name, a user elsewhere, and a user without room."""
    name = step.target.id
    if not USER_NAME.fullmatch(name):
        raise Refused(f"{step.target!s:.200} is not an IAM user name.")
    try:
        user = clients.iam.get_user(UserName=name)["User"]
    except clients.iam.exceptions.NoSuchEntityException as error:
        raise Refused(f"IAM user {name} is not in this account: contain it where it lives.") from error
    names = clients.iam.list_user_policies(UserName=name, MaxItems=1000)["PolicyNames"]
    found = Found(
        user=name,
        user_id=user["UserId"],
        document=_read(name, clients),
        others=policy.size_of_others(names, lambda other: _read(name, clients, other)),
    )
    policy.refuse_when_full(
        policy.with_statement(found.document, _statement(step)),
        found.others,
        limit=LIMIT,
        resource=f"user {name}",
        alternative="Make its access keys inactive, attach a managed policy, or deny by a service control policy.",
    )
    return found


def differences(step: Step, found: Found) -> Iterable[Difference]:
    yield policy.difference(f"user/{found.user}", found.document, _statement(step))


def apply(step: Step, found: Found, clients: Clients) -> Changed:
    now = _read(found.user, clients)
    statement = _statement(step)
    if now is not None and policy.own_statement(now, statement) == statement:
        return Changed(document=now)
    document = policy.with_statement(now, statement)
    clients.iam.put_user_policy(UserName=found.user, PolicyName=policy.NAME, PolicyDocument=document)
    return Changed(document=document)


def verify(step: Step, found: Found, changed: Changed, clients: Clients) -> Proof:
    statement = _statement(step)
    if policy.own_statement(_read(found.user, clients), statement) != statement:
        raise NotProven(f"user {found.user}: policy {policy.NAME} does not show statement {statement['Sid']}.")
    return Proof(facts={"policy": policy.NAME, "statement": statement["Sid"], "denied": found.user})


def undo(step: Step, found: Found, changed: Changed | None, clients: Clients) -> Restored:
    now = _read(found.user, clients)
    then = policy.restored(
        now, found.document, changed.document if changed else None, _statement(step), f"user {found.user}"
    )
    if then is None and now is not None:
        clients.iam.delete_user_policy(UserName=found.user, PolicyName=policy.NAME)
    elif then is not None and then != now:
        clients.iam.put_user_policy(UserName=found.user, PolicyName=policy.NAME, PolicyDocument=then)
    return Restored(facts={"document": then}, already=then == now)


def _statement(step: Step) -> policy.Statement:
    only_escalation = step.parameters.get("deny") == "escalation"
    return policy.deny(step, policy.ESCALATION if only_escalation else (*policy.MODELS, *policy.ESCALATION))


def _read(user: str, clients: Clients, name: str = policy.NAME) -> str | None:
    try:
        return policy.written(clients.iam.get_user_policy(UserName=user, PolicyName=name)["PolicyDocument"])
    except clients.iam.exceptions.NoSuchEntityException:
        return None
