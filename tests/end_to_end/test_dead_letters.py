"""What can't be taken is neither lost nor in the way: five tries, then the dead letters; its neighbours go on."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from deployed_account import Deployed, deployed

from tidegate_local import story
from tidegate_local.native_records import api_call

pytestmark = pytest.mark.end_to_end

POISON = "this is no event, no finding, nothing"


@pytest.fixture
def stack() -> Iterator[Deployed]:
    with deployed(ResponseMode="observe") as stack:
        yield stack


def test_poison_ends_as_a_dead_letter_and_its_neighbours_are_taken(stack: Deployed) -> None:
    sqs = stack.aws.client("sqs")
    queues = ("DeliveryQueue", "FindingQueue")
    for queue in queues:
        sqs.send_message(QueueUrl=stack.aws.outputs[queue], MessageBody=POISON)
    stack.everything_at_once()
    assert len(stack.runs()) == 5  # whatever else was in the batch went its way
    assert {queue: stack.waiting(queue) for queue in queues} == dict.fromkeys(queues, 1)
    stack.aws.clock.advance(5 * 720 + 60)  # five receives, each hidden for the queue's visibility time-out
    assert {queue: stack.waiting(queue) for queue in queues} == dict.fromkeys(queues, 0)
    assert {queue: stack.bodies(f"{queue}DeadLetters") for queue in queues} == {queue: [POISON] for queue in queues}
    tried = [one for one in stack.aws.failures if one.where == "function DetectInvocations"]
    assert len(tried) == 5


def test_a_file_that_is_gone_is_a_dead_letter_that_names_it(stack: Deployed) -> None:
    key = stack.log(b"{}")
    stack.aws.client("s3").delete_object(Bucket=stack.aws.outputs["LogBucket"], Key=key)
    stack.aws.clock.advance(5 * 720 + 60)
    (dead,) = stack.bodies("DeliveryQueueDeadLetters")
    assert json.loads(dead)["detail"]["object"]["key"] == key


def test_an_event_that_cannot_be_read_is_kept_with_its_reason(stack: Deployed) -> None:
    """It would never become readable: no tries are wasted on it, and the original is not lost."""
    damaged = api_call(stack.aws.clock(), story.ADMIN, "bedrock", "UpdateGuardrail") | {"eventTime": "yesterday"}
    stack.event(api_call(stack.aws.clock(), story.ADMIN, "bedrock", "ListGuardrails", read_only=True))
    stack.aws.put_event(source="aws.bedrock", detail_type="AWS API Call via CloudTrail", detail=damaged)
    stack.aws.deliver()
    documents = stack.documents()
    (note,) = [one["tidegate"] for (index, _), one in documents.items() if index.startswith("tidegate-ingest-errors")]
    assert note["source"] == "cloudtrail"
    assert "yesterday" in note["reason"] or "eventTime" in note["reason"]
    bucket, _, key = note["original_ref"].removeprefix("s3://").partition("/")
    original = stack.aws.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    assert json.loads(original)["eventTime"] == "yesterday"
    assert [one for (index, _), one in documents.items() if index.startswith("tidegate-events")]
    assert stack.waiting("ApiCallQueue") == stack.waiting("ApiCallQueueDeadLetters") == 0
