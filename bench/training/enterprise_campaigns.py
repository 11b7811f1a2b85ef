"""Who attacks, in which way, how much of a day, on which days, alone or as a group of accounts."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from enterprise_grammar import heavy
from enterprise_harvest import HARVESTS, INSTRUCTIONS, any_harvest
from enterprise_hours import MOST, Rhythm, in_a_block, in_between, taken, timed
from enterprise_house import Habit, House, Said
from enterprise_people import Kind
from enterprise_probes import PROBES

SHARES = (0.05, 0.1, 0.25, 0.5, 1.0)
SLOW, SPREAD = "distillation_low_and_slow", "distributed_distillation"
ALONE: Mapping[str, Kind] = {**HARVESTS, SLOW: any_harvest, **PROBES}
FAMILIES = (*ALONE, SPREAD)
LEAST, A_FEW = 6, 3  # attack requests of a day, and of a slow one
MEMBERS = (6, 15)
_USUAL = {"harvest": 45, "probe": 18}  # attack requests of a day where they are not hidden


@dataclass(frozen=True, slots=True)
class Campaign:
    """What one caller does on its days of attack."""

    family: str
    share: float
    habit: Habit
    days: tuple[int, ...]
    usual: int
    way: str  # in which the attack lies in the day: block, between, scattered

    def requests(self, day: int, cover: Habit, rhythm: Rhythm, dice: random.Random) -> list[tuple[float, Said]]:
        """The day with exactly the share of attack requests."""
        wanted = self._wanted(day, rhythm, dice)
        hidden = list(timed(taken(cover, round(wanted / self.share) - wanted, dice, day), rhythm, dice))
        attack = taken(self.habit, wanted, dice, day, attack=True)
        if self.way == "block":
            return [*hidden, *in_a_block(attack, rhythm, dice)]
        if self.way == "between" and hidden:
            return [*hidden, *in_between(attack, hidden, dice)]
        return [*hidden, *timed(attack, rhythm, dice)]

    def _wanted(self, day: int, rhythm: Rhythm, dice: random.Random) -> int:
        if self.family == SLOW:
            return dice.randint(A_FEW, min(10, int(MOST * self.share)))
        fitting = round(rhythm.volume(day, dice) * self.share)  # so that the day is no busier than others
        usual = heavy(dice, self.usual, 0.5)
        return min(int(MOST * self.share), max(LEAST, dice.choice((fitting, usual))))


def plans(number: int, count: int) -> Iterator[tuple[str, float]]:
    """Families and shares of the tenant of that number. Over tenants of either half all pairs come equally often."""
    names = random.Random(number & 1).sample(tuple(ALONE), len(ALONE))
    first = number // 2 * 23
    for place in range(first, first + count):
        yield names[place % len(names)], SHARES[(place + place // len(names)) % len(SHARES)]


def alone(house: House, family: str, share: float, first: int, days: int, dice: random.Random) -> Campaign:
    if family == SLOW:
        when = tuple(range(first, days))
    else:
        begins = dice.randrange(first, days)
        when = tuple(sorted({begins, *(dice.randrange(begins, days) for _ in range(dice.choice((0, 0, 1, 3))))}))
    return _campaign(family, share, ALONE[family](house, dice), when, dice)


def together(house: House, share: float, first: int, days: int, dice: random.Random) -> Iterator[Campaign]:
    """A harvest shared out: one template and one pool, one template and pools of their own, or one pool alone."""
    harvest = dice.choice(tuple(HARVESTS.values()))
    seed, shape = dice.getrandbits(32), dice.choice(("both", "both", "template", "pool"))
    one, pool = harvest(house, random.Random(seed)), house.pool(dice, "instruction", "cot_question", *INSTRUCTIONS)
    begins = dice.randrange(first, days)
    for _ in range(dice.randint(*MEMBERS)):
        if shape == "both":
            habit = one
        elif shape == "template":
            habit = harvest(house, random.Random(seed), house.pool(dice, "puzzle", "cot_question", *INSTRUCTIONS))
        else:
            habit = harvest(house, dice, pool)
        when = tuple(day for day in range(begins, days) if day == begins or dice.random() < 0.5)
        own = share if dice.random() < 0.7 else dice.choice(SHARES)
        yield _campaign(SPREAD, own, habit, when, dice)


def _campaign(family: str, share: float, habit: Habit, days: tuple[int, ...], dice: random.Random) -> Campaign:
    usual = heavy(dice, _USUAL["probe" if family in PROBES else "harvest"], 0.6)
    return Campaign(family, share, habit, days, usual, dice.choice(("block", "between", "scattered")))
