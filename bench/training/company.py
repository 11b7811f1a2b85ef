"""Tenants made by a third hand: an invented company with applications, people with keys of their own, and jobs.

Written to test what heads over days had learned from `tidegate simulate` and plain.py, without a look at either or at
the detectors. Its callers send passages, tools and system prompts along; sessions change their names; attackers mix
a block or single requests into what they do all day, groups share out one pool, half of them have a past.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from company_asking import Asked
from company_attacks import COVERS, FAMILIES, LEAST, SLOW, SPREAD, attack
from company_campaigns import Campaign
from company_jobs import usual
from company_people import DAY, JOBS, MOST, PEOPLE, Person, calls_on, job, person, population, scripted, times, volume
from company_texts import Texts
from labelled import MIDNIGHT, Labelled, Request, invented_call

from tidegate.model import Turn
from tidegate.sources.contents import Contents, Parameters

SHARES = (0.05, 0.1, 0.25, 0.5, 1.0)
MEMBERS = (6, 20)  # of a distributed campaign
NEVER = 99  # a day that doesn't come
CAMPAIGNS = 2  # a family and share


class Tenant:
    """One tenant's callers and what they have to ask."""

    def __init__(self, number: int, rows: Mapping[str, Sequence[Mapping[str, Any]]], seed: str) -> None:
        self.number = number
        self.dice = random.Random(f"{seed}/company/{number}")
        self.texts = Texts(rows, self.dice)
        self._monday = self.dice.randrange(7)  # the weekday on which the first day falls
        self._attackers = 0

    def days(self, *, callers: int, history: int, days: int) -> Iterator[Labelled]:
        """`history`: days on which nobody attacks; `days`: in all."""
        for one in population(self.number, callers, history=history, days=days, dice=self.dice):
            yield from self._days_of(one, {}, None, days)
        for place in range(CAMPAIGNS):
            for family in FAMILIES:
                if family == SPREAD:
                    yield from self._group(history, days)
                    continue
                for at, share in enumerate(SHARES):
                    old = (self.number + place + at + FAMILIES.index(family)) % 2 == 0
                    campaign = Campaign(family, self.texts, self.dice)
                    one = self._attacker(self.dice.choice(COVERS[family]), days, old=old)
                    if family == SLOW:
                        attacks = dict.fromkeys(range(history, days), share)
                    else:
                        first = self.dice.randrange(history, days)
                        again = min(days - 1, first + (self.dice.random() < 0.25))
                        attacks = {first: share, again: share}
                    yield from self._days_of(one, attacks, campaign, days)

    def _group(self, history: int, days: int) -> Iterator[Labelled]:
        """Members of one class ask their parts of one pool on one day, some on the next as well."""
        dice, size = self.dice, self.dice.randint(*MEMBERS)
        first, kind = dice.randrange(history, days), dice.choice(COVERS[SPREAD])
        habits = Campaign(SPREAD, self.texts, dice).habits
        for member in range(size):
            one = self._attacker(kind, days, old=member % 2 == 0)
            one.mean = min(one.mean, 30)
            campaign = Campaign(SPREAD, self.texts, dice, habits, (member, size))
            share = SHARES[member % len(SHARES)]
            attacks = {first: share, min(days - 1, first + dice.randint(0, 1)): share}
            yield from self._days_of(one, attacks, campaign, days)

    def _attacker(self, kind: str, days: int, *, old: bool) -> Person:
        """Who has no past is there on the days of its attack only."""
        self._attackers += 1
        name = f"user:{self.number}-v{self._attackers}"
        if kind in PEOPLE:
            one = person(kind, name, self.dice, days=days)
            one.mean = min(one.mean, 45)
        else:
            one = job(next(place for place, (known, *_) in enumerate(JOBS) if known == kind), name, self.dice)
            one.mean = min(one.mean, 120)
        one.away, one.renamed, one.start = (NEVER, NEVER), 0, 0 if old else NEVER
        one.workday = max(one.workday, 0.8)
        return one

    def _days_of(
        self, one: Person, attacks: Mapping[int, float], campaign: Campaign | None, days: int
    ) -> Iterator[Labelled]:
        new = one.start == NEVER
        for day in range(days):
            midnight = MIDNIGHT + day * DAY
            share = attacks.get(day, 0.0)
            if campaign and share:
                found = self._mixed(one, campaign, share)
                kind, at = campaign.family, self._attack_times(one, len(found), midnight)
            elif count := calls_on(one, day, (day + self._monday) % 7, self.dice):
                found = usual(one, count, self.texts, self.dice)
                kind, at = one.kind, times(one, len(found), midnight, self.dice)
            else:
                continue
            caller = one.called(day)
            requests = [self._request(caller, time, each) for time, each in zip(at, found, strict=True)]
            yield Labelled(self.number, caller, day, kind, not share, share, new and bool(share), requests)

    def _mixed(self, one: Person, campaign: Campaign, share: float) -> list[Asked]:
        """A day's requests of an attacker: in one block somewhere in its own, or one by one among them."""
        dice = self.dice
        if campaign.family == SLOW:
            attacks = dice.randint(3, 10)
        else:
            loud = dice.random() < 0.5 or share == 1
            total = int(math.exp(dice.uniform(math.log(20), math.log(MOST)))) if loud else max(20, volume(one, dice))
            total = max(total, 60 if share == SHARES[0] else 30 if share < 1 else 0)
            attacks = max(3, LEAST.get(campaign.family, 0), round(min(MOST, total) * share))
        covered = min(MOST, round(attacks / share)) - attacks
        bad = attack(campaign, one, attacks)
        good = usual(one, covered, self.texts, dice)
        if dice.random() < 0.5:
            at = dice.randint(0, len(good))
            return [*good[:at], *bad, *good[at:]]
        places = sorted(dice.randint(0, len(good)) for _ in bad)
        for before, (place, each) in enumerate(zip(places, bad, strict=True)):
            good.insert(place + before, each)
        return good

    def _attack_times(self, one: Person, count: int, midnight: float) -> list[float]:
        if not one.machine and self.dice.random() < 0.35:
            return scripted(count, midnight, self.dice)
        return times(one, count, midnight, self.dice)

    def _request(self, caller: str, time: float, asked: Asked) -> Request:
        call = invented_call(caller, time, self.dice)
        new = (Turn("user", asked.text),) if asked.text else (Turn("tool_result", asked.brought),)
        contents = Contents(
            new=new,
            answer=(Turn("assistant", asked.answer),) if asked.answer else (),
            system=asked.system,
            user=asked.text,
            brought=asked.brought,
            answered=asked.answer,
            tools_offered=asked.tools,
            messages=asked.messages,
            parameters=Parameters(temperature=asked.temperature),
            embedding=asked.embedding,
        )
        return Request(call, contents, asked.attack)
