"""Queue and function in front of a node that throttles, is away, is slow or refuses: nothing is lost, nothing is there
twice, nobody hammers. The node is real; a proxy on loopback makes the trouble."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event

import pytest
from deployed_account import Deployed, deployed
from deployed_template import resources
from index_builders import START, KeptOriginals, a_finding, an_invocation, time_left
from opensearchpy import OpenSearch

from tidegate.aws.objects import S3Outbox
from tidegate.index.client import connect
from tidegate.index.documents import finding_document
from tidegate.index.events import bulk_bytes
from tidegate.index.replaying import replay
from tidegate.index.sender import Message, Sender
from tidegate_local.node_proxy import DROPPED, Asked, NodeProxy, Refusal, away, in_front_of, let_through, throttling

pytestmark = [pytest.mark.end_to_end, pytest.mark.opensearch]

EVENTS, FINDINGS = "tidegate-events-2026.10", "tidegate-findings-2026.03"
VISIBILITY = resources("AWS::SQS::Queue")["IndexQueue"]["VisibilityTimeout"]
MOST_TRIES = 15  # bulks of one call: growing pauses fill its two minutes


class Pressed:
    """A stack whose index is behind the proxy, and what comes out of it."""

    def __init__(self, stack: Deployed, proxy: NodeProxy, node: OpenSearch) -> None:
        self.stack, self.proxy, self.node = stack, proxy, node
        self.clock = stack.aws.clock

    def write(self, name: str, *documents: bytes) -> None:
        S3Outbox(self.stack.aws.client("s3"), self.stack.aws.outputs["OutboxBucket"]).write(name, documents)

    def write_events(self, batches: int, each: int = 10) -> None:
        for batch in range(batches):
            self.write(f"batch-{batch}", *(bulk_bytes(an_invocation(batch * each + n)) for n in range(each)))

    def count(self, index: str = EVENTS) -> int:
        self.node.indices.refresh(index="tidegate-*")
        found: int = self.node.count(index=index, params={"ignore_unavailable": "true"})["count"]
        return found

    def waiting(self) -> tuple[int, int]:
        return self.stack.waiting("IndexQueue"), self.stack.waiting("IndexQueueDeadLetters")


@pytest.fixture
def pressed(opensearch: OpenSearch, opensearch_url: str) -> Iterator[Pressed]:
    with in_front_of(opensearch_url) as proxy, deployed(opensearch_url=proxy.url) as stack:
        yield Pressed(stack, proxy, opensearch)


@pytest.mark.parametrize("trouble", [throttling, away], ids=["throttling", "away"])
def test_messages_wait_while_the_node_takes_nothing_and_arrive_once_it_does(pressed: Pressed, trouble: object) -> None:
    pressed.proxy.before = trouble  # type: ignore[assignment]
    pressed.write_events(3)
    pressed.stack.aws.deliver()
    assert pressed.waiting() == (3, 0)
    tried = len(pressed.proxy.asked)
    pressed.stack.aws.deliver()
    assert len(pressed.proxy.asked) == tried  # hidden until the time-out of the queue, not asked for in a loop

    before = pressed.clock()
    calls = 0
    while (pressed.clock() - before).total_seconds() < 3 * VISIBILITY:
        pressed.clock.advance(VISIBILITY)
        calls += 1
    assert pressed.waiting() == (3, 0)
    assert pressed.proxy.bulks() <= MOST_TRIES * (calls + 1)

    pressed.proxy.before = let_through
    pressed.clock.advance(VISIBILITY + 1)
    assert pressed.waiting() == (0, 0)
    assert pressed.count() == 30


def test_the_age_of_the_oldest_message_raises_its_alarm_before_sqs_stops_counting_it() -> None:
    """A message received three times is left out of ApproximateAgeOfOldestMessage: with a cluster that is away that is
    every message, after twice the visibility time-out."""
    alarm = resources("AWS::CloudWatch::Alarm")["IndexQueueAgeAlarm"]
    raised_after = alarm["Threshold"] + alarm["Period"] * alarm["EvaluationPeriods"]
    assert raised_after < 2 * VISIBILITY


def test_only_messages_with_a_document_that_is_turned_away_come_back(pressed: Pressed) -> None:
    def findings_are_full(asked: Asked) -> Refusal | None:
        """What a node answers of which one index is being copied: 403 for its documents, the others are taken."""
        if not asked.is_bulk or FINDINGS.encode() not in asked.body:
            return None
        heads = [json.loads(line) for line in asked.body.splitlines()[::2]]
        others = b"".join(
            b"%b\n%b\n" % (head, source)
            for head, source in zip(asked.body.splitlines()[::2], asked.body.splitlines()[1::2], strict=True)
            if FINDINGS.encode() not in head
        )
        if others:
            pressed.node.bulk(body=others)
        items = []
        for head in heads:
            ((verb, place),) = head.items()
            full = {"status": 429, "error": {"type": "circuit_breaking_exception", "reason": "full"}}
            items.append({verb: full if place["_index"] == FINDINGS else {"status": 201}})
        return Refusal(200, {"took": 1, "errors": True, "items": items})

    pressed.proxy.before = findings_are_full
    pressed.write_events(2)
    pressed.write("a-finding", finding_document(a_finding()))
    pressed.stack.aws.deliver()
    assert (pressed.waiting(), pressed.count()) == ((1, 0), 20)
    pressed.proxy.before = let_through
    pressed.clock.advance(VISIBILITY + 1)
    assert (pressed.waiting(), pressed.count(FINDINGS)) == ((0, 0), 1)


def test_an_answer_that_gets_lost_after_the_documents_were_taken_makes_no_second_one(pressed: Pressed) -> None:
    pressed.proxy.after = lambda asked: DROPPED if asked.is_bulk else None
    pressed.write_events(2)
    pressed.stack.aws.deliver()
    assert (pressed.waiting(), pressed.count()) == ((2, 0), 20)
    pressed.proxy.after = let_through
    pressed.clock.advance(VISIBILITY + 1)
    assert (pressed.waiting(), pressed.count()) == ((0, 0), 20)


def test_a_node_slower_than_the_time_that_is_left_fails_the_messages_and_loses_nothing(
    opensearch: OpenSearch, opensearch_url: str
) -> None:
    message = Message("m", "s3://outbox/m", b"".join(bulk_bytes(an_invocation(n)) for n in range(10)))
    with in_front_of(opensearch_url) as proxy:
        sender = Sender(connect(proxy.url), damaged=KeptOriginals(), clock=lambda: START, pause=lambda _: None)
        with held_back(proxy):
            left = iter([3.2, *[0.0] * 9])  # seconds, of which three are kept to answer the queue
            assert sender.send([message], remaining=lambda: next(left)).failed.keys() == {"m"}
        again = sender.send([message], remaining=time_left())
    assert (again.failed, again.indexed + again.already_there) == ({}, 10)
    opensearch.indices.refresh(index=EVENTS)
    assert opensearch.count(index=EVENTS)["count"] == 10


@contextmanager
def held_back(proxy: NodeProxy) -> Iterator[None]:
    """Bulks get no answer until the block ends."""
    over = Event()

    def wait(asked: Asked) -> Refusal | None:
        if asked.is_bulk:
            over.wait(30)
        return None

    proxy.before = wait
    try:
        yield
    finally:
        proxy.before = let_through
        over.set()


def test_a_poisonous_document_takes_no_other_along_is_kept_and_arrives_after_mending(pressed: Pressed) -> None:
    poison = b'{"create":{"_index":"%b","_id":"poison"}}\n{"time":1,"surprise":"x"}\n' % EVENTS.encode()
    pressed.write("mixed", bulk_bytes(an_invocation(1)), poison, bulk_bytes(an_invocation(2)))
    pressed.stack.aws.deliver()
    assert (pressed.waiting(), pressed.count()) == ((0, 0), 2)
    (note,) = pressed.node.search(index="tidegate-ingest-errors-*")["hits"]["hits"]
    told = note["_source"]["tidegate"]
    assert "surprise" in told["reason"]
    bucket, _, key = told["original_ref"].removeprefix("s3://").partition("/")
    assert pressed.stack.aws.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read() == poison

    pressed.node.indices.put_mapping(index=EVENTS, body={"properties": {"surprise": {"type": "keyword"}}})
    sender = Sender(pressed.node, damaged=KeptOriginals(), clock=lambda: START)
    originals = pressed.stack.services.logs
    sent = [replay(pressed.node, sender, originals, since="2026-01-01", remaining=time_left()) for _ in range(2)]
    assert [(one.indexed, one.already_there, one.refused) for one in sent] == [(1, 0, 0), (0, 1, 0)]
    assert pressed.count() == 3
