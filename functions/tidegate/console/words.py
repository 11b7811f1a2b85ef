"""How the pages say times, spans, states and values."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from tidegate.console.markup import Content, Html, tag
from tidegate.content import configurations

LONGEST = 20_000  # characters of one value on a page


def moment(time: datetime | None, *, otherwise: str = "") -> Html:
    """A time for people, and for programs; always UTC."""
    if time is None:
        return tag("span", otherwise)
    utc = time.astimezone(UTC)
    return tag("time", f"{utc:%Y-%m-%d %H:%M:%S} UTC", datetime=utc.isoformat(timespec="seconds"))


def clock(time: datetime) -> Html:
    utc = time.astimezone(UTC)
    return tag("time", f"{utc:%d %b %H:%M:%S}", datetime=utc.isoformat(timespec="milliseconds"))


def span(duration: timedelta) -> str:
    seconds = int(duration.total_seconds())
    days, hours, minutes = seconds // 86_400, seconds % 86_400 // 3600, seconds % 3600 // 60
    parts = [
        f"{days} d" if days else "",
        f"{hours} h" if hours else "",
        f"{minutes} min" if minutes and not days else "",
    ]
    return " ".join(filter(None, parts)) or f"{seconds} s"


def time_left(ends: datetime | None, now: datetime) -> str:
    if ends is None:
        return "until a person undoes it"
    return f"{span(ends - now)} left" if ends > now else f"overdue by {span(now - ends)}"


def said(name: object) -> str:
    """An id or a field as words: awaiting_approval is "awaiting approval"."""
    return str(name).replace("_", " ")


_AS_WRITTEN = {word.lower(): word for word in ("API", "ARN", "AWS", "IAM", "ID", "IDs", "IP", "URL")}


def label(name: object) -> str:
    """A field as the name of a row."""
    words = [_AS_WRITTEN.get(word, word) for word in said(name).split(" ")]
    return " ".join([words[0][:1].upper() + words[0][1:], *words[1:]])


def badge(state: object) -> Html:
    """A state as a label; its colour only repeats what the word says."""
    text = str(state)
    known = text if text.replace("_", "").isalpha() and text.isascii() else "other"
    return tag("span", said(text), class_=f"badge {known.lower()}")


def pretty(value: Any) -> str:
    """A value as it would be typed, with secrets masked; JSON in a string (a policy document) as what it holds."""
    if value is None:
        return "absent"
    if isinstance(value, str):
        try:
            parsed = json.loads(value) if value[:1] in "{[" else value
        except ValueError:
            parsed = value
        value = parsed
    value = configurations.shown(value)
    text = value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False, default=str)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}... ({len(text) - LONGEST:,} signs more)"


def facts(rows: Mapping[str, Content]) -> Html:
    """Names and values; a list of descriptions, which a screen reader announces in pairs."""
    return tag("dl", (tag("div", tag("dt", name), tag("dd", value)) for name, value in rows.items()), class_="facts")


def table(caption: str, columns: list[str], rows: list[list[Content]]) -> Html:
    """In a narrow window each row becomes a card, each cell with its column's name before it."""
    head = tag("thead", tag("tr", (tag("th", column, scope="col") for column in columns)))
    lines = [
        tag("tr", (tag("td", cell, data_label=column) for column, cell in zip(columns, row, strict=True)))
        for row in rows
    ]
    return tag("table", tag("caption", caption), head, tag("tbody", lines), class_="cards")
