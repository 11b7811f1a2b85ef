"""Deny one role session, and only that one, everything that calls or manages models or escalates.

A Deny in the role's inline policy on `aws:userid` = ROLE_ID:SESSION. The attacker may assume the role again under
another name: the trust policy or the source must be mended by a person, and the incident says so.

`parameters["before"]`, ISO 8601 with a zone: only what was issued before, because nothing can be opened after it by
whom the denial is meant for (the key that opened the session is stopped). Who opens a session of the same name later,
an application with its new key, is not denied. `parameters["lives_until"]`: when the session expires by itself; the
denial stays until then. `parameters["sessions"]`: the keys of the session (key:ASIA...), by which it is watched.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from tidegate.actions import containment_policy as policy
from tidegate.actions import inline_policy
from tidegate.actions.action import Action, Clients, Family, Proof, Reach, Restored
from tidegate.actions.inline_policy import Changed
from tidegate.errors import Refused
from tidegate.model import Difference, Model, Step

about = Action(
    id="deny_role_session",
    summary="Deny one role session everything that calls or manages models, and escalation.",
    family=Family.CALLERS,
    reads=inline_policy.ROLE_READS,
    changes=inline_policy.ROLE_CHANGES,
    calls=("iam:PutRolePolicy",),
    limits=f"{inline_policy.ROLE_LIMIT:,} characters of inline policy a role; service-linked and Identity Center roles "
    "can't be edited; the same person may assume the role again under another session name. Whoever opened a "
    "session of the same name before is denied with it.",
    reach=Reach.ONE_SESSION,
    undo="The session's statement is taken out of the role's Tidegate policy; the last one deletes the policy.",
)

SESSION_NAME = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)  # STS AssumeRole, RoleSessionName: no wildcard can hide in it


class Found(Model):
    role: inline_policy.Holder
    session: str


def snapshot(step: Step, clients: Clients) -> Found:
    """Raises Refused for roles that can't be edited, names that are no names, and a full role."""
    role, _, session = step.target.id.partition("/")
    if "before" in step.parameters:
        policy.moment_of(step)
    if not inline_policy.NAME.fullmatch(role) or not SESSION_NAME.fullmatch(session):
        raise Refused(f"{step.target!s:.200} is not ROLE/SESSION in the letters that AWS allows.")
    found = Found(role=inline_policy.holder("role", role, clients), session=session)
    inline_policy.need_room(found.role, _statement(step, found))
    return found


def differences(step: Step, found: Found) -> Iterable[Difference]:
    yield inline_policy.difference(found.role, _statement(step, found))


def apply(step: Step, found: Found, clients: Clients) -> Changed:
    return inline_policy.apply(found.role, _statement(step, found), clients)


def verify(step: Step, found: Found, changed: Changed, clients: Clients) -> Proof:
    issued = f", issued before {policy.moment_of(step)}" if "before" in step.parameters else ""
    return inline_policy.verify(found.role, _statement(step, found), clients, f"{_userid(found)}{issued}")


def undo(step: Step, found: Found, changed: Changed | None, clients: Clients) -> Restored:
    return inline_policy.undo(found.role, _statement(step, found), changed, clients)


def _statement(step: Step, found: Found) -> policy.Statement:
    older = policy.issued_before(policy.moment_of(step)) if "before" in step.parameters else {}
    return policy.deny(step, policy.EVERYTHING, {"StringLike": {"aws:userid": _userid(found)}, **older})


def _userid(found: Found) -> str:
    return f"{found.role.unique_id}:{found.session}"
