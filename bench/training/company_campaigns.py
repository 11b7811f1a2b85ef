"""A campaign of company_attacks.py: what stays the same in it, and what its members share."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from company_asking import Asked
from company_people import Person
from company_texts import WORDS, Texts

ATTACK = WORDS["attack"]


@dataclass(slots=True)
class Habits:
    """What the members of a campaign share: its half of the wrappers, its style, its pools in one order."""

    half: str
    style: float
    mix: float
    kept: dict[str, Any] = field(default_factory=dict)


class Campaign:
    """One attacker of a campaign. `part` (which, of how many): the members each ask their part of a pool."""

    def __init__(
        self,
        family: str,
        texts: Texts,
        dice: random.Random,
        habits: Habits | None = None,
        part: tuple[int, int] = (0, 1),
    ) -> None:
        self.family, self.texts, self.dice, self._part = family, texts, dice, part
        self.habits = habits or Habits(dice.choice("ab"), dice.random(), dice.random())
        self._temperature = dice.choice((None, 0.0, 0.7, 1.0))
        self.at: dict[str, int] = {}
        self.last = ""

    def wrapper(self, kind: str) -> str:
        """Any of this campaign's half."""
        return str(self.dice.choice(ATTACK[f"{kind}_{self.habits.half}"]))

    def kept_wrapper(self, kind: str) -> str:
        """The same each time."""
        if kind not in self.habits.kept:
            self.habits.kept[kind] = self.wrapper(kind)
        return str(self.habits.kept[kind])

    def next_of(self, name: str, make: Callable[[], list[str]]) -> str:
        """The pool's next text of this member's."""
        key = f"pool {name}"
        if key not in self.habits.kept:
            self.habits.kept[key] = pool = make()
            self.dice.shuffle(pool)
        pool = self.habits.kept[key]
        place = self.at.get(name, self._part[0])
        self.at[name] = place + self._part[1]
        return str(pool[place % len(pool)])

    def instruction(self) -> str:
        if self.habits.style < 0.65:
            return self.next_of("instructions", lambda: list(self.texts.pool("instructions")))
        return self.next_of("tasks", self._tasks)

    def _tasks(self) -> list[str]:
        languages = ("Python", "Go", "R")
        return [
            self.texts.fill(task, t=subject, l=self.dice.choice(languages))
            for task in ATTACK["tasks"]
            for subject in WORDS["subjects"]
        ]

    def ask(self, one: Person, text: str, tokens: int = 0, *, answer: str | None = None, messages: int = 1) -> Asked:
        """An application sends its own prompt and tools along; who has a key of his own sends neither."""
        told = self.texts.answer(tokens or self.dice.randint(120, 700)) if answer is None else answer
        temperature = self._temperature if one.temperature is None else one.temperature
        return Asked(text, told, one.system, temperature, one.tools, messages=messages)
