"""Opening the free-form parts of an API call, which its sender wrote.

Nothing here raises on odd content: a part that isn't what the API says counts as not known. CloudTrail replaces
some values by `HIDDEN_DUE_TO_SECURITY_REASONS`, others by null.
"""

from __future__ import annotations

from typing import Any

import msgspec

_decode = msgspec.json.Decoder().decode


def opened(body: msgspec.Raw | None) -> dict[str, Any]:
    """requestParameters or responseElements as a dictionary; empty when absent, hidden or unreadable."""
    if body is None:
        return {}
    try:
        value = _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def text(values: dict[str, Any], name: str) -> str:
    value = values.get(name)
    return value if isinstance(value, str) else ""


def part(values: dict[str, Any], name: str) -> dict[str, Any]:
    value = values.get(name)
    return value if isinstance(value, dict) else {}


def rows(values: dict[str, Any], name: str) -> list[dict[str, Any]]:
    value = values.get(name)
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []
