"""A body is whatever a caller managed to put into a log."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.sources.opening import DEEPEST, opened, opened_value, without_lone_surrogates


@pytest.mark.parametrize("body", [None, b"null", b"", b"[1]", b"5", b'"text"', b"{", b"[" * 100_000])
def test_what_is_no_object_opens_empty(body: bytes | None) -> None:
    assert opened(None if body is None else msgspec.Raw(body)) == {}


def test_an_object_opens() -> None:
    assert opened(msgspec.Raw(b'{"a":[1,"\xc3\xa4"]}')) == {"a": [1, "ä"]}


def test_an_object_in_a_string_opens() -> None:
    assert opened(msgspec.Raw(json.dumps('  {"a": 1}').encode())) == {"a": 1}


def test_a_string_that_only_looks_like_an_object_stays_a_string() -> None:
    assert opened_value(msgspec.Raw(b'"{not json"')) == ("{not json", "")


def nested(levels: int) -> msgspec.Raw:
    return msgspec.Raw(b'{"a":' * levels + b"1" + b"}" * levels)


def test_depth_is_bounded() -> None:
    assert opened(nested(DEEPEST)) != {}
    for levels in (DEEPEST + 1, 5_000, 200_000):
        value, reason = opened_value(nested(levels))
        assert value is None
        assert reason


def test_many_objects_side_by_side_are_not_deep() -> None:
    value, reason = opened_value(msgspec.Raw(b"[" + b"{}," * 1000 + b"{}]"))
    assert (len(value), reason) == (1001, "")


@pytest.mark.parametrize(
    ("text", "read"),
    [
        (b'{"a":"\\ud800"}', "\ufffd"),
        (b'{"a":"x\\udc00y"}', "x\ufffdy"),
        (b'{"a":"\\ud83d\\ude00"}', "\U0001f600"),
        (b'{"a":"\\ud83d \\ude00"}', "\ufffd \ufffd"),
        (b'{"a":"\\\\ud800"}', "\\ud800"),
        (b'{"a":"\xff"}', "\ufffd"),
    ],
)
def test_what_is_no_character_is_replaced(text: bytes, read: str) -> None:
    assert opened(msgspec.Raw(text)) == {"a": read}


@given(
    st.recursive(
        st.text() | st.integers() | st.none(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_sound_json_is_left_as_it_is(value: Any) -> None:
    assert json.loads(without_lone_surrogates(json.dumps(value).encode())) == value


@given(st.binary(max_size=80))
def test_no_bytes_raise(body: bytes) -> None:
    opened_value(msgspec.Raw(body))
