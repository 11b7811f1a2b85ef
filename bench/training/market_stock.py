"""Public texts by label and source: what of them one asker has."""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

MOST = 1500  # rows of one source a tenant knows
LONGEST = 5000  # characters of a text that is asked
_SHORTEST = 10  # characters: some rows are the head of a table
_LOOKED_AT = 100  # texts looked at for a topic
_LETTERS = re.compile(r"\w{5,}")

_Texts = Mapping[str, Sequence[str]]  # by source


class Stock:
    def __init__(self, rows: Mapping[str, Sequence[Mapping[str, Any]]], dice: random.Random) -> None:
        self._by_label: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        for source in sorted(rows):
            some = rows[source]
            for row in dice.sample(some, MOST) if len(some) > MOST else some:
                if len(text := row["text"]) >= _SHORTEST:
                    self._by_label[row["label"]][source].append(text[:LONGEST])

    def drawn(self, labels: Sequence[str], dice: random.Random, narrow: float = 0.5) -> list[str]:
        """Of one source or of several, in whole or in part, at `narrow` as chance about one topic. May be none."""
        held = [texts for label in labels for texts in self._by_label.get(label, {}).values()]
        if not held:
            return []
        chosen = dice.sample(held, 1 if dice.random() < 0.5 else dice.randint(1, min(4, len(held))))
        texts = [text for some in chosen for text in some]
        if dice.random() < narrow:
            return akin(texts, dice)
        return dice.sample(texts, max(min(20, len(texts)), round(len(texts) * dice.choice((0.05, 0.3, 1)))))

    def one(self, labels: Sequence[str], dice: random.Random) -> str:
        held = [texts for label in labels for texts in self._by_label.get(label, {}).values()]
        return dice.choice(dice.choice(held)) if held else ""


def akin(texts: Sequence[str], dice: random.Random) -> list[str]:
    """About what one of them is about: those that share most words with it."""
    looked_at = dice.sample(texts, min(len(texts), _LOOKED_AT))
    wanted = _words(looked_at[0])
    looked_at.sort(key=lambda text: -len(wanted & _words(text)))
    return looked_at[: round(dice.lognormvariate(3, 0.7)) + 4]


def _words(text: str) -> frozenset[str]:
    return frozenset(_LETTERS.findall(text[:240].lower()))
