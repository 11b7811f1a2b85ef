"""Phrases that hold phrases, and how one tenant speaks them.

A tenant knows a part of each list, drawn once: what one company asks in four ways another asks in forty.
"""

from __future__ import annotations

import base64
import codecs
import math
import random
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

type Pieces = tuple[str, ...]  # text and the names of slots by turns; text at both ends
type Maker = Callable[[random.Random], str]

NONE: Mapping[str, str] = MappingProxyType({})
_SLOT = re.compile(r"\{([a-z][a-z_0-9]*)\}")
_KNOWN_TO_ALL = 6  # phrases: shorter lists are known as a whole
# Long parts of texts, written once a tenant: what is said about a company's things is said again.
_WRITTEN = {"fact": 400, "note": 200, "say": 500, "step": 300, "sentence": 80, "row": 250, "log_line": 250}
_WRITTEN_TOO = {"code_line": 200, "turn": 150, "question": 400, "abroad_text": 80}


@cache
def words() -> tuple[Mapping[str, Sequence[str]], Sequence[Mapping[str, Sequence[str]]]]:
    """Every list by its key, and what enterprises are about."""
    lists: dict[str, Sequence[str]] = {}
    domains: list[Mapping[str, Sequence[str]]] = []
    for name in ("enterprise_words.toml", "enterprise_attack_words.toml"):
        tables: dict[str, Any] = tomllib.loads(Path(__file__).with_name(name).read_text("utf-8"))
        domains += tables.pop("domains", ())
        for table in tables.values():
            lists |= table
    return lists, domains


@cache
def pieces_of(phrase: str) -> Pieces:
    return tuple(_SLOT.split(phrase))


class Grammar:
    """The phrases of one tenant. `makers` write what no list holds: numbers, dates, and what a house adds."""

    def __init__(self, dice: random.Random) -> None:
        lists, domains = words()
        knows = dice.uniform(0.3, 1)
        self._lists = {key: [pieces_of(one) for one in _part(some, knows, dice)] for key, some in lists.items()}
        for domain in dice.sample(domains, dice.randint(1, 3)):
            for key, some in domain.items():
                self._lists.setdefault(key, []).extend(map(pieces_of, some))
        self.makers: dict[str, Maker] = dict(_MAKERS)
        for key, count in (_WRITTEN | _WRITTEN_TOO).items():
            self._lists[key] = [(self.say(key, dice),) for _ in range(round(count * dice.uniform(0.3, 1)))]

    def say(self, key: str, dice: random.Random, given: Mapping[str, str] = NONE) -> str:
        return self.fill(dice.choice(self._lists[key]), dice, given)

    def some(self, key: str, count: int, dice: random.Random, given: Mapping[str, str] = NONE) -> list[str]:
        return [self.say(key, dice, given) for _ in range(count)]

    def fill(self, pieces: Pieces, dice: random.Random, given: Mapping[str, str] = NONE) -> str:
        if len(pieces) == 1:
            return pieces[0]
        filled = list(pieces)
        for place in range(1, len(pieces), 2):
            filled[place] = self._filled(pieces[place], dice, given)
        return "".join(filled)

    def settled(self, key: str, dice: random.Random, *open_slots: str) -> Pieces:
        """A phrase as a program keeps it: everything is filled but the slots that change with each request."""
        return tuple(_SLOT.split(self.say(key, dice, {name: f"{{{name}}}" for name in open_slots})))

    def _filled(self, name: str, dice: random.Random, given: Mapping[str, str]) -> str:
        if name in given:
            return given[name]
        return self.say(name, dice, given) if name in self._lists else self.makers[name](dice)


def _part(some: Sequence[str], share: float, dice: random.Random) -> list[str]:
    return dice.sample(some, max(min(_KNOWN_TO_ALL, len(some)), round(share * len(some))))


def heavy(dice: random.Random, median: float, spread: float, least: int = 1, most: int = 10_000) -> int:
    """A count with a long tail: half of them below the median, a few many times as large."""
    return min(most, max(least, round(median * math.exp(dice.gauss(0, spread)))))


def coded(text: str, code: str) -> str:
    return _CODES[code](text)


def _shifted(text: str, by: int) -> str:
    return "".join(chr((ord(one) - 97 + by) % 26 + 97) if "a" <= one <= "z" else one for one in text.lower())


_LEET = str.maketrans("aeiostb", "4310578")
_LIKE = str.maketrans("aeopcx", "аеорсх")  # Cyrillic letters that look the same
_CODES: Mapping[str, Callable[[str], str]] = {
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base32": lambda text: base64.b32encode(text.encode()).decode(),
    "hexadecimal bytes": lambda text: text.encode().hex(" "),
    "ROT13": lambda text: codecs.encode(text, "rot13"),
    "each letter shifted by three": lambda text: _shifted(text, 3),
    "each letter shifted back by five": lambda text: _shifted(text, -5),
    "reversed text": lambda text: text[::-1],
    "words in reverse order": lambda text: " ".join(text.split()[::-1]),
    "letters with hyphens between": lambda text: "-".join(text),
    "digits for letters": lambda text: text.translate(_LEET),
    "letters that only look alike": lambda text: text.translate(_LIKE),
    "percent encoding": lambda text: quote(text, safe="").replace("e", "%65"),
    "eight bits a letter": lambda text: " ".join(f"{one:08b}" for one in text.encode()),
    "character numbers": lambda text: ",".join(str(ord(one)) for one in text),
    "JSON escapes": lambda text: "".join(f"\\u{ord(one):04x}" for one in text),
    "every second letter counts": lambda text: "x".join(text),
    "vowels left out": lambda text: text.translate(str.maketrans("", "", "aeiou")),
    "first part and second part joined": lambda text: f"p='{text[len(text) // 2 :]}' o='{text[: len(text) // 2]}' o+p",
}
CODES = tuple(_CODES)

_MAKERS: dict[str, Maker] = {
    "n": lambda dice: str(dice.randint(2, 9)),
    "nn": lambda dice: str(dice.randint(10, 99)),
    "nnn": lambda dice: str(dice.randint(100, 999)),
    "id": lambda dice: f"{chr(dice.randint(65, 90))}{chr(dice.randint(65, 90))}-{dice.randint(1000, 99999)}",
    "x": lambda dice: chr(dice.randint(65, 90)),
    "hex": lambda dice: f"{dice.getrandbits(48):012x}",
    "date": lambda dice: f"{dice.randint(1, 28)} {dice.choice(('Jan', 'March', 'May', 'July', 'Sept', 'Nov'))}",
    "hour": lambda dice: f"{dice.randint(0, 23):02}",
    "money": lambda dice: f"{dice.randint(2, 9900)} {dice.choice(('euros', 'EUR', 'dollars', 'francs'))}",
    "percent": lambda dice: f"{dice.randint(1, 95)} %",
    "version": lambda dice: f"{dice.randint(1, 9)}.{dice.randint(0, 30)}",
}
