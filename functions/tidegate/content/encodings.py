"""Encoded text in a text: base64 and hex blobs, and what they say when decoded.

Only what decodes to readable text is given: hashes, keys, images and compressed data are none of it. What is decoded is
looked into again, three times over, as attackers do.
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from tidegate.content.words import long_words

SHORTEST = 24  # characters: eighteen bytes of base64, twelve of hex
_BLOB = re.compile(r"[A-Za-z0-9+/_-]{24,}+")
_HEX = re.compile(r"(?:0x)?+[0-9a-fA-F]{24,}+")
_PERCENT = re.compile(r"(?:%[0-9A-Fa-f]{2}){8,}+")
_DEEPEST = 3


class Blob(NamedTuple):
    encoding: str  # base64, hex, percent; "base64 in base64"
    start: int
    end: int
    says: str


def blobs_in(text: str) -> list[Blob]:
    """Those that hold readable text."""
    return [Blob(encoding, start, end, says) for start, end, encoding, says in _found(text, _DEEPEST)]


def _found(text: str, deep: int) -> Iterator[tuple[int, int, str, str]]:
    long = long_words(text)
    place = 0
    for match in _BLOB.finditer(long):
        decoded = decode(match[0])
        if decoded:
            place = text.index(match[0], place)
            yield place, place + len(match[0]), *_further(*decoded, deep - 1)
    for match in _PERCENT.finditer(text) if "%" in long else ():
        says = _readable(unquote_to_bytes(match[0]))
        if says:
            yield match.start(), match.end(), *_further("percent", says, deep - 1)


def _further(encoding: str, says: str, deep: int) -> tuple[str, str]:
    """What was encoded may be encoded text and nothing else."""
    if deep and (inner := decode(says.strip())):
        within, meant = _further(*inner, deep - 1)
        return f"{within} in {encoding}", meant
    return encoding, says


def decode(blob: str) -> tuple[str, str] | None:
    """(encoding, text) of a string that is base64 or hex as a whole, None if it holds no readable text."""
    if len(blob) < SHORTEST:
        return None
    if _HEX.fullmatch(blob):
        digits = blob.removeprefix("0x")
        says = _readable(bytes.fromhex(digits[: len(digits) & ~1]))
        return ("hex", says) if says else None
    if not _looks_random(blob):
        return None
    body = blob.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        says = _readable(b64decode(body[: len(body) - (len(body) % 4 == 1)] + "=" * (-len(body) % 4 % 3)))
    except ValueError:
        return None
    return ("base64", says) if says else None


def _looks_random(blob: str) -> bool:
    """Base64 of text mixes its cases and, over this length, has digits; identifiers, paths and words don't."""
    return not (blob.islower() or blob.isupper() or blob.isdigit()) and any(map(str.isdigit, blob))


def _readable(data: bytes) -> str:
    """As UTF-8 text that is nearly all printable, else empty. Random bytes pass once in 10**5 at this length."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return ""
    plain = sum(char.isprintable() or char in "\r\n\t" for char in text)
    letters = sum(char.isalnum() or char == " " for char in text)
    return text if plain == len(text) and letters * 10 >= len(text) * 6 else ""
