"""Deny an IAM user what was made out of its keys: temporary credentials older than a moment. Its keys go on.

A stolen access key that is made inactive leaves what `GetSessionToken` and `GetFederationToken` made out of it before
valid for up to 36 hours. Both are judged by the user's own policies at every call, so a Deny on `DateLessThan
aws:TokenIssueTime` reaches them; the condition never holds for a long-term key, so the application goes on with its
new one. `GetSessionToken` can't be denied by a policy, so the moment lies after the one at which the key is stopped.
The denial stays until the last of them has expired by itself, whatever the containment's own time.

`parameters["before"]`: ISO 8601 with a zone. `parameters["sessions"]`: temporary keys of the user that the incident
names; whether they still get through is looked at afterwards.
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_disable-perms.html
https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html (DurationSeconds, permissions)
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from tidegate.actions import containment_policy as policy
from tidegate.actions import inline_policy
from tidegate.actions.action import Action, Clients, Family, Proof, Reach, Restored
from tidegate.actions.inline_policy import Changed
from tidegate.errors import Refused
from tidegate.model import Difference, Model, Step

LONGEST = timedelta(hours=36)  # DurationSeconds of GetSessionToken and GetFederationToken, at most 129,600

about = Action(
    id="revoke_minted_credentials",
    summary="Deny an IAM user's temporary credentials that were made before the key was stopped.",
    family=Family.CALLERS,
    reads=inline_policy.USER_READS,
    changes=inline_policy.USER_CHANGES,
    calls=("iam:PutUserPolicy",),
    limits="Reaches what the user's own application made by GetSessionToken or GetFederationToken too, until it makes "
    "new ones after the moment. Not the sessions of roles that the key has assumed: those are the role's, and "
    "deny_role_session's. "
    f"{inline_policy.USER_LIMIT:,} characters of inline policy a user.",
    reach=Reach.MINTED,
    undo="The statement is taken out of the user's Tidegate policy, 36 hours after it was put there or on a person's "
    "word; the last one deletes the policy.",
    outlasts=LONGEST,
)


class Found(Model):
    user: inline_policy.Holder
    before: str  # as the policy writes it: 2026-03-02T09:00:00Z


def snapshot(step: Step, clients: Clients) -> Found:
    """Raises Refused for what is no user, a user elsewhere, and a user without room."""
    if step.target.kind != "iam_user":
        raise Refused(f"{step.target!s:.200} is no IAM user: revoke_older_sessions ends the sessions of a role.")
    found = Found(user=inline_policy.holder("user", step.target.id, clients), before=policy.moment_of(step))
    inline_policy.need_room(found.user, _statement(step, found))
    return found


def differences(step: Step, found: Found) -> Iterable[Difference]:
    yield inline_policy.difference(found.user, _statement(step, found))


def apply(step: Step, found: Found, clients: Clients) -> Changed:
    return inline_policy.apply(found.user, _statement(step, found), clients)


def verify(step: Step, found: Found, changed: Changed, clients: Clients) -> Proof:
    denied = f"temporary credentials of user {found.user.name} made before {found.before}"
    return inline_policy.verify(found.user, _statement(step, found), clients, denied)


def undo(step: Step, found: Found, changed: Changed | None, clients: Clients) -> Restored:
    return inline_policy.undo(found.user, _statement(step, found), changed, clients)


def _statement(step: Step, found: Found) -> policy.Statement:
    return policy.deny(step, policy.EVERYTHING, policy.issued_before(found.before))
