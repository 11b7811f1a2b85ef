"""Documents and where they go, taken apart and checked before they are sent.

In the outbox a line is one document: `{"create": {"_index": ..., "_id": ...}, "document": {...}}`, so that a reader who
takes a line for an event, as OpenSearch Ingestion does, has its place too (template.yaml, IngestionPipeline). An action
line followed by a document line, the form of `_bulk`, is read as well: originals of refused documents are kept so.

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


_NONE = msgspec.Raw()


class _Place(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True, omit_defaults=True):
    index: _IndexName = msgspec.field(name="_index")
    id: _Id = msgspec.field(name="_id")
    version: int | None = None
    version_type: str | None = None


class _Action(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True, omit_defaults=True):
    create: _Place | None = None
    index: _Place | None = None
    document: msgspec.Raw = _NONE


class Line(NamedTuple):
    """An action and its document as `_bulk` wants them, without the newlines."""

    action: bytes
    source: bytes
    index_name: str
    document_id: str


_decode = msgspec.json.Decoder(_Action).decode
_encode = msgspec.json.Encoder().encode


def lines_of(data: bytes, where: str) -> Iterator[Line | DamagedRecord]:
    """Documents in order. An action that we would not send comes back as DamagedRecord, its document with it."""
    lines = iter(enumerate(data.split(b"\n"), 1))
    for number, line in lines:
        if not line.strip():
            continue
        try:
            action = _decode(line)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            after = b"" if b'"document":' in line else next(lines, (0, b""))[1]
            yield _damaged(f"no bulk action of ours: {error}", where, number, line, after)
            continue
        source = bytes(action.document)
        if not source:
            head, (_, source) = line, next(lines, (0, b""))
        else:
            head = _encode(_Action(action.create, action.index))
        place = action.create or action.index
        if place is None or (action.create and action.index):
            yield _damaged("a bulk action must be either create or index", where, number, head, source)
        elif len(place.id.encode()) > LONGEST_ID:
            yield _damaged(f"an id of more than {LONGEST_ID} bytes", where, number, head, source)
        elif not source.startswith(b"{"):
            yield _damaged("an action without its document", where, number, head, source)
        else:
            yield Line(head, source, place.index, place.id)


def _damaged(reason: str, where: str, number: int, action: bytes, source: bytes) -> DamagedRecord:
    original = action + b"\n" + source if source else action + b"\n"
    return DamagedRecord(reason, where=f"{where} line {number}", original=original)
