"""Deny one principal above the account, in a service control policy that is attached already: the last step.

For an attacker who can take denials off in IAM, and for roles that IAM lets nobody edit. The policy is made and
attached by its owner (an SCP that denies nothing yet, such as one Deny on a principal that does not exist) and named
by `parameters["policy"]`; nothing is attached or detached here. Its management account is exempt from every SCP, so
there it would do nothing, and so are service-linked roles. Organizations has no conditional write: what was written is
read back, and made again.

The target is `role:NAME` or `iam-user:NAME`. `aws:PrincipalArn` of a role session is the role's ARN, path included.
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from tidegate.actions import containment_policy as policy
from tidegate.actions import inline_policy
from tidegate.actions.action import Action, Clients, Family, Proof, Reach, Restored
from tidegate.actions.answers import understood
from tidegate.errors import NotProven, Refused
from tidegate.model import Difference, Model, Step

LIMIT = 5_120  # characters of a service control policy: quotas of AWS Organizations

about = Action(
    id="deny_by_scp",
    summary="Deny one principal models and escalation in a service control policy.",
    family=Family.ACCOUNT,
    reads=(
        "organizations:DescribeOrganization",
        "organizations:DescribePolicy",
        "organizations:ListTargetsForPolicy",
        "organizations:ListParents",
    ),
    changes=("organizations:UpdatePolicy",),
    calls=("organizations:UpdatePolicy",),
    limits=f"{LIMIT:,} characters a policy. The management account and service-linked roles are exempt. Works only "
    "where this account is the organization's management account or may manage its policies by delegation. A person "
    "is always asked.",
    reach=Reach.ONE_PRINCIPAL,
    undo="The statement is taken out of the policy again.",
)


class Found(Model):
    policy: str
    document: str  # as it was found, byte for byte
    account: str


class Changed(Model):
    document: str


def snapshot(step: Step, clients: Clients) -> Found:
    """Raises Refused without a policy, in the management account, where it does not reach, and when it is full."""
    identity = str(step.parameters.get("policy", ""))
    if not identity:
        raise Refused("no service control policy is named: attach one and set ContainmentPolicyId.")
    kind, _, name = step.target.id.partition(":")
    if kind not in ("role", "iam-user") or not inline_policy.NAME.fullmatch(name):
        raise Refused(f"{step.target!s:.200}: a service control policy denies a role or an IAM user by its ARN.")
    if name.startswith("AWSServiceRoleFor"):
        raise Refused(
            f"{name} is a service-linked role, exempt from policies: stop the service's resource that uses it."
        )
    account = step.target.account
    if _management_account(clients) == account:
        raise Refused(
            f"account {account} is the organization's management account, which no service control policy reaches: "
            "deny_role, deny_iam_user or put_permissions_boundary act in it."
        )
    found = Found(policy=identity, document=_read(identity, clients), account=account)
    targets = {target["TargetId"] for target in _targets(identity, clients)}
    if not targets & set(_above(account, clients)):
        raise Refused(f"policy {identity} is attached neither to account {account} nor above it: attach it first.")
    policy.refuse_when_full(
        policy.with_statement(found.document, _statement(step)),
        0,
        limit=LIMIT,
        resource=f"policy {identity}",
        alternative="Attach another policy for containments, or take old statements out.",
    )
    return found


def differences(step: Step, found: Found) -> Iterable[Difference]:
    statement = _statement(step)
    yield Difference(
        resource=f"organization/{found.policy}/{statement['Sid']}",
        before=policy.own_statement(found.document, statement),
        after=statement,
    )


def apply(step: Step, found: Found, clients: Clients) -> Changed:
    """What others have put there since the snapshot stays: ours is one statement beside theirs."""
    now, statement = _read(found.policy, clients), _statement(step)
    if policy.own_statement(now, statement) == statement:
        return Changed(document=now)
    document = policy.with_statement(now, statement)
    _write(found.policy, document, clients)
    return Changed(document=document)


def verify(step: Step, found: Found, changed: Changed, clients: Clients) -> Proof:
    statement = _statement(step)
    if policy.own_statement(_read(found.policy, clients), statement) != statement:
        raise NotProven(f"policy {found.policy} does not show statement {statement['Sid']}.")
    return Proof(facts={"policy": found.policy, "statement": statement["Sid"], "denied": step.target.id})


def undo(step: Step, found: Found, changed: Changed | None, clients: Clients) -> Restored:
    """Raises ChangedSince when our statement has been edited."""
    now = _read(found.policy, clients)
    then = policy.restored(
        now, found.document, changed.document if changed else None, _statement(step), f"policy {found.policy}"
    )
    then = then or found.document  # an SCP can't be empty: what was found held something of its owner's
    if then != now:
        _write(found.policy, then, clients)
    return Restored(facts={"policy": found.policy}, already=then == now)


def _statement(step: Step) -> policy.Statement:
    """Both with and without a path, because the name that was logged has none."""
    kind, _, name = step.target.id.partition(":")
    where = f"arn:*:iam::{step.target.account}:{'user' if kind == 'iam-user' else 'role'}"
    return policy.deny(
        step, policy.EVERYTHING, {"ArnLike": {"aws:PrincipalArn": [f"{where}/{name}", f"{where}/*/{name}"]}}
    )


def _read(identity: str, clients: Clients) -> str:
    organizations = clients.named("organizations")
    try:
        return str(organizations.describe_policy(PolicyId=identity)["Policy"]["Content"])
    except organizations.exceptions.PolicyNotFoundException as error:
        raise Refused(f"the organization has no policy {identity}: correct ContainmentPolicyId.") from error


def _write(identity: str, document: str, clients: Clients) -> None:
    with understood(f"policy {identity}"):
        clients.named("organizations").update_policy(PolicyId=identity, Content=document)


def _management_account(clients: Clients) -> str:
    organizations = clients.named("organizations")
    try:
        return str(organizations.describe_organization()["Organization"]["MasterAccountId"])
    except organizations.exceptions.AWSOrganizationsNotInUseException as error:
        raise Refused("this account is in no organization: nothing can be denied above it.") from error


def _targets(identity: str, clients: Clients) -> list[dict[str, Any]]:
    pages = clients.named("organizations").get_paginator("list_targets_for_policy")
    return [target for page in pages.paginate(PolicyId=identity) for target in page["Targets"]]


def _above(account: str, clients: Clients) -> Iterator[str]:
    """The account, its organizational units, the root."""
    child = account
    while True:
        yield child
        parents = clients.named("organizations").list_parents(ChildId=child)["Parents"]
        if not parents:
            return
        child = parents[0]["Id"]
        if parents[0]["Type"] == "ROOT":
            yield child
            return
