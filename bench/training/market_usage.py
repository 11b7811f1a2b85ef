"""What honest callers do with a product, on usual days and on those on which they look like somebody else."""

from __future__ import annotations

import dataclasses
import math
import random
from collections.abc import Iterator
from dataclasses import dataclass

from market_phrases import Tongue, mixed, part
from market_stock import LONGEST
from market_work import Dress, Work
from market_world import LOOKALIKES, PRODUCTS, World


@dataclass(frozen=True, slots=True)
class Product:
    """What its maker wrote. `alike`: the chance that a caller takes it as it is, instead of something of its own."""

    name: str
    dress: Dress
    alike: float
    programs: float  # share among its callers


def product(world: World, name: str, dice: random.Random) -> Product:
    programs = dice.random() * (1 if PRODUCTS[name]["talk"] < 0.4 else 0.4)
    return Product(name, _dress(world, name, dice), dice.random() ** 0.5, programs)


def _dress(world: World, name: str, dice: random.Random) -> Dress:
    spec = PRODUCTS[name]
    return world.dress(dice, world.bareness, tools=spec.get("tools", 0), brings=spec.get("passages", 0.03))


def using(world: World, one: Product, program: bool, tongue: Tongue | None, dice: random.Random) -> Work:
    """A project of a caller: until it begins another one."""
    spec, phrases = PRODUCTS[one.name], world.phrases
    texts = world.texts(part(spec["labels"], dice.random(), dice), dice, world.narrow, spec.get("longest", LONGEST))
    wordings = dice.choice((1, 1, 1, 2, 5) if program else (0, 0, 0, 0, 3))
    around = phrases.worded(part(spec["around"], dice.random(), dice), wordings, dice, world.given(texts, dice))
    own = phrases.worded(part(spec["own"], dice.uniform(0.2, 1), dice), 0, dice, {})
    asks = mixed(around, own, world.public * dice.uniform(0.5, 1.5), dice)
    follows = phrases.worded(["{follow}"], 0, dice, {})
    if tongue:
        asks = mixed(tongue.saying("asks", dice), asks, dice.uniform(0.5, 1), dice)
        follows = mixed(tongue.saying("follow", dice), follows, 0.9, dice)
    talkative = 0 if program and dice.random() < 0.8 else spec["talk"] * world.talkative * dice.uniform(0.6, 1.4)
    return Work(
        asks=asks,
        follows=follows,
        talk=min(0.93, talkative),
        manner=world.manner(dice, 0 if program else 1),
        dress=one.dress if dice.random() < one.alike else _dress(world, one.name, dice),
        answering=world.answering(spec["styles"], 1, world.refused, tongue, dice),
        phrases=phrases,
    )


def looking_like(world: World, name: str, usual: Work, dice: random.Random) -> Work:
    """A day of one of LOOKALIKES, in the caller's usual dress or out of it."""
    spec = LOOKALIKES[name]
    tuned, block, chatty = (bool(spec.get(trait)) for trait in ("tuned", "block", "chatty"))
    texts = world.texts(part(spec["labels"], dice.random(), dice), dice, world.narrow)
    given = world.given(repeated(texts, dice) if tuned else texts, dice)
    wordings = dice.choice((1, 2, 3) if tuned or block else (0, 0, 0, 1, 3))
    return dataclasses.replace(
        usual,
        asks=world.phrases.worded(part(spec["frames"], dice.uniform(0.2, 1), dice), wordings, dice, given, still=tuned),
        talk=dice.uniform(0.5, 0.9) if chatty else 0 if block else dice.random() ** 2 * 0.6,
        dress=usual.dress if dice.random() < 0.5 else world.dress(dice, 0.8, 0.2),
        answering=world.answering(spec["styles"], dice.uniform(0.6, 2), world.refused, usual.answering.tongue, dice),
    )


def repeated(texts: Iterator[str], dice: random.Random) -> Iterator[str]:
    """Each of them again and again, as somebody asks who does not like the answer."""
    while True:
        text = next(texts)
        for _ in range(round(dice.lognormvariate(math.log(8), 0.7)) + 1):
            yield text
