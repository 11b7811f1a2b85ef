"""How requests of people come about: conversations, habits of typing, several stocks of texts, things pasted."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

from enterprise_house import Conversation, Habit, House, Pool, Product
from enterprise_texts import DOCUMENTS


def conversations(house: House, product: Product, first: Pool, dice: random.Random, *, again: float = -1) -> Habit:
    """Somebody who asks and follows up, as often as is their nature: `again`, drawn where it is not given."""
    again = again if again >= 0 else dice.choice((0.0, 0.2, 0.5, 0.75))
    typed = _typed(house, dice)

    def day(dice: random.Random, _day: int) -> Iterator[Conversation]:
        while True:
            said = [house.asked(product, typed(first(dice), dice), dice)]
            while dice.random() < again and len(said) < 25:
                said.append(house.asked(product, typed(house.say("follow_up", dice), dice), dice, before=said))
            yield said

    return day


def _typed(house: House, dice: random.Random) -> Callable[[str, random.Random], str]:
    """How somebody types: as it should be or all small, with a greeting or thanks now and then."""
    manners = [house.grammar.settled("manner", dice, "q") for _ in range(dice.randint(1, 4))]
    often, small = dice.choice((0.0, 0.1, 0.4, 0.9)), dice.choice((0.0, 0.0, 0.3, 1.0))

    def typed(text: str, dice: random.Random) -> str:
        if dice.random() < small and len(text) < 300:
            text = text.lower()
        return house.grammar.fill(dice.choice(manners), dice, {"q": text}) if dice.random() < often else text

    return typed


def either(dice: random.Random, *pools: Pool) -> Pool:
    """From several stocks, each as often as its owner likes it."""
    liked = [dice.random() ** 2 + 0.02 for _ in pools]
    return lambda dice: dice.choices(pools, liked)[0](dice)


def pasting(house: House, key: str, *kinds: str) -> Pool:
    """Phrases of `key` around documents of these kinds."""
    return lambda dice: house.say(key, dice, {"doc": DOCUMENTS[dice.choice(kinds)](house.grammar, dice)})


def bare(dice: random.Random) -> Product:
    """The model itself, as a playground or an own script reaches it."""
    return Product("", dice.choice((None, 0.0, 0.7, 1.0)), (), ("", "q", ""), 0, (), dice.uniform(0.5, 2))
