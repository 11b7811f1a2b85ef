"""The envelope in which EventBridge hands an event over: what is inside it, or why there is nothing."""

from __future__ import annotations

import msgspec

from tidegate.errors import DamagedRecord
from tidegate.sources.files import Broken, line_pieces
from tidegate.sources.opening import without_lone_surrogates


class _Envelope(msgspec.Struct, gc=False):
    detail: msgspec.Raw


class Envelope(msgspec.Struct, frozen=True, gc=False, rename={"detail_type": "detail-type"}):
    """The whole of it, for events whose envelope says what their detail does not."""

    source: str
    detail_type: str
    detail: msgspec.Raw
    time: str = ""
    id: str = ""
    account: str = ""
    region: str = ""
    resources: tuple[str, ...] = ()


_detail = msgspec.json.Decoder(_Envelope).decode
_envelope = msgspec.json.Decoder(Envelope).decode


def detail_of(envelope: bytes, where: str) -> msgspec.Raw | DamagedRecord:
    """The event's `detail`, unread. An envelope may be spread over several lines."""
    text = _one_line(envelope, where)
    if isinstance(text, DamagedRecord):
        return text
    try:
        return _detail(without_lone_surrogates(text)).detail
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        return DamagedRecord(f"no EventBridge event: {error}", where=where, original=envelope)


def opened_envelope(envelope: bytes, where: str) -> Envelope | DamagedRecord:
    """The event with everything its envelope says."""
    text = _one_line(envelope, where)
    if isinstance(text, DamagedRecord):
        return text
    try:
        return _envelope(without_lone_surrogates(text))
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        return DamagedRecord(f"no EventBridge event: {error}", where=where, original=envelope)


def _one_line(envelope: bytes, where: str) -> bytes | DamagedRecord:
    (piece,) = line_pieces(envelope.replace(b"\n", b" ")) or [b""]
    if isinstance(piece, Broken):
        return DamagedRecord(piece.reason, where=where, original=envelope)
    return bytes(piece)
