"""The fifth hand's tenants to learn from: people and programs with something to get done, and some with other goals.

Every caller has work of its kind, which it does in sittings: a question, the answer, a correction, the next item. On
one benign day in ten it does something that looks like an attack to who sees only requests. What everybody says grows
out of phrases (`agency_*.toml`), of which each house knows a part. Nothing here was taken from the other hands.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from agency_attackers import SPREAD, Attacker, wording_of
from agency_callers import Caller, a_caller
from agency_house import House, Rows
from agency_plans import MEMBERS, Plan, campaign, plans
from labelled import QUIET, Labelled


class Tenant:
    def __init__(self, number: int, rows: Rows, seed: str) -> None:
        self.number, self.rows, self.seed = number, rows, seed

    def days(self, *, callers: int, history: int, days: int) -> Iterator[Labelled]:
        dice = self._dice("house")
        house = House(self.number, self.rows, dice)
        cast = list(self._cast(house, callers, max(history, QUIET), days, dice))
        for day in range(days):
            for caller in cast:
                if labelled := caller.day(self.number, day):
                    yield labelled

    def _cast(self, house: House, callers: int, first: int, days: int, dice: random.Random) -> Iterator[Caller]:
        """Attackers stand anywhere among the others; every second has a past."""
        parts = [part for plan in plans(self.number, callers) for part in _parts(house, plan, dice)][:callers]
        attacking = dict(zip(dice.sample(range(callers), len(parts)), enumerate(parts), strict=True))
        for place in range(callers):
            own = self._dice(place)
            if place not in attacking:
                yield a_caller(house, place, days, own)
                continue
            turn, (plan, attacker) = attacking[place]
            found = campaign(plan, first=first, days=days, new=bool((turn + self.number) % 2), dice=own)
            caller = a_caller(house, place, days, own, found)
            caller.attacker = attacker
            if not attacker.scripted:
                attacker.voice = caller.voice
            yield caller

    def _dice(self, name: str | int) -> random.Random:
        return random.Random(f"agency {self.seed} {self.number} {name}")


def _parts(house: House, plan: Plan, dice: random.Random) -> list[tuple[Plan, Attacker]]:
    """One attacker, or a group that shares out one stock and may share its wording."""
    if plan.family != SPREAD:
        return [(plan, Attacker(house, plan.family, dice))]
    wording, shared = wording_of(plan.family, dice), dice.random() < 0.6
    lead = Attacker(house, plan.family, dice, wording)
    members = [lead, *(Attacker(house, plan.family, dice, wording) for _ in range(dice.randint(*MEMBERS) - 1))]
    for member in members:
        member.items, member.whole = lead.items, lead.whole
        if shared:
            member.ways = lead.ways
    return [(plan, member) for member in members]
