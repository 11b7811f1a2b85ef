"""Deny a whole role models and escalation: every session of it, now and until it is undone.

The widest lever within an account. An application that shares the role stops calling models as a whole.
"""

from __future__ import annotations

from collections.abc import Iterable

from tidegate.actions import containment_policy as policy
from tidegate.actions import inline_policy
from tidegate.actions.action import Action, Clients, Family, Proof, Reach, Restored
from tidegate.actions.inline_policy import Changed
from tidegate.model import Difference, Model, Step

about = Action(
    id="deny_role",
    summary="Deny a role, in every session, everything that calls or manages models, and escalation.",
    family=Family.CALLERS,
    reads=inline_policy.ROLE_READS,
    changes=inline_policy.ROLE_CHANGES,
    calls=("iam:PutRolePolicy",),
    limits=f"{inline_policy.ROLE_LIMIT:,} characters of inline policy a role; service-linked and Identity Center roles "
    "can't be edited. Stops every application and person that shares the role: a person is always asked.",
    reach=Reach.ONE_ROLE,
    undo="The statement is taken out of the role's Tidegate policy; the last one deletes the policy.",
)


class Found(Model):
    role: inline_policy.Holder


def snapshot(step: Step, clients: Clients) -> Found:
    """Raises Refused for roles that can't be edited, names that are no names, and a full role."""
    found = Found(role=inline_policy.holder("role", step.target.id, clients))
    inline_policy.need_room(found.role, _statement(step))
    return found


def differences(step: Step, found: Found) -> Iterable[Difference]:
    yield inline_policy.difference(found.role, _statement(step))


def apply(step: Step, found: Found, clients: Clients) -> Changed:
    return inline_policy.apply(found.role, _statement(step), clients)


def verify(step: Step, found: Found, changed: Changed, clients: Clients) -> Proof:
    return inline_policy.verify(found.role, _statement(step), clients, f"role {found.role.name}")


def undo(step: Step, found: Found, changed: Changed | None, clients: Clients) -> Restored:
    return inline_policy.undo(found.role, _statement(step), changed, clients)


def _statement(step: Step) -> policy.Statement:
    return policy.deny(step, policy.EVERYTHING)
