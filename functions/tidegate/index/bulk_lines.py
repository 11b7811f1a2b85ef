"""Newline-delimited bulk bytes, taken apart and checked before they are sent.

Whoever could write into the outbox bucket could otherwise delete documents or write into foreign indices: only
`create` and `index`, only into `tidegate-` indices, each with an id of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, NamedTuple

import msgspec

from tidegate.errors import DamagedRecord

# "tidegate-" and what index names may hold; no wildcard, no path.
_IndexName = Annotated[str, msgspec.Meta(pattern=r"^tidegate-[a-z0-9.-]{1,100}$")]
_Id = Annotated[str, msgspec.Meta(min_length=1)]
LONGEST_ID = 512  # bytes; OpenSearch refuses the whole bulk for one longer id


class _Place(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    index: _IndexName = msgspec.field(name="_index")
    id: _Id = msgspec.field(name="_id")
    version: int | None = None
    version_type: str | None = None


class _Action(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    create: _Place | None = None
    index: _Place | None = None


class Line(NamedTuple):
    """One action line and its document line, without the newlines."""

    action: bytes
    source: bytes
    index_name: str
    document_id: str


_decode = msgspec.json.Decoder(_Action).decode


def lines_of(data: bytes, where: str) -> Iterator[Line | DamagedRecord]:
    """Pairs of lines in order. An action that we would not send comes back as DamagedRecord, its document with it."""
    lines = iter(enumerate(data.split(b"\n"), 1))
    for number, action in lines:
        if not action.strip():
            continue
        _, source = next(lines, (0, b""))
        try:
            decoded = _decode(action)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            yield _damaged(f"no bulk action of ours: {error}", where, number, action, source)
            continue
        place = decoded.create or decoded.index
        if place is None or (decoded.create and decoded.index):
            yield _damaged("a bulk action must be either create or index", where, number, action, source)
        elif len(place.id.encode()) > LONGEST_ID:
            yield _damaged(f"an id of more than {LONGEST_ID} bytes", where, number, action, source)
        elif not source.startswith(b"{"):
            yield _damaged("an action without its document", where, number, action, source)
        else:
            yield Line(action, source, place.index, place.id)


def _damaged(reason: str, where: str, number: int, action: bytes, source: bytes) -> DamagedRecord:
    return DamagedRecord(reason, where=f"{where} line {number}", original=action + b"\n" + source)
