"""A trail's file is decoded in stretches: where they are cut must never show."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tidegate.errors import DamagedRecord
from tidegate.model import ApiCall
from tidegate.sources import trail_files
from tidegate.sources.trail_files import read_trail_file


@pytest.fixture(autouse=True)
def short_stretches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trail_files, "STRETCH", 400)


def an_event(number: int, **changes: Any) -> dict[str, Any]:
    event = {
        "eventVersion": "1.11",
        "userIdentity": {"type": "IAMUser", "userName": "ada", "accountId": "111122223333"},
        "eventTime": "2026-09-01T10:00:00Z",
        "eventSource": "iam.amazonaws.com",
        "eventName": "GetUser",
        "eventID": str(number),
    }
    return event | changes


def packed(events: list[Any]) -> list[str]:
    return [json.dumps(event, separators=(",", ":"), ensure_ascii=False) for event in events]


def read(texts: list[str]) -> tuple[list[str], list[str]]:
    found = list(read_trail_file(('{"Records":[' + ",".join(texts) + "]}").encode(), "file"))
    assert [record.where for record in found] == [f"file#{number}" for number in range(1, len(found) + 1)]
    return (
        [record.id for record in found if isinstance(record, ApiCall)],
        [record.original.decode() for record in found if isinstance(record, DamagedRecord)],
    )


def numbers(count: int) -> list[str]:
    return [str(number) for number in range(count)]


def test_every_event_of_a_long_file_is_read_once() -> None:
    assert read(packed([an_event(number) for number in range(100)])) == (numbers(100), [])


def test_an_event_that_holds_another_is_one_event() -> None:
    inner = {"list": [{"eventVersion": "1"}, {"eventVersion": "2"}, an_event(999)], "text": '},{"eventVersion":'}
    events = [an_event(number, requestParameters=inner) for number in range(30)]
    assert read(packed(events)) == (numbers(30), [])


@settings(max_examples=60)
@given(
    bad=st.integers(0, 29),
    what=st.sampled_from(["{}", "null", "{", '{"eventVersion":"1"', '"x', '{"eventVersion":"1"}']),
)
def test_a_damaged_event_anywhere_costs_itself_alone(bad: int, what: str) -> None:
    texts = packed([an_event(number) for number in range(30)])
    texts[bad] = what
    ids, originals = read(texts)
    assert ids == [str(number) for number in range(30) if number != bad]
    (original,) = originals
    assert original.startswith(what)  # with what closes the file, where it is the last


@pytest.mark.parametrize("changes", [{"eventTime": "never"}, {"userIdentity": 5}, {"eventName": None}])
def test_an_event_that_is_refused_late_costs_itself_alone(changes: dict[str, Any]) -> None:
    events = [an_event(number) for number in range(30)]
    events[20] |= changes
    ids, originals = read(packed(events))
    assert ids == [str(number) for number in range(30) if number != 20]
    assert len(originals) == 1


def test_an_unpaired_surrogate_anywhere_costs_nothing() -> None:
    texts = packed([an_event(number) for number in range(30)])
    texts[15] = texts[15].replace("GetUser", "Get\\ud800User")
    assert read(texts) == (numbers(30), [])


def test_a_file_that_is_not_closed_gives_its_events_and_says_so() -> None:
    text = '{"Records":[' + ",".join(packed([an_event(number) for number in range(30)]))
    found = list(read_trail_file(text.encode(), "file"))
    assert [record.id for record in found if isinstance(record, ApiCall)] == numbers(30)
    assert isinstance(found[-1], DamagedRecord)
    assert "not closed" in found[-1].reason


def test_what_follows_the_records_is_kept() -> None:
    text = '{"Records":[' + ",".join(packed([an_event(0)])) + ']} {"more":1}'
    call, damaged = read_trail_file(text.encode(), "file")
    assert isinstance(call, ApiCall)
    assert isinstance(damaged, DamagedRecord)
    assert b"more" in damaged.original


def test_an_event_inside_one_that_goes_too_deep_is_not_taken_for_an_event() -> None:
    forged = packed([an_event(999, eventName="DeleteGuardrail")])[0]
    deep = '{"a":' * 50_000 + "1" + "}" * 50_000
    texts = packed([an_event(number) for number in range(3)])
    texts[1] = texts[1][:-1] + f',"requestParameters":{{"list":["x",{forged}],"deep":{deep},"more":[1,{forged}]}}}}'
    assert read(texts) == (["0", "2"], [texts[1]])


def test_an_event_inside_one_with_an_unpaired_surrogate_is_not_taken_for_an_event() -> None:
    forged = packed([an_event(999, eventName="DeleteGuardrail")])[0]
    texts = packed([an_event(number) for number in range(3)])
    texts[1] = texts[1][:-1] + f',"requestParameters":{{"list":["\\ud800",{forged}]}}}}'
    assert read(texts) == (["0", "1", "2"], [])


FORGED = {
    "eventVersion": "1.11",
    "eventTime": "2026-09-01T10:00:00Z",
    "eventSource": "iam.amazonaws.com",
    "eventName": "X",
}


def a_long_event(number: int) -> dict[str, Any]:
    return {
        "eventVersion": "1.11",
        "eventTime": "2026-09-01T10:00:00Z",
        "eventSource": "bedrock.amazonaws.com",
        "eventName": "Converse",
        "eventID": str(number),
        "requestParameters": {"entries": [FORGED, {"forged": [FORGED]}]},
        "resources": [{"ARN": f"arn:aws:example:{number}"}, {"ARN": "arn:aws:example:other"}],
    }


@pytest.mark.parametrize("torn", [0, 1, 2])
def test_a_record_torn_at_any_byte_swallows_no_other(torn: int) -> None:
    """Also torn within a list, where its neighbours go on as items of that list and all of it is sound JSON."""
    texts = [json.dumps(a_long_event(number), separators=(",", ":")) for number in range(4)]
    after = {str(number) for number in range(4) if number not in (torn, torn + 1)}
    for cut in range(1, len(texts[torn])):
        text = '{"Records":[' + ",".join([*texts[:torn], texts[torn][:cut], *texts[torn + 1 :]]) + "]}"
        found = list(read_trail_file(text.encode(), "file"))
        read = {record.id for record in found if isinstance(record, ApiCall) and record.service == "bedrock"}
        assert read >= after, cut
        assert any(isinstance(record, DamagedRecord) for record in found), cut


def test_a_file_cut_off_at_any_byte_keeps_what_came_before_and_says_so() -> None:
    texts = [json.dumps(a_long_event(number), separators=(",", ":")) for number in range(3)]
    text = '{"Records":[' + ",".join(texts) + "]}"
    ends = [len('{"Records":[') + sum(map(len, texts[: number + 1])) + number for number in range(3)]
    for cut in range(len('{"Records":['), len(text) - 1):
        found = list(read_trail_file(text[:cut].encode(), "file"))
        whole = [record.id for record in found if isinstance(record, ApiCall) and record.service == "bedrock"]
        assert whole == [str(number) for number, end in enumerate(ends) if end <= cut], cut
        forged = [record for record in found if isinstance(record, ApiCall) and record.service == "iam"]
        # Cut where a caller's own list ends as the file would, its content can't be told from torn-off records.
        assert not forged or text[:cut].endswith(("]", "]}")), cut
        assert any(isinstance(record, DamagedRecord) for record in found), cut


def test_a_whole_record_at_the_end_of_a_cut_file_is_not_searched_for_records() -> None:
    """Its parameters may hold what looks like an event; it is whole, and they are its own."""
    text = '{"Records":[' + json.dumps(a_long_event(0))
    calls = [record for record in read_trail_file(text.encode(), "file") if isinstance(record, ApiCall)]
    assert [(call.id, call.name) for call in calls] == [("0", "Converse")]
