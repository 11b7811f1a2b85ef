"""Events as bulk bytes: one record of any source is one document, created once however often it is sent.

Names follow OCSF 1.8: event_shapes.py has the fields, event_mapping.py says what each is filled with; tests hold every
document to the published schema. Absent values are left out of the document.

Prompts and answers are not here: they belong to an index of their own, redacted. What else people write freely (user
agents, messages, metadata, sentences in parameters) is masked here (content/redaction.py, `noted`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import lru_cache

import msgspec

from tidegate.index.event_mapping import of_api_call, of_invocation, of_service_event, of_threat
from tidegate.index.event_shapes import EventDocument
from tidegate.model import ApiCall, Invocation, Record, ServiceEvent
from tidegate_quota.prices import ESTIMATES, Prices

INDEX_PREFIX = "tidegate-events-"
CHUNK = 1 << 20  # bytes

_encode_into = msgspec.json.Encoder().encode_into
_END = -1  # of the buffer


def event_document(record: Record, prices: Prices = ESTIMATES) -> EventDocument:
    """The record as a document, to be written by msgspec: parts shared with others are already JSON in it."""
    if isinstance(record, ApiCall):
        return of_api_call(record)
    if isinstance(record, Invocation):
        return of_invocation(record, prices)
    if isinstance(record, ServiceEvent):
        return of_service_event(record)
    return of_threat(record)


def index_name(time: float) -> str:
    """The weekly index (ISO year and week) of an event at `time`, epoch seconds."""
    return _week(int(time // 86_400))


def bulk_bytes(record: Record, prices: Prices = ESTIMATES) -> bytes:
    """The record as an action and a document line for `_bulk`; created once however often it is sent."""
    buffer = bytearray()
    _write(record, buffer, prices)
    return bytes(buffer)


def bulk_chunks(records: Iterable[Record], *, size: int = CHUNK, prices: Prices = ESTIMATES) -> Iterator[bytes]:
    """`bulk_bytes` of many records joined, in chunks of about `size` bytes: one buffer instead of one each."""
    buffer = bytearray()
    for record in records:
        _write(record, buffer, prices)
        if len(buffer) >= size:
            yield bytes(buffer)
            buffer = bytearray()
    if buffer:
        yield bytes(buffer)


def _write(record: Record, buffer: bytearray, prices: Prices) -> None:
    document = of_api_call(record) if type(record) is ApiCall else event_document(record, prices)
    buffer += _action(record.time)
    _encode_into(record.id, buffer, _END)
    buffer += b"}}\n"
    _encode_into(document, buffer, _END)
    buffer += b"\n"


@lru_cache(maxsize=16_384)
def _action(time: float) -> bytes:
    """The beginning of the action line; records share their seconds."""
    return b'{"create":{"_index":"%b","_id":' % index_name(time).encode()


@lru_cache(maxsize=4096)
def _week(day: int) -> str:
    return datetime.fromtimestamp(day * 86_400, UTC).strftime(f"{INDEX_PREFIX}%G.%V")
