"""Attackers of the fifth hand: somebody with a goal, a stock to go through and an own way of asking for it."""

from __future__ import annotations

import base64
import codecs
import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from agency_grammar import FOREIGN, Words, a_part, filled, table
from agency_house import Facts, House
from agency_talks import DEFAULTS, Sitting, Talk
from agency_texts import answer, form_of
from agency_voices import Voice, written

from tidegate.sources.contents import Parameters

SLOW, SPREAD = "distillation_low_and_slow", "distributed_distillation"
_WORDING = {SLOW: ("distillation_instructions", "distillation_reasoning"),
            SPREAD: ("distillation_instructions", "distillation_reasoning", "distillation_preferences")}  # fmt: skip
_OWN = {"distillation_reasoning": "sum"}  # else "seed", or "payload" where an attack is put in
_LEFT = (*FOREIGN, "payload")
_CHANGING = (
    *_LEFT, "topic", "opening", "word", "book", "persona", "few", "count", "explain", "person", "paper", "thing",
)  # fmt: skip
_OF_SCRIPTS = [
    Parameters(max_tokens=most, temperature=heat) for most in (0, 512, 4096) for heat in (None, 0.0, 0.7, 1.0)
]
_LEET = str.maketrans("aeiostl", "4310571")
_CODES: Mapping[str, Callable[[str], str]] = {
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "hexadecimal": lambda text: text.encode().hex(),
    "ROT13": lambda text: codecs.encode(text, "rot13"),
    "leetspeak": lambda text: text.lower().translate(_LEET),
    "reversed text": lambda text: text[::-1],
    "Caesar +3": lambda text: "".join(chr((ord(c) - 97 + 3) % 26 + 97) if "a" <= c <= "z" else c for c in text.lower()),
    "binary": lambda text: " ".join(f"{byte:08b}" for byte in text.encode()[:60]),
    "dotted letters": lambda text: ".".join(text),
}
_SENTENCE = re.compile(r"(?<=[.\n]) *")
_LONGEST = 1800  # characters of a stock's text


def stock(house: House, labels: Sequence[str], dice: random.Random) -> Iterator[str]:
    """One public source of a label, or part of it, without repeating; then nothing."""
    known = [label for label in labels if label in house.by_label]
    if not known or dice.random() < 0.2:
        return iter(())
    sources = house.by_label[dice.choice(known)]
    texts = list(sources[dice.choice(sorted(sources))])
    dice.shuffle(texts)
    return iter(texts[: max(10, round(len(texts) * dice.uniform(0.1, 1.0)))])


class Attacker:
    """Asks in wordings of its own: one that is settled, a few, or ever new ones."""

    def __init__(self, house: House, family: str, dice: random.Random, wording: str = "") -> None:
        self.house, self.family, self.dice, forms = house, family, dice, table("forms")
        self.scheme = dice.choice(sorted(_CODES))
        self.wording = wording or wording_of(family, dice)
        self.asking = table("attack_words")[self.wording]
        self.words = Words({**house.words.lists, **a_part(table("attack_words")["phrases"], dice)})
        asks = self.asking["asks"]
        self.ways = dice.sample(asks, min(dice.choice((1, 1, 2, 3, 5, 9)), len(asks)))
        self.scripted = dice.random() < 0.5
        if self.wording in ("prompt_attack_adaptive", "system_prompt_extraction", "knowledge_base_scraping"):
            self.ways = dice.sample(asks, dice.randint(len(asks) // 2, len(asks)))
        elif self.scripted:  # a script of one wording; what it asks about still changes
            facts = house.matter(dice) | {"scheme": self.scheme}
            self.ways = [self.words.settled(way, dice, facts, _CHANGING) for way in self.ways]
        self.items = stock(house, forms["items"].get(self.wording, ()), dice)
        self.whole = stock(house, forms["whole"].get(self.wording, ()), dice)
        self.mostly_whole = dice.choice((0.2, 0.6, 1.0))
        self.voice = Voice(0, 0, 0, 0, 0, 0, 0)  # a program's, until a person takes it up
        self.patience = self._patience()
        self.system = house.instructions(dice, house.matter(dice)) if self.asking.get("system") else ""
        self.parameters = dice.choice(_OF_SCRIPTS if self.scripted else DEFAULTS)

    def _patience(self) -> float:
        if self.wording in table("forms")["refused"] and self.wording != "prompt_attack_encoded":
            return self.dice.uniform(0.3, 0.9)
        return self.dice.choice((0.0, 0.0, 0.3, 0.9))

    def sitting(self) -> Sitting:
        facts = self.house.matter(self.dice) | {"scheme": self.scheme}
        facts["payload"] = self._taken() if self.wording.startswith("prompt_attack") else ""
        talk = Talk(self.system, self.parameters)
        calls: Sitting = []
        while True:
            text = self.request(facts, first=not calls)
            refused = self.dice.random() < table("forms")["refused"].get(self.wording, 0.01)
            usual = "prose" if self.asking["form"] == "refused" else self.asking["form"]
            form = "refused" if refused else form_of(text, usual) if usual == "prose" else usual
            found = self.house.passages(self.dice, facts) if self.asking.get("passages") else ""
            reply = (found or (self._leak() if self.system else "")) if not refused else ""
            calls.append(talk.says(text, reply or answer(self.house, form, text, self.dice, facts), found))
            if len(calls) > 11 or self.dice.random() > self.patience:
                return calls

    def _leak(self) -> str:
        some = _SENTENCE.split(self.system)
        return " ".join(some[: self.dice.randint(1, len(some))])

    def request(self, facts: Facts, *, first: bool) -> str:
        if self.dice.random() < self.mostly_whole and (text := next(self.whole, "")):
            return text[:_LONGEST]
        way = self.dice.choice(self.ways[:3] if first else self.ways)
        typed = self.words.settled(way, self.dice, facts, _LEFT)
        typed = self.words.phrase(typed, self.dice, {**facts, **{name: f"{{{name}}}" for name in _LEFT}})
        typed = written(typed, self.voice, self.dice, self.words, facts, opening=first)
        return filled(typed, self._given(typed, facts))

    def _given(self, typed: str, facts: Facts) -> Facts:
        given = {"payload": facts["payload"]}
        for name in ("item", "item2", "item3"):
            if f"{{{name}}}" in typed:
                given[name] = self._taken()
        for name in ("a", "b", "c"):
            if f"{{{name}}}" in typed:
                given[name] = answer(self.house, "prose", given.get("item", ""), self.dice, facts)
        if self.wording == "prompt_attack_encoded":
            payload = facts["payload"] if self.dice.random() < 0.3 else self._taken()
            given["coded"] = _CODES[self.scheme](payload)
            given["half_a"], given["half_b"] = payload[: len(payload) // 2], payload[len(payload) // 2 :]
        return given

    def _taken(self) -> str:
        if found := next(self.items, ""):
            return found[:_LONGEST]
        own = "payload" if self.wording.startswith("prompt_attack") else _OWN.get(self.wording, "seed")
        return self.words.say(own, self.dice, self.house.matter(self.dice))


def wording_of(family: str, dice: random.Random) -> str:
    return dice.choice(_WORDING.get(family, (family,)))
