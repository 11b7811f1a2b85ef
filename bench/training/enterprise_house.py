"""One enterprise: its words, the public texts at hand, its products, and what a caller says in a request."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Any

from enterprise_grammar import NONE, Grammar, Pieces, coded, heavy
from enterprise_texts import DOCUMENTS, answer, article, code, line

from tidegate.sources.contents import ToolUse

_LONGEST = 3_500  # characters of a public text: longer ones are left out
_TOOLS = ("search_{}", "get_{}", "update_{}", "list_{}s", "send_{}", "create_{}", "run_{}", "close_{}", "{}_lookup")


@dataclass(slots=True)
class Said:
    """One request, before anybody knows when."""

    user: str
    answer: str
    system: str = ""
    brought: str = ""
    role: str = "tool_result"  # of what is brought
    tools: tuple[str, ...] = ()
    uses: tuple[ToolUse, ...] = ()
    messages: int = 1
    temperature: float | None = None
    attack: bool = False


type Conversation = list[Said]
type Habit = Callable[[random.Random, int], Iterator[Conversation]]  # without end, on a day of that number
type Pool = Callable[[random.Random], str]


@dataclass(frozen=True, slots=True)
class Product:
    """An application: the same prompt, parameters and tools around whatever its users say."""

    system: str
    temperature: float | None
    tools: tuple[str, ...]
    frame: Pieces  # around {q}, and {context} where passages are put into the prompt
    passages: int  # at most, for a question; 0: it retrieves nothing
    corpus: Sequence[str]
    length: float  # of its answers


class House:
    def __init__(self, number: int, rows: Mapping[str, Sequence[Mapping[str, Any]]], seed: str) -> None:
        dice = random.Random(f"enterprise/{seed}/{number}")
        self.grammar = Grammar(dice)
        self.public = dice.uniform(0.2, 0.9)  # how often somebody's stock of texts is a public one
        self.volume = heavy(dice, 100, 0.45) / 100
        self.refuses = dice.uniform(0.4, 0.95)  # attacks on what a model may not say
        self.changed = dice.uniform(0.6, 1.4) / 12  # of people's days: like no other of their days
        self.weekend = dice.choice((0.0, 0.05, 0.2, 0.6))
        self._rows: dict[str, dict[str, list[str]]] = defaultdict(dict)
        for source, some in rows.items():
            for row in some:
                if len(row["text"]) <= _LONGEST:
                    self._rows[row["label"]].setdefault(source, []).append(_text(source, row["text"]))
        self.chats = [self.product(dice) for _ in range(dice.randint(1, 4))]
        self.libraries = [self.product(dice, passages=dice.randint(1, 8)) for _ in range(dice.randint(1, 3))]
        self.agents = [self.product(dice, tools=dice.randint(2, 7)) for _ in range(dice.randint(1, 3))]
        self._make()

    def _make(self) -> None:
        grammar, made = self.grammar, self.grammar.makers
        made["doc"] = self.document
        made["q"] = lambda dice: grammar.say("question", dice)
        made["a"] = made["b"] = lambda dice: answer(grammar, dice, "prose", length=dice.choice((0.2, 0.5, 1)))
        made["code"] = lambda dice: code(grammar, dice)
        made["log"] = lambda dice: DOCUMENTS["log"](grammar, dice)
        made["shots"] = lambda dice: "\n".join(
            f"{place}. {one}" for place, one in enumerate(grammar.some("instruction", dice.randint(2, 8), dice), 1)
        )
        made["b64"] = lambda dice: coded(grammar.say("note", dice), "base64")
        made["hexed"] = lambda dice: coded(grammar.say("note", dice), "hexadecimal bytes")
        made["pct"] = lambda dice: coded(grammar.say("fact", dice), "percent encoding")
        made["rot"] = lambda dice: coded(grammar.say("fact", dice), "ROT13")

    def document(self, dice: random.Random) -> str:
        return DOCUMENTS[dice.choice(tuple(DOCUMENTS))](self.grammar, dice)

    def say(self, key: str, dice: random.Random, given: Mapping[str, str] = NONE) -> str:
        return self.grammar.say(key, dice, given)

    def answer(self, dice: random.Random, want: str = "prose", about: str = "", length: float = 1.0) -> str:
        return answer(self.grammar, dice, want, about, length)

    def product(self, dice: random.Random, *, passages: int = 0, tools: int = 0) -> Product:
        rules = self.grammar.some("system_rule", heavy(dice, 3, 0.8, least=0, most=14), dice)
        frame = "frame_with_passages" if passages and dice.random() < 0.5 else "frame"
        return Product(
            system=dice.choice((" ", "\n", "\n- ")).join([self.say("system_prompt", dice), *rules]),
            temperature=dice.choice((None, 0.0, 0.2, 0.3, 0.7, 1.0)),
            tools=tuple(one.format(self.say("word", dice)) for one in dice.sample(_TOOLS, tools)),
            frame=self.grammar.settled(frame, dice, "q", "context", "fullname", "city", "first", "id"),
            passages=passages,
            corpus=[self._passage(place, dice) for place in range(dice.randint(60, 250) if passages else 0)],
            length=dice.uniform(0.3, 2),
        )

    def _passage(self, place: int, dice: random.Random) -> str:
        return f"[{place}] {self.say('thing', dice)}: {dice.choice((article, article, line))(self.grammar, dice)}"

    def pool(self, dice: random.Random, own: str, *labels: str, given: Mapping[str, str] = NONE) -> Pool:
        """Somebody's stock of texts to ask, gone through once and again: a public source's, own ones, or both."""
        sources = [some for label in labels for some in self._rows.get(label, {}).values()]
        public = dice.choice(sources) if sources else []
        stock = dice.sample(public, min(len(public), heavy(dice, 300, 1.0, least=30)))
        share = 0.0 if not stock else dice.choice((1.0, dice.random())) if dice.random() < self.public else 0.0
        texts = cycle(stock)

        def drawn(dice: random.Random) -> str:
            return next(texts) if dice.random() < share else self.say(own, dice, given)

        return drawn

    def asked(
        self, product: Product, text: str, dice: random.Random, *, before: Conversation | tuple[()] = (), want: str = ""
    ) -> Said:
        """A question to a product, with the passages that it finds for it, and the answer."""
        found = dice.sample(product.corpus, dice.randint(1, product.passages)) if product.passages else []
        context = "\n\n".join(found)
        inline = "context" in product.frame
        said = self.answer(dice, want or "prose", text, product.length)
        if found and not want and dice.random() < 0.3:
            said = f"{said}\n\n{found[0][:300]}"
        return Said(
            user=self.grammar.fill(product.frame, dice, {"q": text, "context": context}),
            answer=said,
            system=product.system,
            brought="" if inline else context,
            role="retrieved",
            tools=product.tools,
            messages=2 * len(before) + 1,
            temperature=product.temperature,
        )


def _text(source: str, text: str) -> str:
    """Rows of one source carry the index of the CSV that they came from."""
    return text.partition(",")[2] if source == "gptfuzz_questions" else text
