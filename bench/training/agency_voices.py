"""How a person of the fifth hand writes: curt or polite, careful or not, at home in English or not.

A voice goes over what somebody types and leaves alone what is pasted (the slots still open in it).
"""

from __future__ import annotations

import random
import re
from typing import NamedTuple

from agency_grammar import Words, table
from agency_house import Facts

_ARTICLE = re.compile(r"\b(?:the|a|an) (?!\{)", re.I)
_CLIPPED_WORDS = re.compile(r"\b(" + "|".join(table("forms")["clipped"]) + r")\b", re.I)


class Voice(NamedTuple):
    """How likely each manner is in a message, but for typos: of a word."""

    lower: float
    clipped: float
    typos: float
    polite: float
    rambling: float
    foreign: float
    mixing: float
    patience: float = 0.0  # that another question follows
    mixed: str = "de"


def a_voice(dice: random.Random) -> Voice:
    """Most people have one or two manners, and some of all of them now and then."""
    strong = dice.sample(range(7), dice.choice((0, 1, 1, 2)))
    manners = [dice.uniform(0.3, 0.95) if place in strong else dice.choice((0, 0, 0.05)) for place in range(7)]
    manners[2] *= 0.12
    mixed = dice.choice(sorted(table("forms")["mixed"]))
    return Voice(*manners, patience=dice.uniform(0.15, 0.8), mixed=mixed)  # type: ignore[misc, arg-type]


def written(text: str, voice: Voice, dice: random.Random, words: Words, facts: Facts, *, opening: bool = True) -> str:
    """Nobody greets or tells a story before each line of a conversation."""
    if dice.random() < voice.foreign:
        text = _ARTICLE.sub(lambda found: found[0] if dice.random() < 0.4 else "", text)
        for usual, odd in table("forms")["said_abroad"].items():
            if dice.random() < 0.5:
                text = text.replace(usual, odd)
    if opening and dice.random() < voice.rambling:
        text = f"{words.say('ramble', dice, facts)} {text}"
    if dice.random() < voice.polite:
        text = f"{words.say('hello', dice, facts)}, {text[:1].lower()}{text[1:]}" if opening else text
        if dice.random() < 0.5:
            text = f"{text}{dice.choice((' ', chr(10), chr(10) * 2))}{words.say('thanks', dice, facts)}"
    if dice.random() < voice.mixing:
        text = f"{text} {dice.choice(table('forms')['mixed'][voice.mixed])}"
    if dice.random() < voice.clipped:
        text = _CLIPPED_WORDS.sub(lambda found: table("forms")["clipped"][found[1].lower()], text).rstrip(".")
    if dice.random() < voice.lower:
        text = text.lower().rstrip(".?")
    if voice.typos:
        text = " ".join(_slipped(word, dice) if dice.random() < voice.typos else word for word in text.split(" "))
    return text


def _slipped(word: str, dice: random.Random) -> str:
    if len(word) < 4 or not word.isalpha():
        return word
    place = dice.randrange(1, len(word) - 1)
    kind = dice.randrange(3)
    if kind == 0:
        return word[:place] + word[place + 1] + word[place] + word[place + 2 :]
    if kind == 1:
        return word[:place] + word[place + 1 :]
    return word[:place] + word[place] + word[place:]
