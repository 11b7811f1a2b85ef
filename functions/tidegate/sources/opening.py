"""Opening a free-form body: whatever a caller managed to put into a log, this answers and never raises.

Bodies travel as `msgspec.Raw`, unopened, because most are never looked at. A body may hold an unpaired
surrogate, nesting without end, or a string with JSON in it. All of that is met here.
"""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec

DEEPEST = 64  # levels; Converse bodies with tool schemas need about 20

_decode = msgspec.json.Decoder().decode
_SURROGATES = re.compile("[\ud800-\udfff]")
_SURROGATE_ESCAPE = re.compile(rb"\\u[dD][89a-fA-F]")


def opened(body: msgspec.Raw | None) -> dict[str, Any]:
    """The body as an object; {} where it is absent, null, no object or can't be opened.

    For detectors, which treat what they can't see as not there. Who must tell the two apart (the index, the
    reader) asks `opened_value` for the reason.
    """
    value, _ = opened_value(body)
    return value if isinstance(value, dict) else {}


def opened_value(body: msgspec.Raw | None) -> tuple[Any, str]:
    """(value, "") or (None, reason). JSON within a JSON string, as some captures log bodies, is opened as well."""
    if body is None:
        return None, ""
    value, reason = decoded(bytes(body))
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        inner, failed = decoded(value.encode("utf-8", "replace"))
        if not failed:
            return inner, ""
    return value, reason


def decoded(text: bytes) -> tuple[Any, str]:
    """(value, "") or (None, reason) of JSON text of at most DEEPEST levels. What is no character becomes U+FFFD."""
    try:
        value = _decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as first:
        try:
            value = _decode(without_lone_surrogates(text.decode("utf-8", "replace").encode()))
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return None, f"no readable JSON: {first}"
    if text.count(b"{") + text.count(b"[") > DEEPEST and _deeper_than(value, DEEPEST):
        return None, f"nested deeper than {DEEPEST} levels"
    return value, ""


def has_surrogate_escape(text: bytes) -> bool:
    """Whether an escape like \\ud83d is in it: half of a pair, or alone and then no character at all."""
    return b"\\u" in text and _SURROGATE_ESCAPE.search(text) is not None


def without_lone_surrogates(text: bytes) -> bytes:
    """The same JSON text with escapes like \\ud800 that have no partner as U+FFFD.

    msgspec and orjson refuse a whole text for one of them, and any caller can put one into a prompt or a user
    agent. Raises ValueError or RecursionError where the text is no JSON or no UTF-8 for other reasons.
    """
    if not has_surrogate_escape(text):
        return text
    value = json.loads(text.decode())
    return _SURROGATES.sub("\ufffd", json.dumps(value, ensure_ascii=False)).encode()


def _deeper_than(value: Any, levels: int) -> bool:
    layer = [value] if type(value) is dict or type(value) is list else []
    while layer and levels:
        levels -= 1
        layer = [
            item
            for holder in layer
            for item in (holder.values() if type(holder) is dict else holder)
            if type(item) is dict or type(item) is list
        ]
    return bool(layer)
