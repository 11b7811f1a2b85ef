"""Free-form JSON on its way into a `flat_object` field.

OpenSearch refuses a document whose flat_object has a leaf over 32,766 bytes, and a bulk request is cut at
newlines: what can't be shown harmless by its size and its bytes alone is opened, cut and written anew.
"""

from __future__ import annotations

from typing import Any

import msgspec

from tidegate.sources.opening import opened_value

LONGEST_LEAF = 8_000  # characters; four bytes each at most, below Lucene's 32,766 with the path in front
DEEPEST = 16  # levels; deeper ones are written as one string
_SMALL = 30_000  # bytes: no leaf of so small a body can be too long

_encode = msgspec.json.Encoder().encode


def indexable(body: msgspec.Raw | None) -> msgspec.Raw | None:
    """The body fit for a flat_object; None for an absent, null or empty one."""
    if body is None:
        return None
    raw = bytes(body)
    if raw in (b"null", b"{}", b""):
        return None
    if (
        len(raw) <= _SMALL
        and raw[:1] == b"{"
        and raw.count(b"{") + raw.count(b"[") <= DEEPEST
        and b"\n" not in raw
        and b"\\u" not in raw
    ):
        return body
    value, reason = opened_value(body)
    if reason:
        value = {"unreadable": reason}
    elif not isinstance(value, dict):
        value = {"value": value}
    return msgspec.Raw(_encode(_cut(value, DEEPEST))) if value else None


def _cut(value: Any, levels: int) -> Any:
    if isinstance(value, str):
        return value if len(value) <= LONGEST_LEAF else value[:LONGEST_LEAF] + "…"
    if isinstance(value, dict | list) and levels == 0:
        return _encode(value)[:LONGEST_LEAF].decode("utf-8", "ignore")
    if isinstance(value, dict):
        return {key[:1024]: _cut(item, levels - 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_cut(item, levels - 1) for item in value]
    return value
