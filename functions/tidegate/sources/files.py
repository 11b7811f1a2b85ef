"""A delivered file, inflated and cut into records, so that each can be decoded alone.

Fast where a file is whole; where it is not, cut again by hand so that one bad record never takes its
neighbours along.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import msgspec

from tidegate.errors import DamagedRecord

LARGEST = 1 << 29  # bytes of an inflated file: far over what AWS delivers, below a function's memory
_MOST_CUTS = 1_000  # damaged stretches of one file that are cut out one by one
_MOST_SEARCHES = 100  # for records within a torn list: each looks at all that is left of the file
_GZIP = b"\x1f\x8b"
_STEP = 1024  # bytes
_WBITS = 31  # gzip with header and checksum

try:  # two to three times as fast
    from isal import isal_zlib
except ImportError:  # pragma: no cover - the artefact brings it; the standard library reads the same
    _new_member: Callable[[], Any] = partial(zlib.decompressobj, wbits=_WBITS)
else:
    _new_member = partial(isal_zlib.decompressobj, wbits=_WBITS)
_between = re.compile(r"[ \t\r\n,]*").match
_ends = re.compile(r"[ \t\r\n]*(?:[,\]]|\Z)").match
_RECORD_KEYS = ('"eventVersion"', '"eventTime"', '"eventSource"', '"eventName"', '"userIdentity"', '"awsRegion"')

_RECORD_SHAPES = (
    {"eventTime", "eventSource", "eventName"},
    {"timestamp", "operation", "modelId"},
    {"detail-type", "detail"},
)


class Broken(NamedTuple):
    """A stretch of a file that is no record."""

    reason: str
    original: bytes


type Piece = msgspec.Raw | bytes | Broken


class _TrailFile(msgspec.Struct, gc=False):
    Records: list[msgspec.Raw]


_trail = msgspec.json.Decoder(_TrailFile).decode
_array = msgspec.json.Decoder(list[msgspec.Raw]).decode
_opens_array = re.compile(rb'\s*(?:\{\s*"Records"\s*:\s*)?\[').match
_first_key = re.compile(r'\s*\{\s*("(?:[^"\\]|\\.){1,64}")').match
_token = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]]').finditer
_scan = json.JSONDecoder(strict=False).raw_decode


def inflated(data: bytes, where: str) -> tuple[bytes, DamagedRecord | None]:
    """The text of a file, gzipped or not, and what is wrong with it; of a torn archive, what precedes the tear."""
    if not data.startswith(_GZIP):
        return data.removeprefix(b"\xef\xbb\xbf"), None
    try:
        text = _members(data)
    except Exception as error:  # noqa: BLE001 - isal and zlib raise errors of their own; the reason is kept
        return _before_the_tear(data), DamagedRecord(f"torn gzip archive: {error}", where=where, original=data)
    if len(text) > LARGEST:
        return b"", DamagedRecord(f"inflates to more than {LARGEST} bytes", where=where, original=data)
    return text.removeprefix(b"\xef\xbb\xbf"), None


def array_pieces(text: bytes) -> list[Piece] | None:
    """Records of `{"Records": [...]}` or of a bare array; None if the text has neither form."""
    opening = _opens_array(text)
    try:
        found = _array(text) if opening and b"{" not in opening[0] else _trail(text).Records
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return list(_salvaged(text, opening.end())) if opening else None
    return list(found) if is_utf8(text) else [_checked(bytes(piece)) for piece in found]


def line_pieces(text: bytes) -> list[Piece]:
    """Records of newline-delimited JSON; blank lines are none."""
    lines = [line for line in text.split(b"\n") if line and not line.isspace()]
    return list(lines) if is_utf8(text) else [_checked(line) for line in lines]


def _members(data: bytes) -> bytes:
    """Every member of the archive, to at most LARGEST + 1 bytes."""
    parts: list[bytes] = []
    size = 0
    while data and size <= LARGEST:
        member = _new_member()
        parts.append(member.decompress(data, LARGEST + 1 - size))
        size += len(parts[-1])
        if not member.eof and size <= LARGEST:
            raise EOFError("it ends in the middle")
        data = member.unused_data.lstrip(b"\0")  # padding is allowed
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _before_the_tear(data: bytes) -> bytes:
    """What inflates of a torn archive; by small steps, since the step that fails gives nothing."""
    parts: list[bytes] = []
    size, member = 0, zlib.decompressobj(wbits=_WBITS)
    try:
        for start in range(0, len(data), _STEP):
            step = data[start : start + _STEP]
            while step and size <= LARGEST:
                parts.append(member.decompress(step))  # a step inflates to a thousand times its size at most
                size += len(parts[-1])
                step = b""
                if member.eof:
                    step, member = member.unused_data.lstrip(b"\0"), zlib.decompressobj(wbits=_WBITS)
    except zlib.error:
        return b"".join(parts)
    return b"".join(parts)


def is_utf8(text: bytes) -> bool:
    if text.isascii():
        return True
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def _checked(piece: bytes) -> bytes | Broken:
    """Decoding leaves bodies unread, so bytes that are no UTF-8 would pass it and poison a bulk request."""
    try:
        piece.decode()
    except UnicodeDecodeError as error:
        return Broken(f"no UTF-8: {error.reason} at byte {error.start}", piece)
    return piece


def _salvaged(text: bytes, start: int) -> Iterator[Piece]:
    """The elements of a damaged array from `start`, each whole one cut out, the stretches between them as Broken.

    After a damaged element reading resumes where the next looks like a record: at an object that begins with
    a record's own key, or with the one the first element began with; never before the place where the damage shows,
    for what lies there is the damaged element's own, and a caller may have made it look like a record. Latin-1 keeps
    one character per byte.

    An element torn within a list goes on with its neighbours in that list, and the damage shows at the end of the file
    only, if at all: those neighbours are found by the list's end, which is the file's.
    """
    latin = text.decode("latin-1")
    resumes = _resumption(latin, start)
    position, cuts, searches = start, 0, 0
    while True:
        position = _after(latin, position)
        if position >= len(latin) or latin[position] == "]":
            yield from _left_over(text, position)
            return
        shows, reason = len(latin), ""
        try:
            end = shows = _end_of_element(latin, position)
        except RecursionError as error:
            # Sound JSON, nested too deep. It is passed over by its brackets: what a caller put into it to look
            # like an event of its own must not be taken for one.
            end = _end_by_brackets(latin, position)
            yield Broken(f"no readable JSON: {error}", text[position:end])
            position = end
            continue
        except json.JSONDecodeError as error:
            shows, reason = error.pos, f"no readable JSON: {error}"
        at_the_end = not latin[shows:].strip(" \t\r\n]}")
        searches += at_the_end
        if at_the_end and searches < _MOST_SEARCHES and (neighbours := _swallowed(latin, position)):
            end, reason = neighbours, "torn within a list"
        elif reason:
            cuts += 1
            resumed = resumes.search(latin, _opening(latin, position, shows)) if cuts < _MOST_CUTS else None
            end = resumed.start() if resumed else len(latin)
        piece = text[position:end]
        yield Broken(reason, piece.rstrip(b" \t\r\n,")) if reason else _checked(piece)
        if end == len(latin) and reason:
            return
        position = end


def _resumption(text: str, start: int) -> re.Pattern[str]:
    """The beginning of an object with a record's own key first, or with the one that the first element began with."""
    marks = list(_RECORD_KEYS)
    if key := _first_key(text, start):
        marks.append(key[1])
    return re.compile(r"(?<=[,\[\]}\s])\{\s*(?:" + "|".join(map(re.escape, marks)) + ")")


