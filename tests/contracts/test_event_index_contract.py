"""Our own events, asked through the port: a real node and the memory of a replay answer alike."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from index_builders import ACCOUNT, START, a_threat, an_api_call, an_invocation
from msgspec.structs import replace
from opensearchpy import OpenSearch

from tidegate.index import templates
from tidegate.index.event_index import OpenSearchEventIndex
from tidegate.index.events import bulk_bytes
from tidegate.model import ApiCall, Minted, Principal, Record
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


USER = Principal(
    kind="IAMUser", arn=f"arn:aws:iam::{ACCOUNT}:user/builder", account=ACCOUNT, principal_id="AIDAEXAMPLE",
    access_key="AKIAEXAMPLE", name="builder",
)  # fmt: skip


def of_sts(number: int, operation: str, answered: Any, asked: Any = None, **given: Any) -> ApiCall:
    bodies = {
        "parameters": msgspec.Raw(json.dumps(asked or {}).encode()),
        "response": msgspec.Raw(json.dumps(answered).encode()),
    }
    by = {"principal": USER, "caller": "iam-user:builder"}
    return an_api_call(number, service="sts", name=operation, **{**by, **bodies, **given})


def assumed(number: int, session: str, **given: Any) -> ApiCall:
    """AssumeRole as CloudTrail tells of it; the expiry has a space in it, as AWS writes it."""
    answered = {
        "credentials": {
            "accessKeyId": f"ASIAROLE{number}", "sessionToken": "IQoJb3JpZ2lu" * 20,
            "expiration": "Mar 2, 2026, 10:00:00 AM",
        },
        "assumedRoleUser": {
            "assumedRoleId": f"AROAEXAMPLE:{session}", "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/app/{session}",
        },
    }  # fmt: skip
    asked = {"roleArn": f"arn:aws:iam::{ACCOUNT}:role/app", "roleSessionName": session, "durationSeconds": 7200}
    return of_sts(number, "AssumeRole", answered, asked, **given)


def test_what_was_made_out_of_a_key_is_told_the_latest_first(index: Indexed) -> None:
    own = {"credentials": {"accessKeyId": "ASIAOWN", "expiration": "Mar 2, 2026, 8:00:00 PM"}}
    events = index(
        assumed(1, "mallory"),
        of_sts(2, "GetSessionToken", own),
        of_sts(3, "GetFederationToken", own | {"credentials": {"accessKeyId": "ASIAFED"}}, {"durationSeconds": 900}),
        assumed(4, "refused", error="AccessDenied", response=None),
        assumed(5, "of-another-key", principal=replace(USER, access_key="AKIAOTHER")),
        assumed(6, "too-late", time=UNTIL),
        an_api_call(7, principal=USER),
    )
    start = START.timestamp()
    assert events.minted(ACCOUNT, "AKIAEXAMPLE", since=FROM, until=UNTIL) == [
        Minted("ASIAFED", start + 3, start + 903),
        Minted("ASIAOWN", start + 2, start + 2 + 43_200),
        Minted("ASIAROLE1", start + 1, start + 7201, role="app", session="mallory", account=ACCOUNT),
    ]
    assert events.minted(ACCOUNT, HOSTILE, since=FROM, until=UNTIL) == []


@pytest.mark.parametrize(
    "answered",
    [
        None, {}, {"credentials": None}, {"credentials": {"accessKeyId": 7}}, {"credentials": {"accessKeyId": "ASIAX"}},
        {"credentials": {"accessKeyId": "ASIAX"}, "assumedRoleUser": {"arn": "arn:aws:sts::1:assumed-role/app"}},
        {"credentials": {"accessKeyId": "ASIAX"}, "assumedRoleUser": {"arn": "assumed-role/app/x"}},
        {"credentials": {"accessKeyId": "ASIAX"}, "assumedRoleUser": ["app"]},
    ],
)  # fmt: skip
def test_an_answer_without_credentials_tells_of_none(index: Indexed, answered: Any) -> None:
    assert index(of_sts(1, "AssumeRole", answered)).minted(ACCOUNT, "AKIAEXAMPLE", since=FROM, until=UNTIL) == []
