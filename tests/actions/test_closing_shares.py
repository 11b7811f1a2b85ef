"""close_snapshot_share and close_bucket_policy: what was opened to outsiders is closed, and opened again exactly."""

from __future__ import annotations

import json
from typing import Any

import pytest
from response_builders import ACCOUNT, REGION, a_step
from switch_builders import through_the_ledger

from tidegate.actions import close_bucket_policy as bucket_action
from tidegate.actions import close_snapshot_share as snapshot_action
from tidegate.aws.clients import AwsClients
from tidegate.errors import ChangedSince, NotProven, Refused
from tidegate.model import Step

OTHER, PARTNER = "444455556666", "777788889999"


class Shared:
    def __init__(self, ec2: Any) -> None:
        self.ec2 = ec2
        volume = ec2.create_volume(Size=1, AvailabilityZone=f"{REGION}a")["VolumeId"]
        self.name = ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
        self.share(OTHER, PARTNER)

    def share(self, *accounts: str) -> None:
        self.ec2.modify_snapshot_attribute(
            SnapshotId=self.name, Attribute="createVolumePermission", OperationType="add", UserIds=list(accounts)
        )

    def who(self) -> list[str]:
        read = self.ec2.describe_snapshot_attribute(SnapshotId=self.name, Attribute="createVolumePermission")
        return sorted(one["UserId"] for one in read["CreateVolumePermissions"])

    def step(self, **parameters: Any) -> Step:
        return a_step("close_snapshot_share", "snapshot", self.name, **parameters)


def test_a_snapshot_is_taken_back_and_shared_again_exactly(clients: AwsClients) -> None:
    shared = Shared(clients.named("ec2"))
    found = through_the_ledger(snapshot_action.snapshot(shared.step(), clients))
    changed = snapshot_action.apply(shared.step(), found, clients)
    assert snapshot_action.apply(shared.step(), found, clients) == changed
    assert shared.who() == []
    assert snapshot_action.verify(shared.step(), found, changed, clients).facts == {"value": []}
    snapshot_action.undo(shared.step(), found, None, clients)
    assert shared.who() == [OTHER, PARTNER]
    assert snapshot_action.undo(shared.step(), found, changed, clients).already


def test_accounts_that_may_keep_it_keep_it(clients: AwsClients) -> None:
    shared = Shared(clients.named("ec2"))
    step = shared.step(keep=[PARTNER])
    found = snapshot_action.snapshot(step, clients)
    snapshot_action.apply(step, found, clients)
    assert shared.who() == [PARTNER]


def test_a_share_that_somebody_made_since_is_left_alone(clients: AwsClients) -> None:
    shared = Shared(clients.named("ec2"))
    found = snapshot_action.snapshot(shared.step(), clients)
    changed = snapshot_action.apply(shared.step(), found, clients)
    shared.share("222233334444")
    with pytest.raises(ChangedSince):
        snapshot_action.undo(shared.step(), found, changed, clients)
    with pytest.raises(NotProven):
        snapshot_action.verify(shared.step(), found, changed, clients)


def test_an_unknown_or_private_snapshot_is_refused(clients: AwsClients) -> None:
    with pytest.raises(Refused, match="no snapshot"):
        snapshot_action.snapshot(a_step("close_snapshot_share", "snapshot", "snap-00000000"), clients)
    shared = Shared(clients.named("ec2"))
    found = snapshot_action.snapshot(shared.step(), clients)
    snapshot_action.apply(shared.step(), found, clients)
    with pytest.raises(Refused, match="nothing is left"):
        snapshot_action.snapshot(shared.step(), clients)


