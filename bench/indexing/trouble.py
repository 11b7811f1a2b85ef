"""Queue and function in front of a node in trouble: half an hour of it, in the embedded account, on the run's clock.

Every minute two objects of fifty documents come into the outbox, for an hour; from the tenth minute to the fortieth
the node is too slow, throttles or is away. Then it is looked at how long the rest takes, whether every document is
there, and how often the node was asked meanwhile. The queue's visibility time-out and the function's own pauses pass on
the run's clock, one call at a time: what is measured is the policy, not the machine.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from invented_records import START, records

from tidegate.aws.objects import S3Outbox
from tidegate.index.client import connect
from tidegate.index.events import bulk_bytes
from tidegate.telemetry import logger
from tidegate_local.clock import RunClock
from tidegate_local.embedded import Embedded
from tidegate_local.node_proxy import Asked, Judge, NodeProxy, Refusal, away, in_front_of, let_through, throttling

logger.setLevel("ERROR")  # every message that has to wait is a warning

TEMPLATE = Path(__file__).parents[2] / "template.yaml"
MINUTES, BEGINS, ENDS, LONGEST = 60, 10, 40, 180
OBJECTS, DOCUMENTS = 2, 50  # a minute; an object


def slow() -> Judge:
    """So slow that of two bulks in three the time runs out: the connection ends after the node has done them."""
    asked = Counter[str]()

    def judge(one: Asked) -> Refusal | None:
        asked["bulks"] += one.is_bulk
        return Refusal(0) if one.is_bulk and asked["bulks"] % 3 else None

    return judge


@dataclass(frozen=True)
class Scenario:
    before: Judge = let_through
    after: Judge = let_through


SCENARIOS = {
    "slow: two answers of three are lost": Scenario(after=slow()),
    "throttling (429)": Scenario(before=throttling),
    "away": Scenario(before=away),
}


def play(url: str, scenario: Scenario) -> dict[str, Any]:
    client = connect(url)
    client.indices.delete(index="tidegate-*", params={"ignore_unavailable": "true"})
    made = iter(records(MINUTES * OBJECTS * DOCUMENTS))
    written: list[str] = []
    with in_front_of(url) as proxy, Embedded(TEMPLATE, clock=RunClock(START), opensearch_url=proxy.url) as aws:
        outbox = S3Outbox(aws.client("s3"), aws.outputs["OutboxBucket"])
        bulks, waiting = [], []
        for minute in _minutes(proxy, scenario):
            for number in range(OBJECTS if minute < MINUTES else 0):
                batch = [next(made) for _ in range(DOCUMENTS)]
                written += [record.id for record in batch]
                outbox.write(f"{minute}-{number}", map(bulk_bytes, batch))
            aws.clock.advance(60)
            waiting.append(_waiting(aws, "IndexQueue"))
            bulks.append(proxy.bulks())
            if minute >= MINUTES and not waiting[-1]:
                break
        dead = _waiting(aws, "IndexQueueDeadLetters")
    client.indices.refresh(index="tidegate-*")
    found = Counter(_ids(url))
    return {
        "written": len(written),
        "waiting": waiting,
        "bulks": bulks,
        "most_waiting": max(waiting),
        "bulks_in_trouble": bulks[ENDS - 1] - bulks[BEGINS - 1],
        "lost": len(set(written) - found.keys()),
        "twice": sum(count > 1 for count in found.values()),
        "drained_after_minutes": next(at for at, count in enumerate(waiting) if at >= ENDS and count == 0) - ENDS + 1,
        "dead_letters": dead,
    }


def _minutes(proxy: NodeProxy, scenario: Scenario) -> Iterator[int]:
    for minute in range(LONGEST):
        if minute == BEGINS:
            proxy.before, proxy.after = scenario.before, scenario.after
        if minute == ENDS:
            proxy.before = proxy.after = let_through
        yield minute


def _waiting(aws: Embedded, queue: str) -> int:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    url = aws.outputs[queue]
    counts = aws.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(int(count) for count in counts.values())


def _ids(url: str) -> Iterator[str]:
    client, after = connect(url), None
    while True:
        body: dict[str, Any] = {"size": 5_000, "_source": False, "sort": [{"metadata.uid": "asc"}]}
        if after:
            body["search_after"] = after
        hits = client.search(index="tidegate-events-*", body=body)["hits"]["hits"]
        if not hits:
            return
        yield from (hit["sort"][0] for hit in hits)
        after = hits[-1]["sort"]
