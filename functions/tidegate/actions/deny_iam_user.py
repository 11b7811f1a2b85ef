"""Deny one IAM user models and escalation, or escalation alone while its key is rotated.

`parameters["deny"]`: "models_and_escalation" (default) or "escalation". With the second the application that shares
the user goes on calling models with its new key, but whoever stole the old one can't make keys, roles or policies.
"""

from __future__ import annotations

from collections.abc import Iterable

from tidegate.actions import containment_policy as policy
from tidegate.actions import inline_policy
from tidegate.actions.action import Action, Clients, Family, Proof, Reach, Restored
from tidegate.actions.inline_policy import Changed
from tidegate.model import Difference, Model, Step

about = Action(
    id="deny_iam_user",
    summary="Deny one IAM user escalation, and models too where it isn't only a key of its application that is stolen.",
    family=Family.CALLERS,
    reads=inline_policy.USER_READS,
    changes=inline_policy.USER_CHANGES,
    calls=("iam:PutUserPolicy",),
    limits=f"{inline_policy.USER_LIMIT:,} characters of inline policy a user, so a user with large policies of its own "
    "is refused.",
    reach=Reach.ONE_USER,
    undo="The statement is taken out of the user's Tidegate policy; the last one deletes the policy.",
)


class Found(Model):
    user: inline_policy.Holder


def snapshot(step: Step, clients: Clients) -> Found:
    """Raises Refused for a name that is no name, a user elsewhere, and a user without room."""
    found = Found(user=inline_policy.holder("user", step.target.id, clients))
    inline_policy.need_room(found.user, _statement(step))
    return found


def differences(step: Step, found: Found) -> Iterable[Difference]:
    yield inline_policy.difference(found.user, _statement(step))


def apply(step: Step, found: Found, clients: Clients) -> Changed:
    return inline_policy.apply(found.user, _statement(step), clients)


def verify(step: Step, found: Found, changed: Changed, clients: Clients) -> Proof:
    return inline_policy.verify(found.user, _statement(step), clients, found.user.name)


def undo(step: Step, found: Found, changed: Changed | None, clients: Clients) -> Restored:
    return inline_policy.undo(found.user, _statement(step), changed, clients)


def _statement(step: Step) -> policy.Statement:
    only_escalation = step.parameters.get("deny") == "escalation"
    return policy.deny(step, policy.ESCALATION if only_escalation else policy.EVERYTHING)