def allow(sid: str, principal: Any) -> dict[str, Any]:
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": principal,
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::reports/*",
    }


OWN = allow("Own", {"AWS": f"arn:aws:iam::{ACCOUNT}:role/reader"})
POLICY = {"Version": "2012-10-17", "Statement": [OWN, allow("Theirs", {"AWS": f"arn:aws:iam::{OTHER}:root"})]}
HALF = {"BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": False, "RestrictPublicBuckets": False}


class Opened:
    def __init__(self, s3: Any) -> None:
        self.s3 = s3
        s3.create_bucket(Bucket="reports", CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.put_bucket_policy(Bucket="reports", Policy=json.dumps(POLICY))
        s3.put_public_access_block(Bucket="reports", PublicAccessBlockConfiguration=HALF)

    def policy(self) -> Any:
        return json.loads(self.s3.get_bucket_policy(Bucket="reports")["Policy"])

    def block(self) -> Any:
        return self.s3.get_public_access_block(Bucket="reports")["PublicAccessBlockConfiguration"]

    def step(self) -> Step:
        return a_step("close_bucket_policy", "bucket", "reports")


@pytest.fixture
def opened(clients: AwsClients) -> Opened:
    return Opened(clients.named("s3"))


def test_outsiders_are_shut_out_and_insiders_stay(clients: AwsClients, opened: Opened) -> None:
    found = through_the_ledger(bucket_action.snapshot(opened.step(), clients))
    policy, block = bucket_action.differences(opened.step(), found)
    assert (policy.before, block.after) == (POLICY, bucket_action.CLOSED)
    changed = bucket_action.apply(opened.step(), found, clients)
    assert bucket_action.apply(opened.step(), found, clients) == changed
    assert opened.policy()["Statement"] == [OWN]
    assert opened.block() == bucket_action.CLOSED
    assert bucket_action.verify(opened.step(), found, changed, clients).facts


def test_undo_opens_the_bucket_exactly_as_found(clients: AwsClients, opened: Opened) -> None:
    found = bucket_action.snapshot(opened.step(), clients)
    bucket_action.apply(opened.step(), found, clients)
    assert not bucket_action.undo(opened.step(), found, None, clients).already
    assert (opened.policy(), opened.block()) == (POLICY, HALF)
    assert bucket_action.undo(opened.step(), found, None, clients).already


def test_a_death_between_block_and_policy_is_finished_or_undone(clients: AwsClients, opened: Opened) -> None:
    found = bucket_action.snapshot(opened.step(), clients)
    closed = bucket_action.CLOSED
    opened.s3.put_public_access_block(Bucket="reports", PublicAccessBlockConfiguration=closed)
    bucket_action.apply(opened.step(), found, clients)
    assert opened.policy()["Statement"] == [OWN]
    opened.s3.put_bucket_policy(Bucket="reports", Policy=json.dumps(POLICY))
    bucket_action.undo(opened.step(), found, None, clients)
    assert (opened.policy(), opened.block()) == (POLICY, HALF)


def test_a_policy_that_somebody_wrote_since_is_left_alone(clients: AwsClients, opened: Opened) -> None:
    found = bucket_action.snapshot(opened.step(), clients)
    changed = bucket_action.apply(opened.step(), found, clients)
    third = POLICY | {"Statement": [allow("New", {"AWS": f"arn:aws:iam::{ACCOUNT}:root"})]}
    opened.s3.put_bucket_policy(Bucket="reports", Policy=json.dumps(third))
    for refused in (
        lambda: bucket_action.apply(opened.step(), found, clients),
        lambda: bucket_action.undo(opened.step(), found, changed, clients),
    ):
        with pytest.raises(ChangedSince):
            refused()
    assert opened.policy() == third


def test_a_bucket_that_only_outsiders_may_read_has_no_policy_left(clients: AwsClients, opened: Opened) -> None:
    public = POLICY | {"Statement": [allow("All", "*")]}
    opened.s3.put_bucket_policy(Bucket="reports", Policy=json.dumps(public))
    found = bucket_action.snapshot(opened.step(), clients)
    bucket_action.apply(opened.step(), found, clients)
    assert found.former["policy"] is None
    bucket_action.undo(opened.step(), found, None, clients)
    assert opened.policy() == public


def test_a_closed_or_unknown_bucket_is_refused(clients: AwsClients, opened: Opened) -> None:
    found = bucket_action.snapshot(opened.step(), clients)
    bucket_action.apply(opened.step(), found, clients)
    with pytest.raises(Refused, match="nothing is left"):
        bucket_action.snapshot(opened.step(), clients)
    with pytest.raises(Refused, match="no bucket"):
        bucket_action.snapshot(a_step("close_bucket_policy", "bucket", "unknown"), clients)
