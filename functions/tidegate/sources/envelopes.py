"""The envelope in which EventBridge hands an event over: what is inside it, or why there is nothing."""

from __future__ import annotations

import msgspec

from tidegate.errors import DamagedRecord
from tidegate.sources.files import Broken, line_pieces
from tidegate.sources.opening import without_lone_surrogates


class _Envelope(msgspec.Struct, gc=False):
    detail: msgspec.Raw


_envelope = msgspec.json.Decoder(_Envelope).decode


def detail_of(envelope: bytes, where: str) -> msgspec.Raw | DamagedRecord:
    """The event's `detail`, unread. An envelope may be spread over several lines."""
    (piece,) = line_pieces(envelope.replace(b"\n", b" ")) or [b""]
    if isinstance(piece, Broken):
        return DamagedRecord(piece.reason, where=where, original=envelope)
    try:
        return _envelope(without_lone_surrogates(bytes(piece))).detail
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        return DamagedRecord(f"no EventBridge event: {error}", where=where, original=envelope)
