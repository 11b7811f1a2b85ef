"""Reading the free-form parts of an API call, which its sender wrote.

Nothing here raises on odd content: a part that isn't what the API says counts as not known. CloudTrail replaces
some values by `HIDDEN_DUE_TO_SECURITY_REASONS`, others by null.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tidegate.sources.opening import opened

__all__ = ["opened", "part", "rows", "text", "words"]


def text(values: Mapping[str, Any], name: str) -> str:
    value = values.get(name)
    return value if isinstance(value, str) else ""


def part(values: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = values.get(name)
    return value if isinstance(value, dict) else {}


def rows(values: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    value = values.get(name)
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def words(value: Any) -> list[str]:
    """The strings of what may be one or a list of them."""
    return [word for word in (value if isinstance(value, list) else [value]) if isinstance(word, str)]
