"""Take an EBS snapshot back from those it was shared with.

EC2 keeps no history of who a snapshot was shared with, and an event tells only what it added: `parameters["keep"]` are
accounts that may keep it, else every share of it is closed.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from botocore.exceptions import ClientError

from tidegate.actions import switch
from tidegate.actions.action import Action, Clients, Family, Proof, Reach, Restored
from tidegate.actions.switch import Changed, Found, Setting, State
from tidegate.errors import Refused
from tidegate.model import Difference, Step

about = Action(
    id="close_snapshot_share",
    summary="Take a snapshot back from the accounts that it was shared with.",
    family=Family.DATA,
    reads=("ec2:DescribeSnapshotAttribute",),
    changes=("ec2:ModifySnapshotAttribute",),
    calls=("ec2:ModifySnapshotAttribute",),
    limits="EBS snapshots; those of RDS are taken back by hand. Whoever copied it or made a volume of it keeps that.",
    reach=Reach.OUTSIDERS,
    undo="The snapshot is shared again with exactly those who were found.",
    for_good=True,
)

EVERYBODY = "all"
_ATTRIBUTE = "createVolumePermission"


def snapshot(step: Step, clients: Clients) -> Found:
    """Raises Refused for an unknown snapshot, and one that is shared with nobody any more."""
    kept = set(step.parameters.get("keep", ()))
    setting = _setting(step, clients)
    now = setting.read().value
    return switch.found(setting, [who for who in now if who in kept])


def differences(step: Step, found: Found) -> Iterable[Difference]:
    return switch.difference(f"{step.target.id}/shared-with", found)


def apply(step: Step, found: Found, clients: Clients) -> Changed:
    return switch.applied(_setting(step, clients), found)


def verify(step: Step, found: Found, changed: Changed, clients: Clients) -> Proof:
    return switch.proven(_setting(step, clients), found)


def undo(step: Step, found: Found, changed: Changed | None, clients: Clients) -> Restored:
    return switch.undone(_setting(step, clients), found, changed)


def _setting(step: Step, clients: Clients) -> Setting:
    ec2, name = clients.named("ec2"), step.target.id

    def read() -> State:
        try:
            found = ec2.describe_snapshot_attribute(SnapshotId=name, Attribute=_ATTRIBUTE)["CreateVolumePermissions"]
        except ClientError as error:
            if error.response["Error"]["Code"] not in ("InvalidSnapshot.NotFound", "InvalidSnapshotID.Malformed"):
                raise
            raise Refused(f"there is no snapshot {name} in this account and Region.") from error
        return State(sorted(one.get("UserId") or one["Group"] for one in found))

    def write(value: Any) -> None:
        """What is missing is added before what is too much is taken away; each call may be repeated."""
        now, wanted = set(read().value), set(value)
        for operation, who in (("add", wanted - now), ("remove", now - wanted)):
            accounts, groups = sorted(who - {EVERYBODY}), sorted(who & {EVERYBODY})
            named = ({"UserIds": accounts} if accounts else {}) | ({"GroupNames": groups} if groups else {})
            if named:
                ec2.modify_snapshot_attribute(SnapshotId=name, Attribute=_ATTRIBUTE, OperationType=operation, **named)

    return Setting(f"the shares of snapshot {name}", read, write)
