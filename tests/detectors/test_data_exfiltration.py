"""What cases can't say about data_exfiltration: history, policies, memory, what a bucket is."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from detection_builders import ACCOUNT, World, a_session, a_user, an_api_call
from hypothesis import given
from hypothesis import strategies as st

from tidegate.configurations.policies import EVERYBODY, let_in
from tidegate.detectors.about import Known
from tidegate.detectors.data_exfiltration import Memory, detect
from tidegate.detectors.data_shares import SHARES, shared_by
from tidegate.model import Severity
from tidegate.rules import Rules

DAY, HOUR = 86_400, 3_600
WATCHED = Rules.from_toml('[[watch]]\nbucket = "acme-training"\n')
READER = a_user("analyst", "AKIATIDEANALYST00001")


def _read(key: object, at: float = 0.0, *, size: int = 1_000, bucket: str = "acme-training", **more: Any):
    return an_api_call(
        "GetObject",
        "s3",
        at=at,
        parameters={"bucketName": bucket, "key": str(key)},
        additional=msgspec.Raw(msgspec.json.encode({"bytesTransferredOut": float(size)})),
        id=f"read-{bucket}-{key}-{at}",
        **{"principal": READER, **more},
    )


def _reading(world: World, many: int, at: float, **more: Any) -> None:
    world.see(*(_read(f"{at}/{number}", at + number, **more) for number in range(many)))


def test_many_objects_in_an_hour_are_more_than_a_look():
    world = World(rules=WATCHED)
    _reading(world, 700, 0)

    (finding,) = world.found
    assert finding.severity == Severity.MEDIUM
    assert finding.evidence["threshold"] == 300
    assert "too few" in finding.evidence["history"]


def test_who_reads_as_much_every_day_is_quiet_and_three_times_as_much_is_grave():
    world = World(rules=WATCHED)
    for day in range(8):
        _reading(world, 250, day * DAY)
    assert not world.found

    _reading(world, 10, 9 * DAY, size=100_000_000_000)
    (finding,) = world.found
    assert (finding.severity, finding.evidence["megabytes"]) == (Severity.HIGH, 100_000)


def test_the_spike_is_not_in_its_own_history():
    world = World(rules=WATCHED)
    for day in range(6):
        _reading(world, 20, day * DAY)
    _reading(world, 800, 7 * DAY)

    (finding,) = world.found
    assert finding.evidence["threshold"] == 300
    assert finding.evidence["history"] == "its highest hour of 6 days is 20 in the median"


def test_a_burst_over_the_edge_of_an_hour_is_one_burst():
    world = World(rules=WATCHED)
    _reading(world, 220, HOUR - 230)
    _reading(world, 220, HOUR + 5)

    assert len(world.found) == 1


def test_a_delivery_that_comes_twice_counts_its_bytes_once():
    world = World(rules=WATCHED)
    batch = [_read(n, n, size=600_000_000) for n in range(10)]
    world.see(*batch, delivery="d")
    world.but(deliveries=type(world.deliveries)()).see(*batch, delivery="d")

    assert not world.found


def test_each_of_a_hundred_sessions_stays_under_two_kilobytes():
    world = World(rules=WATCHED)
    for day in range(20):
        _reading(world, 400, day * DAY)

    assert max(len(stored.data) for stored in world.states._stored.values()) < 2_000


@pytest.mark.parametrize(
    ("principal", "condition", "expected"),
    [
        ("*", None, [EVERYBODY]),
        ({"AWS": "*"}, None, [EVERYBODY]),
        ({"AWS": ["444455556666", "arn:aws:iam::555566667777:role/x"]}, None, ["444455556666", "555566667777"]),
        ("*", {"StringEquals": {"aws:SourceVpce": "vpce-1"}}, []),
        ("*", {"Bool": {"aws:SecureTransport": "true"}}, [EVERYBODY]),
        ({"Service": "cloudtrail.amazonaws.com"}, None, []),
        ({"AWS": {"odd": 1}}, None, []),
    ],
)
def test_whom_a_policy_lets_in(principal, condition, expected):
    statement = {"Effect": "Allow", "Principal": principal, "Action": ["s3:PutObject", "s3:Get*"]}
    policy = {"Statement": [statement | ({"Condition": condition} if condition else {})]}

    assert list(let_in(policy)) == expected
    assert list(let_in(msgspec.json.encode(policy).decode())) == expected


def test_a_policy_that_lets_write_only_lets_nobody_read():
    assert not list(let_in({"Statement": {"Effect": "Allow", "Principal": "*", "Action": "s3:PutObject"}}))


def test_a_bucket_that_no_model_uses_weighs_little():
    world = World()
    policy = {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:*"}]}
    world.see(an_api_call("PutBucketPolicy", "s3", parameters={"bucketName": "site", "bucketPolicy": policy}))

    assert [finding.severity for finding in world.found] == [Severity.LOW]


def test_a_knowledge_base_makes_its_bucket_worth_watching():
    world = World()
    source = {"type": "S3", "s3Configuration": {"bucketArn": "arn:aws:s3:::acme-handbook"}}
    world.see(
        an_api_call(
            "CreateDataSource",
            at=-DAY,
            parameters={"knowledgeBaseId": "KB00000001", "dataSourceConfiguration": source},
            principal=a_session("DeploymentPipeline"),
        )
    )
    world.see(an_api_call("DeleteBucketPublicAccessBlock", "s3", parameters={"bucketName": "acme-handbook"}))

    assert [finding.evidence["used_for"] for finding in world.found] == ["knowledge base"]


def test_a_copy_into_its_own_account_is_no_share():
    request = {"bucketName": "other", "key": "k", "x-amz-copy-source": "/acme-training/k"}

    assert shared_by(an_api_call("CopyObject", "s3", parameters=request, owners=(ACCOUNT,))) is None


@given(st.sampled_from([*SHARES, ("s3", "GetObject"), ("bedrock", "CreateModelCopyJob")]), st.data())
def test_no_request_is_too_odd(which, data):
    names = (
        "bucketPolicy bucketName key x-amz-acl createVolumePermission add items valuesToAdd resourceArns "
        "ReplicationConfiguration Rule Statement Principal Action Effect"
    )
    keys = st.sampled_from(names.split())
    odd = st.recursive(
        st.none() | st.integers() | st.text(max_size=9) | st.sampled_from(["Allow", "*", "all"]),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4),
        max_leaves=10,
    )
    service, name = which
    call = an_api_call(name, service, parameters=data.draw(st.dictionaries(keys, odd, max_size=5)))

    assert len(list(detect([call], Memory(), Known()))) <= 1
