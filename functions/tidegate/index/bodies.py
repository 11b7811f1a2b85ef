"""Free-form JSON on its way into a `flat_object` field.

OpenSearch refuses a document whose flat_object has a leaf over 32,766 bytes, and a bulk request is cut at
newlines: what can't be shown harmless by its size and its bytes alone is opened, cut and written anew.
"""

from __future__ import annotations

from typing import Any

import msgspec

from tidegate.content.redaction import noted_in
from tidegate.sources.opening import has_surrogate_escape, opened_value

LONGEST_LEAF = 20_000  # bytes of a text; with the longest path in front of it still below Lucene's 32,766
LONGEST_KEY = 128  # characters; DEEPEST of them, four bytes each, make the longest path
DEEPEST = 16  # levels; deeper ones are written as one string
_SMALL = 30_000  # bytes: no leaf of so small a body can be too long

_NEWLINE, _BRACKET, _BACKSLASH = b"\n[\\"  # a byte is found ten times as fast as a text of one

_encode = msgspec.json.Encoder().encode


def indexable(body: msgspec.Raw | None) -> msgspec.Raw | None:
    """The body fit for a flat_object; None for an absent, null or empty one."""
    if body is None:
        return None
    raw = bytes(body)
    if b" " in raw:  # nobody writes a sentence without one; ids, names and numbers are left alone, and cost nothing
        body, raw = _masked(body, raw)
    if (
        _NEWLINE not in raw
        and len(raw) <= _SMALL
        and (
            (raw.rfind(b"{") == 0 and _BRACKET not in raw)
            or (raw.startswith(b"{") and raw.count(b"{") + raw.count(b"[") <= DEEPEST)
        )
        and (_BACKSLASH not in raw or not has_surrogate_escape(raw))
    ):
        return body if len(raw) > 2 else None
    value, reason = opened_value(body) if raw else (None, "")
    if reason:
        return msgspec.Raw(_encode({"unreadable": reason}))
    if value in (None, "", [], {}):
        return None
    return msgspec.Raw(_encode(_cut(value if isinstance(value, dict) else {"value": value}, DEEPEST)))


def _masked(body: msgspec.Raw, raw: bytes) -> tuple[msgspec.Raw, bytes]:
    """The body with what stands in its texts and must not be written down masked. The same where that is nothing."""
    value, _ = opened_value(body)
    clean = noted_in(value)
    if clean is value:
        return body, raw
    raw = _encode(clean)
    return msgspec.Raw(raw), raw


def _cut(value: Any, levels: int) -> Any:
    if isinstance(value, str):
        return _shortened(value)
    if isinstance(value, dict | list) and levels == 0:
        return _shortened(_encode(value).decode("utf-8", "replace"))
    if isinstance(value, dict):
        return {key[:LONGEST_KEY]: _cut(item, levels - 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_cut(item, levels - 1) for item in value]
    return value


def _shortened(text: str) -> str:
    if len(text) <= LONGEST_LEAF // 4:
        return text
    data = text.encode("utf-8", "replace")
    return text if len(data) <= LONGEST_LEAF else data[:LONGEST_LEAF].decode("utf-8", "ignore") + "…"
