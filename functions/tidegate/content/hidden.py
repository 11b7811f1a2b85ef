"""Text that a reader doesn't see: tag characters, runs of zero-width characters, variation selectors, bidi overrides.

Invisible characters carry data out (a byte a variation selector, a letter a tag character) and hide words from rules.
Text of ASCII alone, which `str` knows without looking, costs nothing here.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

# Unicode 16.0, chapter 23: tags, variation selectors and their supplement; format characters without width.
_TAGS = re.compile("[\\U000e0000-\\U000e007f]{3,}+")
_FLAG = re.compile(
    "\\U0001f3f4[\\U000e0030-\\U000e0039\\U000e0061-\\U000e007a]{2,6}+\\U000e007f"
)  # England, Scotland, Wales
_ZERO_WIDTH = "\u200b\u200c\u200d\u2060\u2061\u2062\u2063\u2064\ufeff\u180e\u00ad"
_ZERO_WIDTH_RUN = re.compile(f"[{_ZERO_WIDTH}]{{8,}}+")
_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]{4,}+")
_BIDI = re.compile("[\u202d\u202e][^\u202c\n]{1,200}+")
_INVISIBLE = re.compile(f"[{_ZERO_WIDTH}\ufe00-\ufe0f\U000e0000-\U000e01ef\u202a-\u202e\u2066-\u2069]")


class Hidden(NamedTuple):
    kind: str  # tag_characters, zero_width_run, variation_selectors, bidi_override
    start: int
    end: int
    says: str  # what it spells, where that can be read


@lru_cache(maxsize=4)
def visible(text: str) -> str:
    """The text without what has no width, for rules that look for words and tokens. The last few are kept."""
    return text if text.isascii() else _INVISIBLE.sub("", text)


def hidden_in(text: str) -> list[Hidden]:
    """Flags of England, Scotland and Wales, emoji joined or in a chosen style, and Arabic or Indic joiners are not."""
    if len(visible(text)) == len(text):
        return []
    plain = _FLAG.sub(lambda flag: " " * len(flag[0]), text)
    found = [Hidden("tag_characters", *run.span(), _tags(run[0])) for run in _TAGS.finditer(plain)]
    found += [Hidden("zero_width_run", *run.span(), _bits(run[0])) for run in _ZERO_WIDTH_RUN.finditer(plain)]
    found += [Hidden("variation_selectors", *run.span(), _bytes(run[0])) for run in _SELECTORS.finditer(plain)]
    found += [Hidden("bidi_override", *run.span(), run[0][1:]) for run in _BIDI.finditer(plain) if _misleads(run[0])]
    return sorted(found, key=lambda hidden: hidden.start)


def _tags(run: str) -> str:
    return "".join(chr(ord(char) - 0xE0000) for char in run if 0xE0020 <= ord(char) <= 0xE007E)


def _bits(run: str) -> str:
    """Two characters taken as bits, eight a letter, in whichever of the two readings gives text."""
    kinds = sorted(set(run))
    if len(kinds) != 2:
        return ""
    for zero in kinds:
        bits = "".join("0" if char == zero else "1" for char in run)
        data = bytes(int(bits[place : place + 8], 2) for place in range(0, len(bits) - 7, 8))
        if data and data.isascii() and (text := data.decode()).isprintable():
            return text
    return ""


def _bytes(run: str) -> str:
    """A selector a byte: the first sixteen, then the supplement."""
    values = bytes(ord(char) - 0xFE00 if char <= "\ufe0f" else ord(char) - 0xE0100 + 16 & 0xFF for char in run)
    return values.decode("utf-8", "replace")


def _misleads(run: str) -> bool:
    """An override in front of Latin letters or digits shows them backwards; before Hebrew or Arabic it is needless."""
    return any("A" <= char <= "z" for char in run)
