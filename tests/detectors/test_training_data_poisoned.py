"""What cases can't say about training_data_poisoned: order of arrival, memory, names."""

from __future__ import annotations

from itertools import permutations

import msgspec
from detection_builders import ACCOUNT, World, a_session, a_user, an_api_call
from hypothesis import given
from hypothesis import strategies as st

from tidegate.detectors.about import Known
from tidegate.detectors.training_data_poisoned import Memory, detect, subjects
from tidegate.model import Principal, ServiceEvent, Severity
from tidegate.rules import Rules

HOUR, DAY = 3_600, 86_400
WATCH = Rules.from_toml('[[watch]]\nbucket = "training"\nwriters = ["role:DataPipeline"]\n')


def _put(at: float, principal: Principal | None = None, bucket: str = "training"):
    return an_api_call(
        "PutObject", "s3", at=at, parameters={"bucketName": bucket, "key": "a"}, principal=principal or a_user()
    )


def _job(at: float):
    parameters = {"customModelName": "support", "trainingDataConfig": {"s3Uri": "s3://training/a"}}
    return an_api_call("CreateModelCustomizationJob", at=at, parameters=parameters)


def _created(at: float, requester: str, address: str = "203.0.113.7") -> ServiceEvent:
    detail = {"bucket": {"name": "training"}, "requester": requester, "source-ip-address": address}
    return ServiceEvent(
        id=f"s3-{at}-{address}",
        time=_put(at).time,
        account=ACCOUNT,
        region="us-east-1",
        source="s3",
        kind="Object Created",
        name="PutObject",
        caller=f"unknown:{requester}",
        principal=Principal(kind="AWSAccount", account=requester),
        resources=("arn:aws:s3:::training/a", "arn:aws:s3:::training"),
        detail=msgspec.Raw(msgspec.json.encode(detail)),
    )


def test_the_finding_names_the_writer_the_job_and_both_times():
    world = World(rules=WATCH)
    world.see(_put(0), _job(HOUR))

    (finding,) = world.found
    assert (finding.caller, finding.severity) == ("iam-user:ci-user", Severity.HIGH)
    assert finding.evidence["fed"] == "support"
    assert finding.evidence["fed_at"] - finding.evidence["written_at"] == HOUR
    assert len(finding.event_ids) == 2


def test_every_order_of_arrival_gives_the_same_finding():
    records = [_put(0), _put(600, a_session("DataPipeline")), _job(HOUR), _job(3 * HOUR)]
    found = set()
    for order in permutations(records):
        world = World(rules=WATCH)
        for record in order:
            world.see(record)
        found.add(tuple(sorted({finding.id for finding in world.found})))

    assert len(found) == 1
    assert len(next(iter(found))) == 1


def test_a_foreign_account_that_is_listed_writes_in_peace():
    rules = Rules.from_toml('[[watch]]\nbucket = "training"\nwriters = ["unknown:444455556666"]\n')
    for world, expected in ((World(), 1), (World(rules=rules), 0)):
        world.see(_created(0, "444455556666"), _job(HOUR))

        assert len(world.found) == expected


def test_a_network_that_never_wrote_is_told_where_nothing_better_is():
    world = World()
    for day in (12, 9, 6, 3):
        world.see(_created(-day * DAY, ACCOUNT))
    world.see(_created(0, ACCOUNT, "198.51.100.4"), _job(HOUR))

    (finding,) = world.found
    assert (finding.severity, finding.evidence["written_by"]) == (Severity.MEDIUM, "198.51.100.0/24")


def test_who_wrote_is_better_than_from_where():
    """With data events, S3's own events of the account say nothing more."""
    world = World(rules=WATCH)
    for day in (12, 9, 6, 3):
        world.see(_created(-day * DAY, ACCOUNT), _put(-day * DAY, a_session("DataPipeline")))
    world.see(_created(0, ACCOUNT, "198.51.100.4"), _put(0, a_session("DataPipeline")), _job(HOUR))

    assert not world.found


def test_a_bucket_that_many_write_stays_small():
    world = World()
    for day in range(40):
        world.see(_put(day * DAY, a_user(f"user-{day}")), _job(day * DAY + HOUR))

    assert max(len(stored.data) for stored in world.states._stored.values()) < 1_500


@given(st.data())
def test_no_request_is_too_odd(data):
    keys = st.sampled_from(
        ["bucketName", "trainingDataConfig", "s3Uri", "knowledgeBaseId", "dataSourceId", "documents"]
    )
    odd = st.recursive(
        st.none() | st.integers() | st.text(max_size=9) | st.just("s3://training/a"),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4),
        max_leaves=8,
    )
    name = data.draw(st.sampled_from(["PutObject", "CreateModelCustomizationJob", "StartIngestionJob"]))
    service = "s3" if name == "PutObject" else "bedrock"
    call = an_api_call(name, service, parameters=data.draw(st.dictionaries(keys, odd, max_size=5)))

    assert all(subject.startswith("bucket:") for subject in subjects(call, Known()))
    assert not list(detect([call], Memory(), Known(name="bucket:training")))
