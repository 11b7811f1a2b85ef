"""How an attacker asks: from which texts, in how many wordings, in whose dress, in which language."""

from __future__ import annotations

import base64
import codecs
import dataclasses
import random
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from market_phrases import Tongue, dealt, mixed, part
from market_usage import repeated
from market_work import Work
from market_world import FAMILIES, World

SLOW, SPREAD, ADAPTIVE = "distillation_low_and_slow", "distributed_distillation", "prompt_attack_adaptive"
HARVESTS = tuple(name for name in FAMILIES if name.startswith("distillation_"))
KINDS = (*FAMILIES, SLOW, SPREAD)

# What stands for a family in other languages.
_ABROAD = {
    "distillation_reasoning": ("asks", "think"),
    "distillation_preferences": ("asks", "judge"),
    "distillation_self_instruct": ("generate",),
    "distillation_evolved": ("generate",),
    "distillation_instructions": ("asks",),
    "system_prompt_extraction": ("secret",),
    "prompt_attack_persona": ("persona", "secret"),
    "training_data_extraction": ("recite",),
    "knowledge_base_scraping": ("recite",),
}
_LONGEST = 900  # characters of a question: what is longer among public texts is mostly no question
_LEET = str.maketrans("aeiost", "4310$7")
_CODES: Sequence[Callable[[str], str]] = (
    lambda text: base64.b64encode(text.encode()).decode(),
    lambda text: codecs.encode(text, "rot13"),
    lambda text: text.encode().hex(),
    lambda text: text[::-1],
    lambda text: text.lower().translate(_LEET),
    lambda text: " ".join(text),
    lambda text: "-".join(text.upper().split()),
    lambda text: " ".join(str(ord(letter)) for letter in text[:160]),
    lambda text: " ".join(f"{byte:08b}" for byte in text[:60].encode()),
    lambda text: " ".join(word[1:] + word[:1] + "ay" for word in text.split()),
    lambda text: "\u200b".join(text),
    lambda text: "".join(letter.upper() if at % 2 else letter.lower() for at, letter in enumerate(text)),
)


class Pool(NamedTuple):
    """What an attacker, or a group, goes through. `wording`: seeds how it is said."""

    family: str
    texts: Iterator[str]
    raw: Iterator[str] | None  # asked as it is
    wording: int


def pool(world: World, family: str, dice: random.Random) -> Pool:
    spec = FAMILIES[family]
    texts = world.texts(spec["asked"], dice, 0.2, _LONGEST, spec.get("mark", ""))
    raw = world.stock.drawn(spec["raw"], dice, 0.1) if dice.random() < 0.5 else []
    if family == ADAPTIVE:
        texts = repeated(texts, dice)
    return Pool(family, texts, dealt(raw, dice) if raw else None, dice.getrandbits(32))


def strategy(world: World, stock: Pool, usual: Work, tongue: Tongue | None, dice: random.Random) -> Work:
    """Half of them ask in the dress of the caller's usual traffic."""
    spec, phrases, family = FAMILIES[stock.family], world.phrases, stock.family
    told = family == "distillation_reasoning" and dice.random() < 0.12  # in the system prompt, for all that is asked
    asks = stock.texts if told else _asks(world, stock, dice)
    if tongue and family in _ABROAD:
        asks = mixed(_abroad(tongue, _ABROAD[family], dice), asks, dice.uniform(0.4, 1), dice)
    disguised = dice.random() < 0.5
    dress = usual.dress if disguised else world.dress(dice, 0.6, 0.3, 0.1)
    if told:
        dress = dataclasses.replace(dress, system=f"{dress.system}\n{phrases.say('think', dice)}".strip())
    if family == "knowledge_base_scraping":
        dress = dataclasses.replace(dress, brings=dice.uniform(0.5, 1))
    probing = family not in HARVESTS
    refused = dice.random() if probing else dice.random() ** 4 * 0.4
    return Work(
        asks=asks,
        follows=mixed(asks, phrases.worded(["{follow}"], 0, dice, {}), 0.9, dice),
        talk=dice.uniform(0.2, 0.9) if dice.random() < (0.6 if probing else 0.15) else 0,
        manner=usual.manner if disguised else world.manner(dice, 0.3),
        dress=dress,
        answering=world.answering(spec["styles"], spec["long"], refused, tongue, dice),
        phrases=phrases,
    )


def _asks(world: World, stock: Pool, dice: random.Random) -> Iterator[str]:
    spec, wording = FAMILIES[stock.family], random.Random(stock.wording)
    frames = part(spec["frames"], wording.choice((0, 0.2, 0.5, 1)), wording)
    given = {**world.given(stock.texts, dice), "coded": _coded(stock.texts, dice)}
    wordings = wording.choice((1, 1, 3, 8, 40, 0, 0))
    framed = world.phrases.worded(frames, wordings, dice, given, base=stock.wording)
    if not stock.raw:
        return framed
    return stock.raw if dice.random() < 0.7 else mixed(stock.raw, framed, dice.uniform(0.3, 0.9), dice)


def _coded(texts: Iterator[str], dice: random.Random) -> Callable[[], str]:
    known = dice.sample(_CODES, dice.choice((1, 1, 2, 5)))
    return lambda: dice.choice(known)(next(texts)[:300])


def _abroad(tongue: Tongue, names: Sequence[str], dice: random.Random) -> Iterator[str]:
    while True:
        yield dice.choice((" ", "\n")).join([tongue.said(name, dice) for name in names])
