"""Deny every session of a role that was opened before a moment; sessions opened after it go on.

A Deny on `DateLessThan aws:TokenIssueTime`, as the IAM console's "Revoke active sessions" writes it, but for models
and escalation only. The key exists in requests made with temporary credentials alone: on a long-term key the
condition never holds and nothing would be denied, so a user or its key is refused. Who may assume the role comes back
with a new session: the trust policy or the source has to be mended as well.

`parameters["before"]`: ISO 8601 with a zone, the moment of the plan.
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_revoke-sessions.html
"""

from __future__ import annotations

from collections.abc import Iterable

from tidegate.actions import containment_policy as policy
from tidegate.actions import inline_policy
from tidegate.actions.action import Action, Clients, Family, Proof, Reach, Restored
from tidegate.actions.inline_policy import Changed
from tidegate.errors import Refused
from tidegate.model import Difference, Model, Step

about = Action(
    id="revoke_older_sessions",
    summary="Deny every session of a role that was opened before now.",
    family=Family.CALLERS,
    reads=inline_policy.ROLE_READS,
    changes=inline_policy.ROLE_CHANGES,
    calls=("iam:PutRolePolicy",),
    limits="Hits everyone who uses the role until their next session: a person is always asked. Re-assuming the role "
    "still works. Does nothing to long-term keys. "
    f"{inline_policy.ROLE_LIMIT:,} characters of inline policy a role.",
    reach=Reach.OLDER_SESSIONS,
    undo="The statement is taken out of the role's Tidegate policy; the last one deletes the policy.",
)


class Found(Model):
    role: inline_policy.Holder
    before: str  # as the policy writes it: 2026-03-02T09:00:00Z


def snapshot(step: Step, clients: Clients) -> Found:
    """Raises Refused for long-term credentials, roles that can't be edited, and a full role."""
    if step.target.kind != "role":
        raise Refused(
            f"{step.target!s:.200} has long-term credentials, to which aws:TokenIssueTime does nothing: "
            "deactivate_access_key stops the key, deny_iam_user the user, revoke_minted_credentials what it has made."
        )
    role = inline_policy.holder("role", step.target.id, clients)
    found = Found(role=role, before=policy.moment_of(step))
    inline_policy.need_room(role, _statement(step, found))
    return found


def differences(step: Step, found: Found) -> Iterable[Difference]:
    yield inline_policy.difference(found.role, _statement(step, found))


def apply(step: Step, found: Found, clients: Clients) -> Changed:
    return inline_policy.apply(found.role, _statement(step, found), clients)


def verify(step: Step, found: Found, changed: Changed, clients: Clients) -> Proof:
    denied = f"sessions of role {found.role.name} opened before {found.before}"
    return inline_policy.verify(found.role, _statement(step, found), clients, denied)


def undo(step: Step, found: Found, changed: Changed | None, clients: Clients) -> Restored:
    return inline_policy.undo(found.role, _statement(step, found), changed, clients)


def _statement(step: Step, found: Found) -> policy.Statement:
    return policy.deny(step, policy.EVERYTHING, policy.issued_before(found.before))
