"""What one maker's market is like. Nothing is the same in two of them but the range that it is drawn from."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from market_answers import answer
from market_noise import noise
from market_phrases import LANGUAGES, Given, Phrases, Tongue, dealt, part, written
from market_stock import LONGEST, Stock
from market_work import Answering, Dress, Manner
from market_wrappers import wrapper

from tidegate.sources.contents import Parameters

PRODUCTS: Mapping[str, Any] = written("words")["products"]
LOOKALIKES: Mapping[str, Any] = written("words")["lookalikes"]
FAMILIES: Mapping[str, Any] = written("attack_words")["families"]

_TOKENS = (0, 0, 1, 16, 64, 256, 300, 512, 800, 1024, 2000, 2048, 4096, 8192)
_TEMPERATURES = (None, None, 0.0, 0.2, 0.3, 0.5, 0.7, 0.8, 1.0)


class World:
    def __init__(self, rows: Mapping[str, Sequence[Mapping[str, Any]]], dice: random.Random) -> None:
        self.phrases = Phrases(dice)
        self.stock = Stock(rows, dice)
        self.products = dice.sample(list(PRODUCTS), dice.randint(3, len(PRODUCTS)))
        self.public = dice.uniform(0.3, 0.95)  # share of public texts among what is asked
        self.narrow = dice.random()  # how much one caller asks about one thing
        self.noisy = dice.random()
        self.bareness = dice.uniform(0.1, 0.95)
        self.talkative = dice.uniform(0.3, 1.3)
        self.wordy = dice.lognormvariate(1.8, 0.6)  # sentences of an answer, the median
        self.refused = dice.random() ** 4 * 0.3
        self.volume = dice.lognormvariate(0, 0.5)
        self.drift = dice.uniform(0.02, 0.5)  # chance a day that a caller begins something else
        self.looking = dice.uniform(0.05, 0.17)  # chance a day that a caller looks like somebody else
        self.foreign = dice.random() ** 3  # share of callers who don't speak English
        self.tongues = [Tongue(one, self.phrases, dice) for one in dice.sample(LANGUAGES, dice.randint(1, 4))]

    def tongue(self, dice: random.Random) -> Tongue | None:
        return dice.choice(self.tongues) if dice.random() < self.foreign else None

    def manner(self, dice: random.Random, less: float = 1) -> Manner:
        return Manner(dice.random() ** 3 * less, dice.random() ** 2 * less, noise(dice, self.noisy))

    def dress(
        self, dice: random.Random, bareness: float, told: float = 0.7, tools: float = 0, brings: float = 0
    ) -> Dress:
        """`told`, `tools`, `brings`: chances of a system prompt, of tools offered, of passages."""
        names = [self.phrases.say("tool_name", dice) for _ in range(dice.randint(1, 5) if dice.random() < tools else 0)]
        return Dress(
            wrapper=wrapper(self.phrases, dice, bareness),
            system=self.phrases.say("system", dice) if dice.random() < told else "",
            tools=tuple(dict.fromkeys(names)),
            brings=dice.random() if dice.random() < brings else 0,
            flat=dice.random() < 0.1,
            parameters=Parameters(
                max_tokens=dice.choice(_TOKENS),
                temperature=dice.choice(_TEMPERATURES),
                top_p=dice.choice((None, None, None, 0.9, 0.95, 1.0)),
                stop_sequences=dice.choice((0, 0, 0, 0, 1, 2)),
                reasoning_budget=dice.choice((*[0] * 12, 1024, 4000, 16000)),
            ),
        )

    def answering(
        self, styles: Sequence[str], longer: float, refused: float, tongue: Tongue | None, dice: random.Random
    ) -> Answering:
        length = max(1.0, self.wordy * longer * dice.lognormvariate(0, 0.4))
        return Answering(part(styles, dice.uniform(0.4, 1), dice), length, refused, tongue, dice.choice(self.tongues))

    def texts(
        self, labels: Sequence[str], dice: random.Random, narrow: float, longest: int = LONGEST, mark: str = ""
    ) -> Iterator[str]:
        """Public ones, endlessly; where there are none, what users of some product say in words of their own."""
        found = [text for text in self.stock.drawn(labels, dice, narrow) if len(text) <= longest and mark in text]
        own = PRODUCTS[dice.choice(self.products)]["own"]
        return dealt(found, dice) if found else self.phrases.worded(own, 0, dice, {})

    def given(self, texts: Iterator[str], dice: random.Random) -> Given:
        """{q} is the next of the texts, {a} and {b} answer the last {q}, {doc} is a passage."""
        last = ""

        def question() -> str:
            nonlocal last
            last = next(texts)
            return last

        def reply() -> str:
            if not last:
                question()
            style = dice.choice(("prose", "prose", "short", "list", "chat", "refusal"))
            return answer(style, last, dice.uniform(1, 5), self.phrases, dice)

        def passage() -> str:
            public = self.stock.one(("benign_rag_context",), dice) if dice.random() < self.public else ""
            return public or self.phrases.say("passage", dice)

        return {"q": question, "a": reply, "b": reply, "doc": passage}
