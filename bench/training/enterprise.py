"""A fourth hand: tenants that are enterprises of many trades, written without a look at the other three.

People, agents and programs share a house's products, documents and words (enterprise_people.py, enterprise_jobs.py).
One day in twelve of theirs is unlike them and benign (enterprise_changes.py). Attackers ask in wordings that each of
them draws (enterprise_harvest.py, enterprise_probes.py), hidden in a day's work (enterprise_campaigns.py).
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from enterprise_campaigns import Campaign, alone, plans, together
from enterprise_changes import CHANGES, changed
from enterprise_hours import Rhythm, of_person, of_program, requests, taken, timed
from enterprise_house import Habit, House
from enterprise_jobs import JOBS
from enterprise_people import PEOPLE
from labelled import QUIET, Labelled

KINDS = {**PEOPLE, **JOBS}
CHANGED = tuple(f"{what}_day" for what in CHANGES)
_NEWCOMERS, _LEAVERS = 0.2, 0.1
_PEOPLES_PART = 1.45  # of all days to those of people, who alone have changed days


@dataclass(frozen=True, slots=True)
class Caller:
    name: str
    kind: str
    habit: Habit
    rhythm: Rhythm
    days: range  # from the first to the last on which it may call
    new: bool  # begins with its attack
    campaign: Campaign | None = None


class Tenant:
    def __init__(self, number: int, rows: Mapping[str, Sequence[Mapping[str, Any]]], seed: str) -> None:
        self.number = number
        self._dice = random.Random(f"{seed}/{number}/enterprise")
        self._house = House(number, rows, seed)

    def days(self, *, callers: int, history: int, days: int) -> Iterator[Labelled]:
        """`callers`: with who attacks alone; groups that harvest come on top. Nobody attacks before `history`."""
        for caller in self._callers(callers, max(history, QUIET), days):
            for day in caller.days:
                yield from self._day(caller, day)

    def _callers(self, count: int, first: int, days: int) -> Iterator[Caller]:
        dice = self._dice
        attackers = round(count * dice.uniform(0.35, 0.45))
        one_by_one = (alone(self._house, *plan, first, days, dice) for plan in plans(self.number, attackers))
        groups = (
            together(self._house, dice.choice((0.1, 0.25, 0.5, 1.0)), first, days, dice)
            for _ in range(dice.choice((1, 1, 2)))
        )
        for place in range(count - attackers):
            yield self._caller(place, days)
        for place, campaign in enumerate(chain(one_by_one, *groups), count):
            yield self._caller(place, days, campaign)

    def _caller(self, place: int, days: int, campaign: Campaign | None = None) -> Caller:
        dice, house = self._dice, self._house
        kind = dice.choices(tuple(KINDS), [weight for _, weight in KINDS.values()])[0]
        rhythm = of_program(dice, house.volume) if kind in JOBS else of_person(dice, house.volume, house.weekend)
        begins = dice.randrange(1, days) if not campaign and dice.random() < _NEWCOMERS else 0
        new = campaign is not None and place % 2 == 0
        if campaign and new:
            begins = campaign.days[0]
        ends = dice.randint(begins + 1, days) if not campaign and dice.random() < _LEAVERS else days
        name = f"enterprise-{self.number}/{dice.choice(('key', 'role', 'user', 'app', 'session'))}-{place}"
        return Caller(name, kind, KINDS[kind][0](house, dice), rhythm, range(begins, ends), new, campaign)

    def _day(self, caller: Caller, day: int) -> Iterator[Labelled]:
        """Nothing on days off; somebody who attacks has called before unless it is new, days off or not."""
        dice, rhythm, campaign = self._dice, caller.rhythm, caller.campaign
        if campaign and day in campaign.days:
            said = campaign.requests(day, caller.habit, rhythm, dice)
            kind, share, new = campaign.family, campaign.share, caller.new
        elif rhythm.works(day, dice) or (campaign and day == 0):
            kind, habit = self._benign(caller, day)
            said = list(timed(taken(habit, rhythm.volume(day, dice), dice, day), rhythm, dice))
            share, new = 0.0, False
        else:
            return
        found = requests(caller.name, day, said, dice)
        yield Labelled(self.number, caller.name, day, kind, not share, share, new, found)

    def _benign(self, caller: Caller, day: int) -> tuple[str, Habit]:
        """What a caller usually does, or something else for a day; nobody's first day is one of those."""
        dice, house = self._dice, self._house
        if caller.kind in JOBS or day == caller.days.start or dice.random() > house.changed * _PEOPLES_PART:
            return caller.kind, caller.habit
        what = dice.choice(tuple(CHANGES))
        return f"{what}_day", changed(house, caller.habit, what, dice)