def _left_over(text: bytes, position: int) -> Iterator[Broken]:
    """What is wrong where no element follows: at the array's end, or at the file's without one."""
    if position >= len(text):
        yield Broken("the array is not closed", text[-64:])
    elif rest := text[position + 1 :].strip(b" \t\r\n}"):
        yield Broken("text after the records", rest)


def _end_of_element(text: str, start: int) -> int:
    """Raises JSONDecodeError where no whole element begins, RecursionError where one goes too deep to tell."""
    end: int = _scan(text, start)[1]
    if not _ends(text, end):
        raise json.JSONDecodeError("no comma follows", text, end)
    return end


def _opening(text: str, start: int, shows: int) -> int:
    """From where to look for the next record when damage shows at `shows`.

    Torn within a string, an element takes `{"` of the next for the end of that string: damage shows after it.
    """
    brace = text.rfind("{", start + 1, shows)
    return brace if brace > 0 and text[brace + 1 : shows].strip() in ("", '"') else max(shows, start + 1)


def _swallowed(text: str, start: int) -> int:
    """Where the records begin with which the list ends that takes the file's end for its own; 0 if there are none.

    That list is the last one closed, and nothing but the end of the file follows it. What a caller put into a list of
    its call's parameters is followed by the rest of that call, unless the file is cut off at that very byte.
    """
    open_at: list[int] = []
    list_at = list_end = 0
    for token in _token(text, start):
        if token[0] in ("{", "["):
            open_at.append(token.start())
        elif token[0] in ("}", "]") and open_at:
            opened = open_at.pop()
            if token[0] == "]" and text[opened] == "[":
                list_at, list_end = opened + 1, token.end()
    if not list_at or text[list_end:].strip() not in ("", "}"):
        return 0
    first, position = 0, _after(text, list_at)
    while position < list_end - 1:
        try:
            item, end = _scan(text, position)
        except (ValueError, RecursionError):
            return 0
        looks = isinstance(item, dict) and any(shape <= item.keys() for shape in _RECORD_SHAPES)
        first = (first or position) if looks else 0
        position = _after(text, end)
    return first


def _after(text: str, position: int) -> int:
    gap = _between(text, position)
    return gap.end() if gap else position


def _end_by_brackets(text: str, start: int) -> int:
    depth = 0
    for token in _token(text, start):
        depth += {"{": 1, "[": 1, "}": -1, "]": -1}.get(token[0], 0)
        if depth == 0:
            return token.end()
    return len(text)
