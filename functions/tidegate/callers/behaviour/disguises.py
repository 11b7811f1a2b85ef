"""Text in disguise: encoded, spelled out, written backwards or in digits for letters. What it says is scored as well.

A model reads through such disguises and a classifier of words does not; that somebody uses one at all is a hint.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Set

from tidegate.content.encodings import SHORTEST, blobs_in

_COMMON = frozenset(
    (
        "the", "of", "and", "to", "a", "in", "is", "that", "for", "it", "on", "with", "as", "you", "this", "be", "are",
        "how", "can", "i", "what", "do", "my", "your", "not", "or", "have", "from", "by", "an", "at", "me",
    )
)  # fmt: skip
_LEET = str.maketrans("4310578", "aeiostb")
_MIXED = re.compile(r"\b(?=\w*[a-z])(?=\w*[0134578])[a-z0134578]{3,}\b")
_TAGS = re.compile("[\U000e0020-\U000e007e]{8,}")
_LEAST_WORDS = 6
_MOST, _MOST_WORDS = 20_000, 2_000  # characters, words looked at


def undisguised(text: str, plain: str, words: list[str], distinct: Set[str]) -> str:
    """What a text says underneath; empty where it is no disguise."""
    if not text.isascii() and (tags := _TAGS.search(text)):
        return "".join(chr(ord(sign) - 0xE0000) for sign in tags[0])
    if max(map(len, text.split()), default=0) >= SHORTEST and (blobs := blobs_in(text[:_MOST])):
        return "\n".join(blob.says for blob in blobs)
    if len(words) < _LEAST_WORDS:
        return ""
    if len(plain) < 3 * len(words):  # prose has five characters a word
        letters = sum(len(word) == 1 for word in words[:400])
        if letters >= 16 and letters > 0.7 * len(words[:400]):
            return _joined(plain)
    if not plain.isascii() or len(words) > _MOST_WORDS:
        return ""
    if "rot13" in distinct:
        return codecs.decode(plain, "rot13")
    if len(distinct & _COMMON) * 12 < len(distinct) and not _reads_well(words):
        for attempt in (_unleeted(plain), codecs.decode(plain, "rot13"), plain[::-1]):
            said = attempt.split()
            if len(said) >= _LEAST_WORDS and _reads_well(said):
                return attempt
    return ""


def _reads_well(words: list[str]) -> bool:
    """A long text of many different words reads well, too: what counts is how often the common ones come."""
    return sum(word in _COMMON for word in words) * 6 > len(words)


def _joined(plain: str) -> str:
    """h.o.w t.o -> how to: separators of single letters go, longer gaps stay as spaces."""
    spaced = re.sub(r"(?<=\w)[.\-_*|/](?=\w|\s)|(?<=\w)\s(?=\w(?:\s|$))", "", plain)
    return re.sub(r"[.\-_*|]+", " ", spaced)


def _unleeted(plain: str) -> str:
    mixed = _MIXED.findall(plain)
    return plain.translate(_LEET) if len(mixed) >= 3 else ""
