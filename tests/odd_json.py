"""Any JSON value at any place of a record, for what must hold whatever a source or a caller writes."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

ODD_WORDS = [
    "",
    "*",
    "-1",
    "{",
    "\x1f",
    "\ud800",
    "NONE",
    "HIDDEN_DUE_TO_SECURITY_REASONS",
    "arn:aws:::",
    "arn:aws:iam::111122223333:role/x",
    "s3://",
    "2026-13-40",
    "2026-09-01T10:00:00Z",
    "x" * 5_000,
]

odd_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(ODD_WORDS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a JSON value."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for key, item in items for found in paths(item, (*path, key)))]


def replaced(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """A copy with `new` at `path`."""
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = replaced(copy[path[0]], path[1:], new)
    return copy
