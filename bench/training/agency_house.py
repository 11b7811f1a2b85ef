"""A house of the fifth hand: what it is about, what it knows how to say, which public texts reach it."""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from agency_grammar import Words, a_part, sentence, table

Facts = dict[str, str]
Rows = Mapping[str, Sequence[Mapping[str, Any]]]

_HOSTILE = ("jailbreak", "injection_direct", "sysprompt_extraction", "harmful_request")
_LISTS = (
    ("words", "lists"), ("programs", "lists"), ("odd_words", "lists"), ("attack_words", "lists"),
    ("attack_words", "phrases"),
)  # fmt: skip
TONGUES = tuple(table("words")["abroad"])
_SYSTEM_LIKE = ("You are", "Act as", "I want you to act", "Your ", "You will", "As a")
_NUMBERED = re.compile(r"^\d{1,3},(?=[A-Z])")  # rows of one source carry the index of the table they came from
_LONGEST = 2500  # characters of a public text: what goes on longer is cut where it is put in
_PUBLIC = 0.5  # how often a public text is taken where there is one and own words would do


class House:
    def __init__(self, number: int, rows: Rows, dice: random.Random) -> None:
        self.number = number
        trades = table("trades")
        chosen = [trades[name] for name in dice.sample(sorted(trades), dice.choice((1, 1, 2)))]
        lists: dict[str, list[str]] = defaultdict(list)
        for name in chosen[0]:
            lists[name] = [phrase for trade in chosen for phrase in trade[name]]
        for name, part in _LISTS:
            lists.update(table(name)[part])
        for tongue, some in table("words")["abroad"].items():
            lists.update({f"{name}_{tongue}": phrases for name, phrases in some.items()})
        known = a_part(lists, dice)
        self.words = Words(
            {**known, "house": [dice.choice(chosen[0]["house"])], "amount": [dice.choice(known["amount"])]}
        )
        self.name = self.words.lists["house"][0]
        names = (lists["first"], lists["last"])
        self.people = [" ".join(dice.choice(some) for some in names) for _ in range(dice.randint(8, 20))]
        self.by_label: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        for source, some in sorted(rows.items()):
            for row in some:
                self.by_label[row["label"]][source].append(_NUMBERED.sub("", row["text"]))
        self._met = self._of_some_sources(dice)

    def _of_some_sources(self, dice: random.Random) -> dict[str, list[str]]:
        """Of every label, the benign texts that this house comes across: not all sources, and not all rows."""
        met = {}
        for label, sources in sorted(self.by_label.items()):
            taken = dice.sample(sorted(sources), dice.randint(1, len(sources)))
            texts = [text for source in taken for text in sources[source]]
            met[label] = dice.sample(texts, max(1, round(len(texts) * dice.uniform(0.2, 0.9))))
        return met

    def matter(self, dice: random.Random) -> Facts:
        """What somebody is busy with for a while: the same people and things until it is done."""
        say = self.words.say
        person, other, me = dice.sample(self.people, 3)
        facts = {"person": person, "other": other.split()[0], "me": me.split()[0], "house": self.name}
        facts |= {name: say(name, dice, facts) for name in ("party", "thing")}
        facts["paper"] = say("paper", dice, facts)
        facts["thing_plain"] = facts["thing"].removeprefix("the ")
        facts["party_plain"] = facts["party"].removeprefix("the ")
        facts["about"] = say("topic", dice, facts)
        facts["topics"] = self.words.phrase(", ".join(dice.sample(self.words.lists["thing"], 3)), dice, facts)
        facts["tongue_code"] = dice.choice(TONGUES)
        return facts

    def public(self, labels: Sequence[str], dice: random.Random) -> str:
        """A text of one of the labels, or nothing where this half has none."""
        known = [label for label in labels if label in self._met]
        return dice.choice(self._met[dice.choice(known)])[:_LONGEST] if known else ""

    def hostile(self, dice: random.Random, facts: Facts) -> str:
        """What others attack with and staff look at or try on their own."""
        found = self.public(_HOSTILE, dice) if dice.random() < _PUBLIC else ""
        if found:
            return found
        family = dice.choice(("system_prompt_extraction", "prompt_attack_adaptive", "prompt_attack_persona"))
        own = {**facts, "item": self.words.say("payload", dice, facts)}
        return self.words.phrase(dice.choice(table("attack_words")[family]["asks"]), dice, own)

    def item(self, labels: Sequence[str], dice: random.Random, facts: Facts) -> str:
        found = self.public(labels, dice) if dice.random() < _PUBLIC else ""
        return found or self.words.say(dice.choice(("sum", "seed", "asked")), dice, facts)

    def instructions(self, dice: random.Random, facts: Facts) -> str:
        found = self.public(("system_prompt_like",), dice) if dice.random() < _PUBLIC / 2 else ""
        return found if found.startswith(_SYSTEM_LIKE) else self.words.say("bot_system", dice, facts)

    def passages(self, dice: random.Random, facts: Facts) -> str:
        return "\n\n".join(f"[{place}] {self.paragraph(dice, facts)}" for place in range(1, dice.randint(2, 5)))

    def paragraph(self, dice: random.Random, facts: Facts, most: int = 6) -> str:
        if dice.random() < 0.15 and (found := self.public(("benign_rag_context",), dice)):
            return found[:1200]
        return self.sentences("sentence", dice.randint(2, most), dice, facts)

    def foreign(self, tongue: str, many: int, dice: random.Random, facts: Facts) -> str:
        return self.sentences(f"line_{tongue}", many, dice, facts)

    def sentences(self, name: str, many: int, dice: random.Random, facts: Facts) -> str:
        known = self.words.lists[name]
        some = [*dice.sample(known, min(many, len(known))), *dice.choices(known, k=max(0, many - len(known)))]
        return " ".join(sentence(self.words.phrase(one, dice, facts)) for one in some)
