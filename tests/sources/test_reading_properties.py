"""Whatever the bytes: nothing is raised, nothing good is lost, nothing changes its place."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterable
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tidegate.errors import DamagedRecord
from tidegate.index.events import bulk_bytes
from tidegate.model import ApiCall, Invocation, Record
from tidegate.sources import (
    new_turns,
    opened,
    read_any,
    read_api_call,
    read_invocation_file,
    read_threat,
    read_trail_file,
    turns,
)

READERS: list[Callable[[bytes, str], Iterable[Record | DamagedRecord]]] = [
    read_any,
    read_invocation_file,
    read_trail_file,
    lambda data, where: [read_api_call(data, where)],
    lambda data, where: [read_threat(data, where)],
]
TEMPLATES: list[dict[str, Any]] = [
    {
        "eventTime": "2026-09-01T10:00:00Z",
        "eventSource": "bedrock.amazonaws.com",
        "eventName": "Converse",
        "eventID": "0",
        "userIdentity": {"type": "IAMUser", "userName": "ada", "accountId": "111122223333"},
        "requestParameters": {"modelId": "example.model"},
        "additionalEventData": {"callWithBearerToken": True},
        "resources": [{"ARN": "arn:aws:example"}],
    },
    {
        "schemaType": "ModelInvocationLog",
        "timestamp": "2026-09-01T10:00:00Z",
        "requestId": "0",
        "operation": "Converse",
        "modelId": "example.model",
        "requestMetadata": {"user": "u-1"},
        "input": {"inputBodyJson": {"messages": [{"role": "user", "content": [{"text": "hello"}]}]}},
        "output": {
            "outputBodyJson": {"stopReason": "end_turn", "trace": {"guardrail": {"inputAssessment": {"g": {}}}}}
        },
    },
    {
        "id": "0",
        "type": "AttackSequence:IAM/CompromisedCredentials",
        "severity": 9,
        "accountId": "111122223333",
        "region": "us-east-1",
        "updatedAt": "2026-09-01T10:00:00Z",
        "resource": {"accessKeyDetails": {"userName": "ada"}, "modelDetails": [{"modelId": "m"}]},
        "service": {"detection": {"sequence": {"actors": [{"user": {"name": "ada"}}]}}},
    },
]

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just("\ud800"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a JSON value, so that anything can be put anywhere."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for key, item in items for found in paths(item, (*path, key)))]


def replaced(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = replaced(copy[path[0]], path[1:], new)
    return copy


def use(record: Record | DamagedRecord) -> None:
    """Everything that later steps do with a record on the hot path: all of it must hold."""
    if isinstance(record, DamagedRecord):
        assert record.reason
        return
    action, document, rest = bulk_bytes(record).split(b"\n")
    assert msgspec.json.decode(action)["create"]["_id"] == record.id
    assert isinstance(json.loads(document.decode()), dict)
    assert rest == b""
    if isinstance(record, Invocation):
        assert len(new_turns(record)) <= len(turns(record))
    if isinstance(record, ApiCall):
        opened(record.parameters)


@pytest.mark.parametrize("read", READERS)
@settings(max_examples=100, deadline=None)
@given(data=st.binary(max_size=200) | st.text(max_size=100).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_no_bytes_raise(read: Callable[[bytes, str], Iterable[Record | DamagedRecord]], data: bytes) -> None:
    for packed in (data, gzip.compress(data), b"\x1f\x8b" + data, b'{"Records":[' + data, b'{"detail":' + data + b"}"):
        for record in read(packed, "file"):
            use(record)


@settings(max_examples=400, deadline=None)
@given(data=st.data(), template=st.sampled_from(TEMPLATES), value=json_values)
def test_anything_anywhere_in_a_record_is_read_or_kept(
    data: st.DataObject, template: dict[str, Any], value: Any
) -> None:
    record = replaced(template, data.draw(st.sampled_from(paths(template))), value)
    text = json.dumps(record).encode()
    assert list(map(type, read_any(text + b"\n" + text, "file")))[1:] != [] or text in (b'""', b"[]")
    for found in read_any(text, "file"):
        use(found)


@settings(max_examples=100, deadline=None)
@given(
    data=st.data(),
    kinds=st.lists(st.sampled_from(TEMPLATES), min_size=1, max_size=6),
    where=st.integers(0, 5),
    noise=st.binary(min_size=1, max_size=30).filter(lambda noise: b"\n" not in noise and bool(noise.strip())),
)
def test_good_lines_around_a_bad_one_survive_in_order(
    data: st.DataObject, kinds: list[dict[str, Any]], where: int, noise: bytes
) -> None:
    names = {"eventID", "requestId", "id"}
    lines = [
        json.dumps({key: str(number) if key in names else value for key, value in kind.items()}).encode()
        for number, kind in enumerate(kinds)
    ]
    # In front of a good line noise could begin an array or an archive: then the file is of another form.
    place = min(where, len(lines) - 1) + 1
    spoilt = [*lines[:place], noise, *lines[place:]]
    found = [record for record in read_any(b"\n".join(spoilt), "file") if not isinstance(record, DamagedRecord)]
    assert [record.id.partition("@")[0] for record in found] == [str(number) for number in range(len(lines))]


@settings(max_examples=100, deadline=None)
@given(cut=st.integers(1, 400), count=st.integers(1, 5), spoilt=st.integers(0, 4))
def test_a_record_cut_anywhere_leaves_the_rest_of_a_trail_file(cut: int, count: int, spoilt: int) -> None:
    records = [json.dumps(TEMPLATES[0] | {"eventID": str(number)}, separators=(",", ":")) for number in range(count)]
    place = min(spoilt, count - 1)
    broken = records[place][: min(cut, len(records[place]) - 1)]
    text = '{"Records":[' + ",".join([*records[:place], broken, *records[place + 1 :]]) + "]}"
    found = list(read_trail_file(text.encode(), "file"))
    read = [record.id for record in found if isinstance(record, ApiCall)]
    # The record after an unclosed one can be taken for a part of it only where nothing marks its beginning.
    assert set(read) >= {str(number) for number in range(count) if number not in (place, place + 1)}
    assert read == sorted(read)
    assert any(isinstance(record, DamagedRecord) for record in found)


@settings(max_examples=100, deadline=None)
@given(cut=st.integers(1, 120))
def test_a_torn_archive_never_loses_what_came_out(cut: int) -> None:
    lines = b"".join(json.dumps(TEMPLATES[0] | {"eventID": str(n)}).encode() + b"\n" for n in range(20))
    packed = gzip.compress(lines)
    found = list(read_any(packed[:-cut], "file"))
    assert isinstance(found[0], DamagedRecord)
    assert found[0].original == packed[:-cut]
    read = [record.id for record in found[1:] if isinstance(record, ApiCall)]
    assert read == [str(number) for number in range(len(read))]
