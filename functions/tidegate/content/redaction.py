"""A text with its secrets and personal data masked: what may be shown to a person, written to a finding, or indexed.

Kinds stand where values stood (`[aws_access_key]`), so that a reader still sees what happened.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tidegate.content.finds import Find, apart
from tidegate.content.hidden import visible
from tidegate.content.personal import personal_data_in
from tidegate.content.secrets import secrets_in

_AROUND = 40  # characters of context on either side in an excerpt


def redacted(text: str, also: Iterable[str] = ()) -> str:
    """`also`: further values to mask, of canaries and of an organisation's own patterns, as `[withheld]`."""
    shown = visible(text)
    return masked(shown, [*secrets_in(shown), *personal_data_in(shown)], also)


def masked(text: str, finds: Sequence[Find], also: Iterable[str] = ()) -> str:
    """Every occurrence of a found value, not only the one found."""
    for value in sorted({find.value for find in finds}, key=len, reverse=True):
        kind = next(find.kind for find in finds if find.value == value)
        text = text.replace(value, f"[{kind}]")
    for value in also:
        if value:
            text = text.replace(value, "[withheld]")
    return text


def excerpt(text: str, find: Find, finds: Sequence[Find]) -> str:
    """The surroundings of a find, on one line, with every find in them masked. `finds` as made of this text."""
    begin, end = max(0, find.start - _AROUND), min(len(text), find.end + _AROUND)
    pieces, place = [], begin
    for other in apart([*finds]):
        if other.end <= begin or other.start >= end:
            continue
        pieces += [text[place : max(place, other.start)], f"[{other.kind}]"]
        place = max(place, other.end)
    pieces.append(text[place:end])
    return ("…" if begin else "") + " ".join("".join(pieces).split()) + ("…" if end < len(text) else "")
