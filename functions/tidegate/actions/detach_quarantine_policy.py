"""Take AWS's quarantine policy off a user once its leaked key is stopped and replaced.

AWS attaches `AWSCompromisedKeyQuarantineV2` or `V3` when it finds a key in public. It is a partial list of denials:
it does not stop the key (attackers used one 13 seconds later), and while it stands the user's application lacks what
it denies. AWS asks to leave it on until the key is gone: it is refused while any key but the replacement is active.
https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSCompromisedKeyQuarantineV3.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from tidegate.actions import inline_policy
from tidegate.actions.action import Action, Clients, Family, Proof, Reach, Restored
from tidegate.actions.deactivate_access_key import statuses_of
from tidegate.errors import NotProven, Refused, Retryable
from tidegate.model import Difference, Model, Step

about = Action(
    id="detach_quarantine_policy",
    summary="Take AWS's quarantine policy off a user whose leaked key is stopped and replaced.",
    family=Family.CREDENTIALS,
    reads=("iam:ListAttachedUserPolicies", "iam:ListAccessKeys"),
    changes=("iam:DetachUserPolicy", "iam:AttachUserPolicy"),
    calls=("iam:DetachUserPolicy",),
    limits="Only after the leaked key is inactive. Other policies of the user are not touched.",
    reach=Reach.ONE_USER,
    undo="The quarantine policy is attached again.",
)

QUARANTINE = re.compile(r"arn:aws[\w-]*:iam::aws:policy/AWSCompromisedKeyQuarantine(V\d+)?", re.ASCII)


class Found(Model):
    user: str
    leaked: str
    policies: tuple[str, ...]  # ARNs of the quarantine policies


class Changed(Model):
    detached: tuple[str, ...]


def snapshot(step: Step, clients: Clients) -> Found:
    """Raises Refused when no quarantine policy is attached."""
    user, leaked = step.target.id, str(step.parameters.get("leaked", ""))
    if not inline_policy.NAME.fullmatch(user):
        raise Refused(f"{step.target!s:.200} is not an IAM user name.")
    policies = _quarantine(user, clients)
    if not policies:
        raise Refused(f"user {user} carries no AWSCompromisedKeyQuarantine policy: nothing is to be detached.")
    return Found(user=user, leaked=leaked, policies=policies)


def differences(step: Step, found: Found) -> Iterable[Difference]:
    for arn in found.policies:
        yield Difference(resource=f"user/{found.user}/attached/{arn.rpartition('/')[2]}", before=arn, after=None)


def apply(step: Step, found: Found, clients: Clients) -> Changed:
    """Raises Retryable while the leaked key is active: stopping it comes first."""
    if statuses_of(found.user, clients).get(found.leaked) == "Active":
        raise Retryable(f"key {found.leaked} of user {found.user} is still active: the quarantine policy stays on.")
    for arn in _quarantine(found.user, clients):
        if arn in found.policies:
            clients.iam.detach_user_policy(UserName=found.user, PolicyArn=arn)
    return Changed(detached=found.policies)


def verify(step: Step, found: Found, changed: Changed, clients: Clients) -> Proof:
    if left := [arn for arn in _quarantine(found.user, clients) if arn in found.policies]:
        raise NotProven(f"user {found.user} still carries {', '.join(left)}.")
    return Proof(facts={"detached": list(found.policies)})


def undo(step: Step, found: Found, changed: Changed | None, clients: Clients) -> Restored:
    now = _quarantine(found.user, clients)
    missing = [arn for arn in found.policies if arn not in now]
    for arn in missing:
        clients.iam.attach_user_policy(UserName=found.user, PolicyArn=arn)
    return Restored(facts={"attached": list(found.policies)}, already=not missing)


def _quarantine(user: str, clients: Clients) -> tuple[str, ...]:
    try:
        attached = clients.iam.list_attached_user_policies(UserName=user, MaxItems=1000)["AttachedPolicies"]
    except clients.iam.exceptions.NoSuchEntityException as error:
        raise Refused(f"IAM user {user} is not in this account: contain it where it lives.") from error
    return tuple(sorted(one["PolicyArn"] for one in attached if QUARANTINE.fullmatch(one["PolicyArn"])))
