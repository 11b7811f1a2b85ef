"""Phrases that grow out of each other: `{name}` is one of a list or a fact at hand, `(a|b|)` one of these.

Nobody says all of it. A house knows a part of every list, so that two of them share less than they differ in, and who
settles on a wording keeps what it drew and leaves open only what changes from one request to the next.
"""

from __future__ import annotations

import json
import random
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

_SLOT = re.compile(r"\{([a-z_]+\d?)\}")
_EITHER = re.compile(r"\(([^()|]*(?:\|[^()|]*)+)\)")
_LEAST = 3  # of a list that a house knows: below that all of it says the same
# Texts of others, which are put in as they are: no hand of the writer goes over them.
FOREIGN = ("text", "item", "item2", "item3", "a", "b", "c", "attack", "instructions", "passages", "coded",
           "half_a", "half_b", "foreign")  # fmt: skip


def _reference(dice: random.Random) -> str:
    letters = "".join(dice.choices("ABCDEFHKLMNPRSTVWX", k=dice.randint(1, 3)))
    return f"{letters}{dice.choice('-/')}{dice.randrange(100, 99_999)}"


_DRAWN: Mapping[str, Callable[[random.Random], str]] = {
    "few": lambda dice: str(dice.randint(2, 9)),
    "count": lambda dice: str(dice.randint(11, 60)),
    "figure": lambda dice: f"{round(dice.lognormvariate(6, 1.5)):,}",
    "ref": _reference,
    "year": lambda dice: str(dice.randint(1880, 2025)),
    "date": lambda dice: f"{dice.randint(1, 28)} {dice.choice(('May', 'June', 'July', 'August', 'Sept', 'October'))}",
}


def drawn(some: Sequence[str], dice: random.Random) -> str:
    """One of some, in half the time that `choice` takes: most of a tenant is made of this."""
    return some[int(dice.random() * len(some))]


class Words(NamedTuple):
    lists: Mapping[str, Sequence[str]]

    def phrase(self, template: str, dice: random.Random, facts: Mapping[str, str]) -> str:
        while "|" in template and (found := _EITHER.search(template)):
            template = template[: found.start()] + drawn(found[1].split("|"), dice) + template[found.end() :]
        if "{" not in template:
            return template

        def put(slot: re.Match[str]) -> str:
            name = slot[1]
            if name in facts:
                return facts[name]
            if name in _DRAWN:
                return _DRAWN[name](dice)
            return self.phrase(drawn(self.lists[name], dice), dice, facts)

        return _SLOT.sub(put, template)

    def say(self, name: str, dice: random.Random, facts: Mapping[str, str]) -> str:
        return self.phrase(drawn(self.lists[name], dice), dice, facts)

    def settled(self, template: str, dice: random.Random, facts: Mapping[str, str], left: Iterable[str]) -> str:
        """All but the slots `left` is decided now."""
        return self.phrase(template, dice, {**facts, **{name: f"{{{name}}}" for name in left}})


def filled(template: str, facts: Mapping[str, str]) -> str:
    """Puts texts in as they are, or as JSON's strings where the template is JSON."""
    quoted = template.startswith('{"')

    def put(slot: re.Match[str]) -> str:
        text = facts.get(slot[1], slot[0])
        return json.dumps(text, ensure_ascii=False)[1:-1] if quoted else text

    return _SLOT.sub(put, template)


def sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


@cache
def table(name: str) -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name(f"agency_{name}.toml").read_text("utf-8"))


def a_part(lists: Mapping[str, Sequence[str]], dice: random.Random) -> dict[str, Sequence[str]]:
    """What one house knows of each list: from a third of it to nearly all."""
    known: dict[str, Sequence[str]] = {}
    for name, some in lists.items():
        many = max(_LEAST, round(len(some) * dice.uniform(0.35, 0.95)))
        known[name] = dice.sample(some, min(many, len(some)))
    return known
