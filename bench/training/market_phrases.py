"""Phrases put together from lists that name each other, and what is invented to go into them."""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any

Given = Mapping[str, Callable[[], str]]  # what only the one who asks can fill in: {q}, {doc}, {a}

LANGUAGES = ("es", "de", "fr", "pt", "it", "ru", "tr", "zh", "ja", "pl", "id", "ar")

_SLOT = re.compile(r"\{(\w+)\}")
_SENTENCES = 300  # that the models of one tenant say, each with two words of what was asked
# What a wording is about: not the same each time that it is used.
_CONTENT = ("topic", "goods", "n", "code", "date", "name", "sentence", "code_job", "word", "log_line", "act", "passage")
_ONSETS = ("b", "br", "c", "d", "f", "gr", "h", "j", "k", "l", "m", "n", "p", "r", "s", "st", "t", "tr", "v", "z", "")
_RHYMES = ("a", "an", "ar", "e", "el", "en", "i", "in", "ir", "o", "on", "or", "u", "um", "y", "ia", "eo")
_MONTHS = ("January", "Feb", "March", "Apr", "May", "June", "July", "Aug", "September", "Oct", "Nov", "December")


@cache
def written(name: str) -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parent / f"market_{name}.toml").read_text(encoding="utf-8"))


def part[T](some: Sequence[T], share: float, dice: random.Random, least: int = 1) -> list[T]:
    return dice.sample(list(some), min(len(some), max(least, round(len(some) * share))))


class Phrases:
    """What one tenant's people and programs have words for: a part of every list."""

    def __init__(self, dice: random.Random) -> None:
        known = dice.uniform(0.35, 1)
        lists = written("words")["lists"] | written("attack_words")["lists"]
        self._lists: dict[str, list[str]] = {name: part(some, known, dice, 3) for name, some in lists.items()}
        self._lists["brand"] = [name(dice) for _ in range(dice.randint(1, 4))]
        open_words: Given = {"w": lambda: "{w}", "v": lambda: "{v}"}
        sentences = [self.filled("{sentence}", dice, open_words) for _ in range(_SENTENCES)]
        self._lists["sentence"] = [one[:1].upper() + one[1:] for one in sentences]

    def say(self, name: str, dice: random.Random) -> str:
        return self.filled(dice.choice(self._lists[name]), dice, {})

    def filled(self, frame: str, dice: random.Random, given: Given) -> str:
        """What the asker gives goes before the lists, and is taken as it is: public texts have braces of their own."""

        if "{" not in frame:
            return frame

        def one(slot: re.Match[str]) -> str:
            if own := given.get(slot[1]):
                return own()
            if invent := _INVENTED.get(slot[1]):
                return invent(dice)
            return self.filled(_picked(self._lists[slot[1]], dice), dice, given)

        return _SLOT.sub(one, frame)

    def sentence(self, about: Sequence[str], dice: random.Random) -> str:
        """Of the models: about two of the words given."""
        text = _picked(self._lists["sentence"], dice)
        text = text.replace("{w}", _picked(about, dice)).replace("{v}", _picked(about, dice))
        return text[:1].upper() + text[1:]

    def worded(
        self,
        frames: Sequence[str],
        wordings: int,
        dice: random.Random,
        given: Given,
        *,
        still: bool = False,
        base: int | None = None,
    ) -> Iterator[str]:
        """Endless. A program asks in one wording or a few, of things that change unless `still`; 0: anew each time.

        The same `base`, the same wordings.
        """
        base = dice.getrandbits(32) if base is None else base
        changing = () if still else _CONTENT
        fresh = {one: partial(self.filled, f"{{{one}}}", dice, {}) for one in changing} | dict(given)
        while True:
            inner = random.Random(base + dice.randrange(wordings)) if wordings else dice
            yield self.filled(inner.choice(frames), inner, fresh if wordings else given)


def _picked(some: Sequence[str], dice: random.Random) -> str:
    """As `dice.choice`, in a third of the time: most of what is drawn is drawn here."""
    return some[int(dice.random() * len(some))]


class Tongue:
    """What is said in a language other than English: a part of what there is of it."""

    def __init__(self, language: str, phrases: Phrases, dice: random.Random) -> None:
        known = dice.uniform(0.5, 1)
        lists = written("languages")[language]
        self._lists: dict[str, list[str]] = {name: part(some, known, dice) for name, some in lists.items()}
        self._phrases = phrases

    def said(self, name: str, dice: random.Random) -> str:
        given = {
            "t": lambda: self.said("topics", dice),
            "r": lambda: self.said("sentences", dice),
            "s": lambda: self._phrases.say("sentence", dice),
        }
        return self._phrases.filled(dice.choice(self._lists[name]), dice, given)

    def saying(self, name: str, dice: random.Random) -> Iterator[str]:
        while True:
            yield self.said(name, dice)


def dealt(texts: Sequence[str], dice: random.Random) -> Iterator[str]:
    """Endless: to the end of them before one comes again."""
    while True:
        yield from dice.sample(texts, len(texts))


def mixed(first: Iterator[str], second: Iterator[str], share: float, dice: random.Random) -> Iterator[str]:
    """Endless. `share`: of the first."""
    while True:
        yield next(first if dice.random() < share else second)


def name(dice: random.Random) -> str:
    return "".join(_picked(_ONSETS, dice) + _picked(_RHYMES, dice) for _ in range(dice.randint(2, 3))).capitalize()


def code(dice: random.Random) -> str:
    return f"{dice.getrandbits(dice.choice((12, 20, 32))):x}"


def _number(dice: random.Random) -> str:
    return str(round(dice.lognormvariate(2.2, 0.9)) + 2)


def _date(dice: random.Random) -> str:
    day, month, year = dice.randint(1, 28), dice.randint(1, 12), dice.randint(2019, 2026)
    return dice.choice(
        (f"{_MONTHS[month - 1]} {day}", f"{year}-{month:02}-{day:02}", f"{day}.{month}.", f"{month}/{day}/{year}")
    )


_INVENTED: Mapping[str, Callable[[random.Random], str]] = {
    "name": name,
    "code": code,
    "n": _number,
    "date": _date,
}
