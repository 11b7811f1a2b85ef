"""A trail's files in S3: `{"Records": [...]}`, gzipped, in whatever size; also events one a line or in an array.

Decoded in stretches of some dozens of records: cutting each record out first costs a tenth more, a whole file at
once outgrows the processor's cache. From the first stretch with damage in it, every record is taken alone.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from tidegate.errors import DamagedRecord
from tidegate.model import ApiCall
from tidegate.sources.cloudtrail import Event, api_call, call_of
from tidegate.sources.files import array_pieces, inflated, is_utf8, line_pieces

STRETCH = 1 << 16  # bytes
_HEAD, _TAIL = b'{"Records":[', b"}]}"
_BETWEEN = b'},{"eventVersion"'


class _Stretch(msgspec.Struct, gc=False):
    Records: list[Event]


_stretch = msgspec.json.Decoder(_Stretch).decode


def read_trail_file(data: bytes, where: str) -> Iterator[ApiCall | DamagedRecord]:
    """The events of a file, gzipped or not, in the order written. A damaged one is kept; its neighbours are read."""
    text, damage = inflated(data, where)
    if damage:
        yield damage
    here, read, rest = f"{where}#", 0, 0
    if text.startswith(_HEAD) and is_utf8(text):
        for stretch, end in _stretches(text):
            try:
                calls = [
                    call_of(event, f"{here}{number}")
                    for number, event in enumerate(_stretch(stretch).Records, read + 1)
                ]
            except (msgspec.MsgspecError, ValueError, RecursionError):
                break
            yield from calls
            read, rest = read + len(calls), end
        if rest == len(text):
            return
    remaining = _HEAD + text[rest:] if rest else text
    pieces = array_pieces(remaining)
    if pieces is None:
        pieces = line_pieces(remaining)
    for number, piece in enumerate(pieces, read + 1):
        yield api_call(piece, f"{here}{number}")


def _stretches(text: bytes) -> Iterator[tuple[bytes, int]]:
    """(records, again in the form of a file; where they end in the text).

    Cut where one event seems to end and the next to begin. Should that be within an event, both sides are
    unbalanced and refused, and what follows is taken record by record.
    """
    start = len(_HEAD)
    while (cut := text.find(_BETWEEN, start + STRETCH)) >= 0:
        yield b"".join((_HEAD, text[start:cut], _TAIL)), cut + 2
        start = cut + 2
    yield _HEAD + text[start:], len(text)
