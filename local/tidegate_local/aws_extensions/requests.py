"""Reading a request and making ids, the way every extension does it."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

from tidegate_local.account import current

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


def body(response: Any) -> dict[str, Any]:
    """The request's JSON body; empty for none."""
    raw = response.body
    text = raw.decode() if isinstance(raw, bytes) else raw
    given: dict[str, Any] = json.loads(text) if text else {}
    return given


def from_path(response: Any, name: str) -> str:
    """A path parameter, by the API model's name."""
    from urllib.parse import unquote

    return unquote(str(response.uri_match[name]))


def new_id(length: int, alphabet: str = _LETTERS) -> str:
    from moto.moto_api._internal import mock_random

    return "".join(mock_random.choice(alphabet) for _ in range(length))


def now() -> datetime:
    """The run's time; the wall clock outside an embedded account."""
    account = current()
    return account.clock() if account is not None else datetime.now(UTC)


def has_form(value: Any, pattern: str) -> bool:
    return isinstance(value, str) and re.fullmatch(pattern, value) is not None


def page(items: list[Any], given: dict[str, Any]) -> tuple[list[Any], str | None]:
    """At most maxResults from nextToken on; the token of the rest."""
    start, size = int(given.get("nextToken") or 0), int(given.get("maxResults") or 1000)
    rest = str(start + size) if start + size < len(items) else None
    return items[start : start + size], rest
