"""Who calls: people and programs with a product, habits that drift, and days unlike their others."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from market_hours import Hours, Part, hours
from market_phrases import Tongue, part
from market_usage import Product, looking_like, using
from market_work import Work
from market_world import LOOKALIKES, World

MOST = 120  # requests a caller-day
_ONE_OFF = 0.03  # of benign days: their caller does what users of another product do
# By programs: those that no person is needed for.
_LIKED_BY = {
    False: tuple(LOOKALIKES),
    True: tuple(name for name, spec in LOOKALIKES.items() if not spec.get("people")),
}


@dataclass(slots=True)
class Caller:
    name: str
    product: Product
    program: bool
    tongue: Tongue | None
    volume: float  # requests a day, the median
    scatter: float
    active: float  # chance a day
    days: range
    hours: Hours
    work: Work
    work_pool: Sequence[Product]  # what else its maker has: for one-off days
    likes: Sequence[str]  # LOOKALIKES that happen to it

    def requests(self, dice: random.Random) -> int:
        return min(MOST, max(1, round(dice.lognormvariate(0, self.scatter) * self.volume)))

    def benign(self, world: World, day: int, dice: random.Random) -> tuple[str, list[Part]]:
        """The kind of the day and what it consists of. Nobody's first day is unlike its others."""
        self.drift(world, dice)
        many, first = self.requests(dice), day == self.days.start
        if not first and dice.random() < world.looking:
            kind = dice.choice(self.likes)
            return kind, _among(self.work, many, looking_like(world, kind, self.work, dice), dice)
        if not first and dice.random() < _ONE_OFF:
            other = using(world, dice.choice(self.work_pool), dice.random() < 0.5, self.tongue, dice)
            return self.product.name, _among(self.work, many, other, dice)
        return self.product.name, [Part(self.work, many, "among", False)]

    def drift(self, world: World, dice: random.Random) -> None:
        if dice.random() < world.drift * (0.3 if self.program else 1):
            self.work = using(world, self.product, self.program, self.tongue, dice)


def caller(
    world: World, number: int, place: int, products: Sequence[Product], days: range, dice: random.Random
) -> Caller:
    one = dice.choice(products)
    program = dice.random() < one.programs
    tongue = world.tongue(dice)
    usual = dice.lognormvariate(3, 1) if program else dice.lognormvariate(2.2, 0.8)
    return Caller(
        name=f"market-{number}/{one.name}-{place}",
        product=one,
        program=program,
        tongue=tongue,
        volume=usual * world.volume,
        scatter=dice.uniform(0.05, 0.8),
        active=dice.uniform(0.75, 1) if program else dice.uniform(0.25, 1),
        days=days,
        hours=hours(program, dice),
        work=using(world, one, program, tongue, dice),
        work_pool=products,
        likes=part(_LIKED_BY[program], dice.uniform(0.1, 0.4), dice),
    )


def stays(days: int, dice: random.Random) -> range:
    """Most are there from the first day to the last; some come, some leave."""
    first = dice.randrange(days) if dice.random() < 0.2 else 0
    last = dice.randint(first + 1, days) if dice.random() < 0.15 else days
    return range(first, last)


def _among(usual: Work, many: int, other: Work, dice: random.Random) -> list[Part]:
    changed = max(1, round(many * dice.choice((0.2, 0.5, 0.8, 1, 1)) * dice.lognormvariate(0, 0.4)))
    changed = min(MOST, max(changed, dice.randint(2, 9)))
    rest = min(MOST - changed, max(0, many - changed))
    parts = [Part(usual, rest, "among", False)] if rest else []
    return [*parts, Part(other, changed, dice.choice(("among", "block", "end")), False)]
