"""Deny a role or a user the use of short-term Bedrock API keys, which it made out of its own credentials.

A short-term key is a presigned request of the identity that made it: there is nothing to switch off, and making them
can't be prevented, because it happens off AWS. Using one needs `bedrock:CallWithBearerToken`, and that can be denied
by `bedrock:BearerTokenType`. The session it was made from is denied beside it (deny_role_session): who holds it makes
ordinary signed calls too. https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys-permissions.html
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
    id="deny_bearer_tokens",
    summary="Deny the identity that made a short-term Bedrock API key the use of such keys.",
    family=Family.CALLERS,
    reads=(*inline_policy.ROLE_READS, *inline_policy.USER_READS),
    changes=(*inline_policy.ROLE_CHANGES, *inline_policy.USER_CHANGES),
    calls=("iam:PutRolePolicy or iam:PutUserPolicy",),
    limits="Every short-term key of the identity stops, whoever made it. Long-term keys are stop_api_key's.",
    reach=Reach.ONE_ROLE,
    undo="The statement is taken out of the Tidegate policy; the last one deletes the policy.",
)

TOKENS = ("bedrock:CallWithBearerToken", "bedrock-mantle:CallWithBearerToken")
SHORT_TERM = {"StringEqualsIfExists": {"bedrock:BearerTokenType": "SHORT_TERM"}}  # not named: denied as well


class Found(Model):
    identity: inline_policy.Holder


def snapshot(step: Step, clients: Clients) -> Found:
    """Raises Refused for a long-term key, for a role that can't be edited, and where there is no room."""
    if step.target.kind not in ("role", "iam_user"):
        raise Refused(f"{step.target!s:.200}: a long-term API key is stopped by stop_api_key.")
    kind: inline_policy.Kind = "role" if step.target.kind == "role" else "user"
    found = Found(identity=inline_policy.holder(kind, step.target.id, clients))
    inline_policy.need_room(found.identity, _statement(step))
    return found


def differences(step: Step, found: Found) -> Iterable[Difference]:
    yield inline_policy.difference(found.identity, _statement(step))


def apply(step: Step, found: Found, clients: Clients) -> Changed:
    return inline_policy.apply(found.identity, _statement(step), clients)


def verify(step: Step, found: Found, changed: Changed, clients: Clients) -> Proof:
    return inline_policy.verify(found.identity, _statement(step), clients, f"short-term API keys of {found.identity}")


def undo(step: Step, found: Found, changed: Changed | None, clients: Clients) -> Restored:
    return inline_policy.undo(found.identity, _statement(step), changed, clients)


def _statement(step: Step) -> policy.Statement:
    return policy.deny(step, TOKENS, SHORT_TERM)
