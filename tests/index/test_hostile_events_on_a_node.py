"""What callers can put into a log, sent to a real node: it must take every document that we make of it."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from opensearchpy import OpenSearch

from tidegate.index import templates
from tidegate.index.bodies import DEEPEST
from tidegate.index.events import bulk_bytes
from tidegate.model import ApiCall, Principal

pytestmark = pytest.mark.opensearch


def nested(levels: int, key: str = "k") -> Any:
    body: Any = "bottom"
    for _ in range(levels):
        body = {key: body}
    return body


HOSTILE: dict[str, Any] = {
    "a null": {"a": None, "b": [None, {"c": None}]},
    "numbers": {"a": 1, "b": 1.5e300, "c": -0.0, "d": 10**30, "e": [1, "1", True]},
    "as deep as allowed": nested(DEEPEST),
    "deeper than allowed": nested(DEEPEST + 30),
    "deeper than readable": nested(90),
    "long path and long leaf": nested(DEEPEST - 1, "ä" * 300) | {"leaf": "\U0001f600" * 40_000},
    "a long text of one word": {"a": "x" * 29_000},
    "many small objects": {"items": [{"n": number, "m": {"x": "y"}} for number in range(2_000)]},
    "a text": "only a text",
    "a list": [1, [2, [3, {"a": 4}]]],
    "the end of a line": {"a": "b\nc\u2028d\r"},
    "control characters": {"a": "\u0000\u0007", "\u0000": "x"},
    "an unpaired surrogate": {"a": "\ud800", "b": "x\udfff"},
    "no object keys": {"a": {"": "empty"}, "": "empty"},
    "dots": {"a.b": 1, "a": {"b": 2}, ".": 3, "..": 4, "a.": 5, ".a": 6},
    "names of ours": {"_id": "x", "_index": "y", "create": {"_index": "other"}},
    "spaces": {" ": "x", "a b": "y"},
}


def a_call(body: Any, **changes: Any) -> ApiCall:
    raw = msgspec.Raw(json.dumps(body).encode())
    call = ApiCall(
        id="call-1",
        time=1788256800.0,
        account="111122223333",
        region="us-east-1",
        service="bedrock",
        name="UpdateGuardrail",
        caller="iam-user:ada",
        principal=Principal(kind="IAMUser", name="ada"),
        parameters=raw,
        response=raw,
        additional=raw,
    )
    return msgspec.structs.replace(call, **changes)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_body_is_taken(opensearch: OpenSearch, name: str) -> None:
    templates.install(opensearch)
    answer = opensearch.bulk(body=bulk_bytes(a_call(HOSTILE[name], id=f"hostile-{name}")), params={"refresh": "true"})
    assert not answer["errors"], answer["items"][0]["create"].get("error")


@pytest.mark.parametrize("text", ["x" * 40_000, "\U0001f600" * 10_000, '"}}\n{"delete":{"_id":"1"}}\n', "\u0000", "💧"])
def test_hostile_texts_in_typed_fields_are_taken(opensearch: OpenSearch, text: str) -> None:
    templates.install(opensearch)
    call = a_call({}, name=text, user_agent=text, error=text, error_message=text, address=text, resources=(text,))
    answer = opensearch.bulk(body=bulk_bytes(call), params={"refresh": "true"})
    assert len(answer["items"]) == 1
    assert not answer["errors"], answer["items"][0]["create"].get("error")
