"""A text with its secrets and personal data masked: what may be shown to a person, written to a finding, or indexed.

Kinds stand where values stood (`[aws_access_key]`), so that a reader still sees what happened.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, cast

from tidegate.content.finds import Find, apart
from tidegate.content.hidden import visible
from tidegate.content.personal import personal_data_in
from tidegate.content.secrets import secrets_in

_AROUND = 40  # characters of context on either side in an excerpt


def redacted(text: str, also: Iterable[str] = ()) -> str:
    """`also`: further values to mask, of canaries and of an organisation's own patterns, as `[withheld]`."""
    shown = visible(text)
    return masked(shown, [*secrets_in(shown), *personal_data_in(shown)], also)


def noted(text: str, names: Iterable[str] = ()) -> str:
    """For what findings and events say besides prompts and answers: titles, user agents, messages, parameters.

    What only names somebody stays, because a response acts on it: access key ids, what stands in `names` (callers,
    resources), and personal data in a single word (a session called after an address).
    """
    shown = visible(text)
    personal = personal_data_in(shown) if " " in shown else []
    finds = [
        find
        for find in (*secrets_in(shown), *personal)
        if find.kind != "aws_access_key" and not any(find.value in name for name in names)
    ]
    return masked(shown, finds) if finds else text


def noted_in[Value](value: Value, names: Sequence[str] = ()) -> Value:
    """The same of every text in a structure; the structure itself where nothing had to be masked."""
    changed: Any = value
    if isinstance(value, str):
        changed = noted(value, names)
    elif isinstance(value, dict):
        changed = {key: noted_in(held, names) for key, held in value.items()}
    elif isinstance(value, list | tuple):
        parts = [noted_in(held, names) for held in value]
        changed = parts if isinstance(value, list) else tuple(parts)
    return value if changed == value else cast(Value, changed)


def masked(text: str, finds: Iterable[Find], also: Iterable[str] = ()) -> str:
    """`finds` as made of this text: all that stand in it, each occurrence."""
    pieces, place = [], 0
    for find in apart(finds):
        pieces += [text[place : find.start], f"[{find.kind}]"]
        place = find.end
    text = "".join([*pieces, text[place:]])
    for value in also:
        if value:
            text = text.replace(value, "[withheld]")
    return text


def excerpt(text: str, find: Find, finds: Sequence[Find]) -> str:
    """The surroundings of a find, on one line, with every find in them masked. `finds` as made of this text."""
    begin, end = max(0, find.start - _AROUND), min(len(text), find.end + _AROUND)
    inside = [other for other in finds if other.end > begin and other.start < end]
    begin, end = min([begin, *(other.start for other in inside)]), max([end, *(other.end for other in inside)])
    moved = [other._replace(start=other.start - begin, end=other.end - begin) for other in inside]
    shown = " ".join(masked(text[begin:end], moved).split())
    return ("…" if begin else "") + shown + ("…" if end < len(text) else "")
