"""A node of its own that takes small requests only, and is stopped and started again under the sender."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from index_builders import ACCOUNT, START, KeptOriginals, an_invocation, time_left
from opensearchpy import OpenSearch

from tidegate.errors import Retryable
from tidegate.index.client import connect
from tidegate.index.event_index import OpenSearchEventIndex
from tidegate.index.events import bulk_bytes
from tidegate.index.sender import Message, Sender
from tidegate_local.node import Node

pytestmark = pytest.mark.opensearch


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    # The smallest that OpenSearch takes as a limit is not documented; 64 KB works and is far below our bulks.
    with Node.start(tmp_path_factory.mktemp("own-node"), settings={"http.max_content_length": "64kb"}) as node:
        yield node


@pytest.fixture
def client(node: Node) -> Iterator[OpenSearch]:
    client = connect(node.url)
    yield client
    client.indices.delete(index="tidegate-*")
    client.close()


def messages(*, each: int, count: int) -> list[Message]:
    return [
        Message(
            f"m{name}",
            f"s3://outbox/{name}",
            b"".join(bulk_bytes(an_invocation(name * each + number)) for number in range(each)),
        )
        for name in range(count)
    ]


def indexed(client: OpenSearch) -> int:
    client.indices.refresh(index="tidegate-*")
    found: int = client.count(index="tidegate-events-*")["count"]
    return found


def test_a_node_stopped_between_two_bulks_and_started_again_loses_nothing(node: Node, client: OpenSearch) -> None:
    ten = messages(each=20, count=10)

    def delivered() -> Iterator[Message]:
        for number, message in enumerate(ten):
            if number == 5:
                node.stop()
            yield message

    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if not node.pid:
            node.resume()

    size = len(ten[0].data)
    sender = Sender(client, damaged=KeptOriginals(), clock=lambda: START, pause=pause, bulk_bytes=size)
    sent = sender.send(delivered(), remaining=time_left())
    assert pauses
    assert (sent.failed, sent.damaged) == ({}, 0)
    assert indexed(client) == 200


def test_what_came_while_the_node_was_away_is_delivered_again_and_is_there_once(node: Node, client: OpenSearch) -> None:
    three = messages(each=5, count=3)
    sender = Sender(client, damaged=KeptOriginals(), clock=lambda: START, pause=lambda _: None)
    assert sender.send(three[:1], remaining=time_left()).failed == {}
    node.stop()
    seconds = iter(range(60, -10_000, -1))
    away = sender.send(three, remaining=lambda: next(seconds))
    assert away.failed.keys() == {"m0", "m1", "m2"}
    with pytest.raises(Retryable, match="did not answer"):
        OpenSearchEventIndex(client).calls(ACCOUNT, "user:ada", since=0, until=START.timestamp() + 60)
    node.resume()
    again = sender.send(three, remaining=time_left())
    assert (again.failed, again.indexed, again.already_there) == ({}, 10, 5)
    assert indexed(client) == 15


def test_a_cluster_that_takes_small_requests_only_gets_halves(client: OpenSearch) -> None:
    # Hundreds of alike documents compress well below the limit: http.max_content_length counts what arrives after
    # inflating, which is why a bulk of 5 MB can meet 413 even though it travels as 300 KB.
    sender = Sender(client, damaged=KeptOriginals(), clock=lambda: START)
    sent = sender.send(messages(each=100, count=3), remaining=time_left())
    assert (sent.failed, sent.indexed, sent.damaged) == ({}, 300, 0)
    assert sent.bulks > 4
    assert indexed(client) == 300
