"""Our own events, asked through the port: a real node and the memory of a replay answer alike."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from index_builders import ACCOUNT, START, a_threat, an_api_call, an_invocation
from opensearchpy import OpenSearch

from tidegate.index import templates
from tidegate.index.event_index import OpenSearchEventIndex
from tidegate.index.events import bulk_bytes
from tidegate.model import Record
from tidegate.ports import EventIndex
from tidegate_local.memory import MemoryEventIndex

FROM = START.timestamp()
UNTIL = FROM + 3600
HOSTILE = 'user:* OR tidegate.caller:"ada"} /.*/ {"match_all":{}}'

Indexed = Callable[..., EventIndex]


@pytest.fixture(params=["memory", pytest.param("opensearch", marks=pytest.mark.opensearch)])
def index(request: pytest.FixtureRequest) -> Indexed:
    """An event index that holds the given records."""
    if request.param == "memory":
        return lambda *records: MemoryEventIndex(records)
    client: OpenSearch = request.getfixturevalue("opensearch")

    def on_a_node(*records: Record) -> EventIndex:
        templates.install(client)
        if records:
            answer = client.bulk(body=b"".join(map(bulk_bytes, records)), params={"refresh": "true"})
            assert not answer["errors"], answer
        return OpenSearchEventIndex(client)

    return on_a_node


def test_before_the_first_event_nobody_is_reached(index: Indexed) -> None:
    events = index()
    assert events.other_callers(ACCOUNT, "role:chat", since=FROM, until=UNTIL) == []
    assert events.calls(ACCOUNT, "role:chat", since=FROM, until=UNTIL) == (0, 0)
    assert events.events_of(ACCOUNT, "role:chat", since=FROM, until=UNTIL) == []


def test_a_shared_role_reaches_everyone_who_went_through_it(index: Indexed) -> None:
    events = index(
        an_invocation(1, caller="user:ada"),
        an_invocation(2, caller="user:ada"),
        an_invocation(3, caller="user:bob"),
        an_api_call(4),
        an_invocation(5, caller="user:elsewhere", account="444455556666"),
        an_invocation(6, caller="user:later", time=UNTIL),
    )
    reached = events.other_callers(ACCOUNT, "role:chat", since=FROM, until=UNTIL)
    assert reached == ["user:ada", "session:chat/i-0a", "user:bob"]  # the most active first
    assert events.other_callers(ACCOUNT, "session:chat/i-0a", since=FROM, until=UNTIL) == ["user:ada", "user:bob"]
    assert events.other_callers(ACCOUNT, "user:ada", since=FROM, until=UNTIL) == []


def test_a_call_that_two_logs_tell_of_is_counted_once(index: Indexed) -> None:
    events = index(
        an_invocation(1, caller="session:chat/i-0a"),
        an_api_call(1),
        an_api_call(2, error="AccessDeniedException"),
        an_api_call(3, error="ThrottlingException"),
        an_api_call(4, name="ListFoundationModels"),
        an_api_call(5, request_id=""),
        an_api_call(6, request_id=""),
    )
    assert events.calls(ACCOUNT, "session:chat/i-0a", since=FROM, until=UNTIL) == (3, 1)


def test_events_come_oldest_first_and_over_more_than_one_page(index: Indexed) -> None:
    events = index(*[an_invocation(number) for number in reversed(range(1200))], a_threat())
    found = events.events_of(ACCOUNT, "user:ada", since=FROM, until=UNTIL, limit=1100)
    assert [event["metadata"]["uid"] for event in found] == [f"request-{number}" for number in range(1100)]
    assert len(events.events_of(ACCOUNT, "user:ada", since=FROM, until=UNTIL, limit=5000)) == 1200


def test_a_hostile_name_is_a_name_and_nothing_else(index: Indexed) -> None:
    events = index(
        an_invocation(1, caller="user:ada"),
        an_invocation(2, caller=HOSTILE),
    )
    assert [event["metadata"]["uid"] for event in events.events_of(ACCOUNT, HOSTILE, since=FROM, until=UNTIL)] == [
        "request-2"
    ]
    assert events.calls(ACCOUNT, HOSTILE, since=FROM, until=UNTIL) == (1, 0)
    assert events.calls(ACCOUNT, "user:*", since=FROM, until=UNTIL) == (0, 0)
    assert HOSTILE in events.other_callers(ACCOUNT, "role:chat", since=FROM, until=UNTIL)
