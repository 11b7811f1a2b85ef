"""Callers of the fifth hand: what they do on a day, how much of it, and when they are not there."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from agency_attackers import Attacker
from agency_days import Asked, Hours, collected, mixed, person_hours, program_hours, timed
from agency_grammar import table
from agency_house import TONGUES, House
from agency_plans import MOST, Campaign, requests_of
from agency_programs import Program, a_bot, a_job, a_measurement, a_search, an_agent
from agency_talks import conversation, odd_work, work_abroad, works_of
from agency_voices import Voice, a_voice
from labelled import Labelled

PEOPLE = (
    "clerk", "caseworker", "editor", "analyst", "teacher", "scientist", "clinician", "developer", "asker",
    "translator", "abroad",
)  # fmt: skip
PROGRAMS: Mapping[str, Callable[[House, random.Random], Program]] = {
    "batch_job": a_job, "support_bot": a_bot, "retrieval": a_search, "agent": an_agent,
}  # fmt: skip
MEASURED = {"evaluation_run": "eval_template", "grading_run": "grade_template", "made_up_data": "data_template"}
ODD = tuple(name for name in table("odd_words") if name != "lists")
_STANDING = ("own_red_team", "moderating", "marking", "hostile_text")
_SPELL = 0.055  # how likely a benign day begins a spell of another kind
_OWN_OFTEN = 0.7  # of days on which those who always look odd do what they look odd for


def odd_kind(kind: str, dice: random.Random) -> str:
    if kind in PROGRAMS:
        return dice.choice(sorted(MEASURED))
    fitting = table("forms")["fitting"].get(kind, ODD)
    return str(dice.choice(fitting if dice.random() < 0.6 else ODD))


def odd_program(house: House, kind: str, voice: Voice, dice: random.Random) -> Program:
    if kind in MEASURED:
        return a_measurement(house, dice, MEASURED[kind])
    work = odd_work(kind)
    return lambda: conversation(house, work, voice, dice)


def usual_program(house: House, kind: str, voice: Voice, dice: random.Random) -> Program:
    if kind in PROGRAMS:
        return PROGRAMS[kind](house, dice)
    some = works_of(kind)
    if kind == "abroad":
        some = [*[work_abroad(dice.choice(TONGUES))] * 3, *dice.sample(works_of("clerk"), 2)]
    known = dice.sample(some, max(1, len(some) - dice.randint(0, 1)))
    return lambda: conversation(house, dice.choice(known), voice, dice)


@dataclass
class Caller:
    house: House
    name: str
    kind: str
    dice: random.Random
    voice: Voice
    usual: Program
    hours: Hours
    volume: float  # requests of a usual day
    growth: float  # by which a day has more than the one before
    there: range  # from its first day to its last
    resting: frozenset[int]  # days of the week
    off: float
    standing: str = ""  # what it looks odd for on most days
    campaign: Campaign | None = None
    attacker: Attacker | None = None
    spell: tuple[str, int, float] = ("", 0, 0.0)  # kind, days left, share of the day

    def day(self, tenant: int, day: int) -> Labelled | None:
        if self.campaign and self.attacker and day in self.campaign.days:
            return self._attacks(tenant, day, self.campaign, self.attacker)
        past = self.campaign is not None and not self.campaign.new and day == 0  # who attacks later was there before
        if day not in self.there or (not past and (day % 7 in self.resting or self.dice.random() < self.off)):
            return None
        many = self._many(day)
        kind, share = self._doing()
        odd = min(many, max(round(many * share), min(many, 3))) if kind != self.kind else 0
        cover = collected(self.usual, many - odd)
        other = collected(odd_program(self.house, kind, self.voice, self.dice), odd) if odd else []
        sittings = mixed(cover, other, self.dice.choice(("block", "between")) if odd else "between", self.dice)
        sittings = [[(contents, False) for contents, _ in sitting] for sitting in sittings]
        return self._labelled(tenant, day, kind, 0.0, sittings)

    def _doing(self) -> tuple[str, float]:
        """What it does today, and how much of the day."""
        if self.standing:
            return (self.standing, 1.0) if self.dice.random() < _OWN_OFTEN else (self.kind, 0.0)
        kind, left, share = self.spell
        if not left and self.dice.random() < _SPELL:
            kind, left = odd_kind(self.kind, self.dice), self.dice.choice((1, 1, 2, 3))
            share = self.dice.choice((0.3, 0.6, 0.9, 1.0))
        if not left:
            return self.kind, 0.0
        self.spell = (kind, left - 1, share)
        return kind, share

    def _many(self, day: int) -> int:
        grown = self.volume * self.growth ** (day - self.there.start) * self.dice.lognormvariate(0, 0.45)
        return min(MOST, max(1, round(grown)))

    def _attacks(self, tenant: int, day: int, found: Campaign, attacker: Attacker) -> Labelled:
        asked, every = requests_of(found, self.dice)
        attack = collected(attacker.sitting, asked)
        sittings = mixed(collected(self.usual, every - asked), attack, found.manner, self.dice)
        return self._labelled(tenant, day, found.plan.family, found.plan.share, sittings)

    def _labelled(
        self, tenant: int, day: int, kind: str, share: float, sittings: Sequence[Sequence[Asked]]
    ) -> Labelled:
        return Labelled(
            tenant=tenant,
            caller=self.name,
            day=day,
            kind=kind,
            benign=not share,
            share=share,
            new=bool(self.campaign and self.campaign.new and share),
            requests=timed(self.name, day, sittings, self.hours, self.dice),
        )


def a_caller(house: House, place: int, days: int, dice: random.Random, found: Campaign | None = None) -> Caller:
    """Few of them are busy. One who hides little in a day was busy before, or the day alone would give it away."""
    program = dice.random() < 0.3
    kind = dice.choice(sorted(PROGRAMS) if program else PEOPLE)
    standing = dice.choice(sorted(MEASURED) if program else _STANDING) if not found and dice.random() < 0.03 else ""
    volume = dice.lognormvariate(3.3, 0.8) if program else dice.lognormvariate(2.0, 0.75)
    start = dice.randrange(1, days) if days > 1 and dice.random() < 0.15 else 0
    end = dice.randrange(start, days) + 1 if dice.random() < 0.1 else days
    if found:
        volume = max(volume, min(MOST, found.pace / found.plan.share) * dice.uniform(0.4, 1.1))
        start = (found.days or (0,))[0] if found.new else 0
        end = days if dice.random() < 0.7 else (found.days or (days,))[-1] + 1
    if program:
        resting = dice.choice((frozenset[int](), frozenset[int](), frozenset((5, 6)), frozenset((1, 2, 3, 5, 6))))
    else:
        resting = dice.choice((frozenset((5, 6)), frozenset((5, 6)), frozenset((4, 5, 6)), frozenset((0, 6))))
    voice = a_voice(dice)
    return Caller(
        house=house,
        name=f"agency-{house.number}/{kind}-{place}",
        kind=kind,
        dice=dice,
        voice=voice,
        usual=usual_program(house, kind, voice, dice),
        hours=program_hours(dice) if program else person_hours(dice),
        volume=volume,
        growth=dice.choice((1.0, 1.0, dice.uniform(0.93, 1.12))),
        there=range(start, end),
        resting=resting,
        off=0.02 if program else dice.uniform(0.05, 0.35),
        standing=standing,
        campaign=found,
    )
