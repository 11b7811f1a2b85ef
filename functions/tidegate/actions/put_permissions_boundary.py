"""Put a permissions boundary on a user or a role, where an inline policy has no room left or is being removed.

A boundary caps what every policy of the identity may grant. Only the service's ready-made ones fit our purpose
without making a policy: `arn:aws:iam::aws:policy/AWSDenyAll` caps at nothing, so everything of the identity stops,
not models alone. The boundary that was there is kept and put back. An attacker with `iam:Delete*PermissionsBoundary`
could take it off, but not under it: it denies IAM too.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from tidegate.actions import inline_policy
from tidegate.actions.action import Action, Clients, Family, Proof, Reach, Restored
from tidegate.errors import ChangedSince, NotProven, Refused
from tidegate.model import Difference, Model, Step

about = Action(
    id="put_permissions_boundary",
    summary="Cap a user or a role at nothing by a permissions boundary.",
    family=Family.CALLERS,
    reads=("iam:GetRole", "iam:GetUser"),
    changes=(
        "iam:PutRolePermissionsBoundary",
        "iam:DeleteRolePermissionsBoundary",
        "iam:PutUserPermissionsBoundary",
        "iam:DeleteUserPermissionsBoundary",
    ),
    calls=("iam:PutUserPermissionsBoundary or iam:PutRolePermissionsBoundary",),
    limits="Stops everything the identity does, not models alone. An identity has one boundary: the old one is "
    "replaced while it stands. A resource policy that names a role session's ARN is not capped by it.",
    reach=Reach.ONE_ROLE,
    undo="The boundary that was there is put back; if there was none, ours is taken off.",
    shared=True,
)


class Found(Model):
    kind: Literal["role", "user"]
    name: str
    boundary: str | None  # ARN of the one that was there


class Changed(Model):
    boundary: str


def snapshot(step: Step, clients: Clients) -> Found:
    """Raises Refused for what is neither user nor role, and for roles that can't be edited."""
    if step.target.kind not in ("role", "iam_user") or not inline_policy.NAME.fullmatch(step.target.id):
        raise Refused(f"{step.target!s:.200}: only an IAM user or a role has a permissions boundary.")
    kind: Literal["role", "user"] = "role" if step.target.kind == "role" else "user"
    return Found(kind=kind, name=step.target.id, boundary=_boundary(kind, step.target.id, clients))


def differences(step: Step, found: Found) -> Iterable[Difference]:
    resource = f"{found.kind}/{found.name}/permissions-boundary"
    yield Difference(resource=resource, before=found.boundary, after=_ours(step))


def apply(step: Step, found: Found, clients: Clients) -> Changed:
    """Raises ChangedSince when someone has put another boundary there since the snapshot."""
    now = _boundary(found.kind, found.name, clients)
    if now not in (found.boundary, _ours(step)):
        raise ChangedSince(f"{found.kind} {found.name}: its boundary is {now} since the snapshot. Plan again.")
    if now != _ours(step):
        _put(found, _ours(step), clients)
    return Changed(boundary=_ours(step))


def verify(step: Step, found: Found, changed: Changed, clients: Clients) -> Proof:
    now = _boundary(found.kind, found.name, clients)
    if now != changed.boundary:
        raise NotProven(f"{found.kind} {found.name}: permissions boundary is {now}, not {changed.boundary}.")
    return Proof(facts={"boundary": now, "boundary_before": found.boundary})


def undo(step: Step, found: Found, changed: Changed | None, clients: Clients) -> Restored:
    """Raises ChangedSince when the boundary is neither ours nor the one found."""
    now = _boundary(found.kind, found.name, clients)
    if found.boundary == _ours(step):  # it capped already: nothing was changed
        return Restored(facts={"boundary": now}, already=True)
    if now not in (found.boundary, _ours(step)):
        raise ChangedSince(f"{found.kind} {found.name}: someone has put boundary {now} since; left as it is.")
    if now != found.boundary:
        _put(found, found.boundary, clients) if found.boundary else _delete(found, clients)
    return Restored(facts={"boundary": found.boundary}, already=now == found.boundary)


def _ours(step: Step) -> str:
    partition = str(step.parameters.get("partition", "aws"))
    return f"arn:{partition}:iam::aws:policy/AWSDenyAll"


def _boundary(kind: str, name: str, clients: Clients) -> str | None:
    try:
        if kind == "user":
            found = clients.iam.get_user(UserName=name)["User"].get("PermissionsBoundary", {})
        else:
            role = clients.iam.get_role(RoleName=name)["Role"]
            inline_policy.refuse_uneditable(name, role["Path"])
            found = role.get("PermissionsBoundary", {})
    except clients.iam.exceptions.NoSuchEntityException as error:
        raise Refused(f"{kind} {name} is not in this account: contain it where it lives.") from error
    return found.get("PermissionsBoundaryArn")


def _put(found: Found, boundary: str, clients: Clients) -> None:
    if found.kind == "user":
        clients.iam.put_user_permissions_boundary(UserName=found.name, PermissionsBoundary=boundary)
    else:
        clients.iam.put_role_permissions_boundary(RoleName=found.name, PermissionsBoundary=boundary)


def _delete(found: Found, clients: Clients) -> None:
    if found.kind == "user":
        clients.iam.delete_user_permissions_boundary(UserName=found.name)
    else:
        clients.iam.delete_role_permissions_boundary(RoleName=found.name)
