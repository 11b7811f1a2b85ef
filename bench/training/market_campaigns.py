"""Who attacks, in what way, on which days, and how much of a day is attack."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from market_callers import MOST, Caller
from market_hours import PLACES, Part
from market_strategies import HARVESTS, KINDS, SLOW, SPREAD, Pool, pool, strategy
from market_work import Work
from market_world import World

SHARES = (0.05, 0.1, 0.25, 0.5, 1.0)
LEAST = 6  # attack requests a day, but for the slow ones and for groups
SLOWLY, TOGETHER, MEMBERS = (2, 10), (4, 25), (4, 14)

Born = Callable[[bool], Caller]  # a caller, with a past or without


@dataclass(slots=True)
class Attacker:
    caller: Caller
    kind: str
    work: Work
    share: float  # 1: no cover
    days: Sequence[int]
    pace: float  # requests of a day that is all attack, the median

    def parts(self, dice: random.Random) -> list[Part]:
        attack, cover = self._counts(dice)
        place = dice.choice(PLACES)
        parts = [Part(self.caller.work, cover, "among", False)] if cover else []
        return [*parts, Part(self.work, attack, place, True)]

    def _counts(self, dice: random.Random) -> tuple[int, int]:
        usual = self.caller.requests(dice)
        if self.kind in (SLOW, SPREAD):
            attack = dice.randint(*(SLOWLY if self.kind == SLOW else TOGETHER))
            return attack, 0 if self.share == 1 else min(MOST - attack, max(usual, attack))
        if self.share == 1:
            return min(MOST, max(LEAST, round(dice.lognormvariate(0, 0.4) * self.pace))), 0
        attack = min(round(MOST * self.share), max(LEAST, round(usual * self.share)))
        return attack, round(attack / self.share) - attack


def attackers(world: World, number: int, callers: int, span: range, born: Born, dice: random.Random) -> list[Attacker]:
    """Families take turns, tenants begin with different ones; every second attacker has a past."""
    found: list[Attacker] = []
    many = max(6, round(callers * dice.uniform(0.2, 0.4))) if span else 0
    for place in range(many):
        kind = KINDS[(number * 5 + place) % len(KINDS)]
        found += _campaign(world, kind, dice.choice(SHARES), span, born, dice)
    return found


def _campaign(
    world: World, kind: str, share: float, span: range, born: Born, dice: random.Random
) -> Iterator[Attacker]:
    stock = pool(world, dice.choice(HARVESTS) if kind in (SLOW, SPREAD) else kind, dice)
    members = dice.randint(*MEMBERS) if kind == SPREAD else 1
    shared = dice.choice(("pool", "wording", "both"))
    days = list(span) if kind == SLOW else _days(span, 2 if kind == SPREAD else 5, dice)
    pace = dice.lognormvariate(3.2, 0.7)
    past = dice.random() < 0.5
    for place in range(members):
        one = born(past if members == 1 else place % 2 == 0)
        mine = stock if not place else _as_member(world, stock, shared, dice)
        tongue = one.tongue or (world.tongue(dice) if dice.random() < 0.3 else None)
        work = strategy(world, mine, one.work, tongue, dice)
        if kind == SLOW or share < 1:
            one.volume = max(one.volume, min(MOST, LEAST / share) * dice.uniform(0.7, 1))
        covered = 0.5 if kind == SLOW else dice.choice((0.5, 1.0)) if kind == SPREAD else share
        yield Attacker(one, kind, work, covered, _own_days(days, kind, dice), pace)


def _as_member(world: World, stock: Pool, shared: str, dice: random.Random) -> Pool:
    """Another member's: the same texts, the same wording, or both."""
    other = pool(world, stock.family, dice)
    if shared == "both":
        return stock
    if shared == "pool":
        return stock._replace(wording=other.wording)
    return other._replace(wording=stock.wording, raw=None)


def _days(span: range, most: int, dice: random.Random) -> list[int]:
    """One or several, in a row or not."""
    many = min(len(span), most, dice.choice((1, 1, 1, 2, 2, 3, 5)))
    first = dice.randrange(len(span) - many + 1)
    return list(span[first : first + many]) if dice.random() < 0.6 else sorted(dice.sample(list(span), many))


def _own_days(days: Sequence[int], kind: str, dice: random.Random) -> Sequence[int]:
    """Of a group's days some members are there on a part only."""
    return sorted(dice.sample(days, dice.randint(1, len(days)))) if kind == SPREAD and dice.random() < 0.3 else days
