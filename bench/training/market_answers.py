"""What the models of a tenant say: in the form that was asked for, about words of what was asked, at any length."""

from __future__ import annotations

import json
import math
import random
import re
from collections.abc import Callable

from market_phrases import Phrases, code

Say = Callable[[], str]  # one sentence
_WORDS = re.compile(r"[^\W\d_]{5,}")


def answer(style: str, ask: str, length: float, phrases: Phrases, dice: random.Random, say: Say | None = None) -> str:
    """`length`: the median number of sentences. `say`: in another language."""
    many = min(60, max(1, round(dice.lognormvariate(math.log(length), 0.7))))
    say = say or _about(ask, phrases, dice)
    match style:
        case "short":
            return say() if dice.random() < 0.6 else phrases.say("label_word", dice)
        case "label" | "refusal":
            return phrases.say("label_word" if style == "label" else "refusal", dice)
        case "chat":
            return _prose(many // 2, say, dice) + dice.choice(("", "", " 😊", " What do you think?", "\n\n*waits*"))
        case "list":
            return _listed(max(3, many), ("- ", "* ", "{}. ", "{}) ", "### {}\n", "• "), say, dice)
        case "steps":
            return _steps(max(2, many), say, dice)
        case "code":
            return _code(many, say, dice)
        case "json":
            value = {phrases.say("json_key", dice): say() for _ in range(max(2, many // 3))}
            return json.dumps(value, indent=dice.choice((None, 2)), ensure_ascii=False)
        case "verdict" | "score":
            said = phrases.say("decided" if style == "verdict" else "scored", dice)
            why = _prose(many // 2, say, dice)
            return dice.choice((said, f"{said}\n{why}", f"{why}\n\n{said}", f"{said}. {why}"))
        case "passage":
            return "\n\n".join([phrases.say("passage", dice) for _ in range(max(1, many // 5))])
        case _:
            return _prose(many, say, dice)


def _about(ask: str, phrases: Phrases, dice: random.Random) -> Say:
    words = sorted(dict.fromkeys(_WORDS.findall(ask[-400:])), key=len)[-8:] or ["it"]  # long ones say most
    return lambda: phrases.sentence(words, dice)


def _prose(many: int, say: Say, dice: random.Random) -> str:
    sentences, gap = list(dict.fromkeys([say() for _ in range(max(1, many))])), dice.choice((2, 4, 99))
    return "\n\n".join([" ".join(sentences[at : at + gap]) for at in range(0, len(sentences), gap)])


def _listed(many: int, marks: tuple[str, ...], say: Say, dice: random.Random) -> str:
    mark, items = dice.choice(marks), dict.fromkeys([say() for _ in range(many)])
    return "\n".join([mark.format(place) + item for place, item in enumerate(items, 1)])


def _steps(many: int, say: Say, dice: random.Random) -> str:
    first, times, more = dice.randint(2, 500), dice.randint(2, 9), dice.randint(1, 90)
    total = first * times + more
    steps = _listed(many, ("Step {}: ", "{}. ", "({}) ", "{}) ", "", "- ", "Then: ", "**Step {}** "), say, dice)
    sums = dice.choice(("", f"\n{first} × {times} + {more} = {total}", f"\n{first} * {times} = {first * times}"))
    end = (f"Answer: {total}", f"#### {total}", f"\\boxed{{{total}}}", say(), "The answer is B.", f"So it's {total}.")
    return f"{steps}{sums}\n{dice.choice(end)}"


def _code(many: int, say: Say, dice: random.Random) -> str:
    name = f"{dice.choice(('load', 'parse', 'merge', 'fetch', 'total'))}_{code(dice)[:3]}"
    body = "".join([f"    step_{line} = rows.get({line!r}, {dice.randint(0, 99)})\n" for line in range(many)])
    block = f"```python\ndef {name}(rows):\n{body}    return rows\n```"
    return f"{say()}\n\n{block}\n\n{say()}" if dice.random() < 0.7 else block
