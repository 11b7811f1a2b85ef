"""When somebody calls: days, hours and paces, and requests put to their times."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from enterprise_grammar import heavy
from enterprise_house import Conversation, Habit, Said
from labelled import MIDNIGHT, Request, invented_call

from tidegate.model import Turn
from tidegate.sources.contents import Contents, Parameters

MOST = 150  # requests of a caller's day
_DAY = 86_400.0
_LAST = _DAY - 1


@dataclass(frozen=True, slots=True)
class Rhythm:
    usual: float  # requests of a day in the middle
    spread: float  # of the logarithm of a day's requests
    growth: float  # from one day to the next
    starts: float  # hours
    hours: float
    pace: float  # seconds between requests of a conversation
    in_a_row: bool  # one conversation upon the other, as a program runs through its rows
    weekdays_off: float
    weekend: float  # chance to call on a Saturday or Sunday

    def works(self, day: int, dice: random.Random) -> bool:
        return dice.random() < (self.weekend if day % 7 > 4 else 1 - self.weekdays_off)

    def volume(self, day: int, dice: random.Random) -> int:
        return heavy(dice, self.usual * self.growth**day, self.spread, most=MOST)


def of_person(dice: random.Random, volume: float, weekend: float) -> Rhythm:
    return Rhythm(
        usual=heavy(dice, 11 * volume, 0.9),
        spread=dice.uniform(0.2, 0.9),
        growth=dice.uniform(0.93, 1.1),
        starts=dice.choice((0, 5, 7, 8, 9, 13, 16)) + dice.random(),
        hours=dice.uniform(2, 10) if dice.random() < 0.9 else 7,
        pace=dice.uniform(10, 240),
        in_a_row=dice.random() < 0.1,
        weekdays_off=dice.uniform(0, 0.4),
        weekend=weekend * dice.random() * 2,
    )


def of_program(dice: random.Random, volume: float) -> Rhythm:
    return Rhythm(
        usual=heavy(dice, 35 * volume, 1.0),
        spread=dice.choice((0.0, 0.1, 0.4, 1.0)),
        growth=dice.choice((1.0, 1.0, dice.uniform(0.9, 1.2))),
        starts=dice.uniform(0, 20),
        hours=dice.choice((0.2, 1, 4, 24)),
        pace=dice.choice((0.05, 1, 4, 30, 300)) * dice.uniform(0.5, 2),
        in_a_row=dice.random() < 0.6,
        weekdays_off=dice.choice((0, 0, 0.2, 0.6)),
        weekend=dice.choice((0, 1)),
    )


def taken(habit: Habit, count: int, dice: random.Random, day: int, *, attack: bool = False) -> list[Conversation]:
    """The first `count` requests of a day; the last conversation may break off."""
    found: list[Conversation] = []
    for said in habit(dice, day) if count else ():
        for one in said:
            one.attack = attack
        found.append(said[:count])
        count -= len(found[-1])
        if not count:
            return found
    return found


def timed(conversations: Sequence[Conversation], rhythm: Rhythm, dice: random.Random) -> Iterator[tuple[float, Said]]:
    """Seconds of the day and requests, by conversation."""
    opens = rhythm.starts * 3_600
    length = min(rhythm.hours * 3_600, _LAST - opens)
    row = opens + dice.random() * length * 0.5
    for said in conversations:
        time = row if rhythm.in_a_row else opens + dice.betavariate(1.6, 1.6) * length
        for one in said:
            yield min(time, _LAST), one
            time += dice.expovariate(1 / rhythm.pace)
        row = time


def in_a_block(
    conversations: Sequence[Conversation], rhythm: Rhythm, dice: random.Random
) -> Iterator[tuple[float, Said]]:
    """All in one go, somewhere in the hours, seconds apart."""
    time = (rhythm.starts + dice.random() * rhythm.hours * 0.8) * 3_600
    pace = dice.choice((0.5, 3, 12, 45))
    for said in conversations:
        for one in said:
            yield min(time, _LAST), one
            time += dice.expovariate(1 / pace)


def in_between(
    conversations: Sequence[Conversation], cover: Sequence[tuple[float, Said]], dice: random.Random
) -> Iterator[tuple[float, Said]]:
    """Each some seconds after one of the cover's requests."""
    for said in conversations:
        time = dice.choice(cover)[0]
        for one in said:
            time += dice.uniform(1, 90)
            yield min(time, _LAST), one


def requests(caller: str, day: int, said: Sequence[tuple[float, Said]], dice: random.Random) -> list[Request]:
    start = MIDNIGHT + day * _DAY
    ordered = islice(sorted(said, key=lambda pair: pair[0]), MOST)
    return [Request(invented_call(caller, start + time, dice), _contents(one), one.attack) for time, one in ordered]


def _contents(said: Said) -> Contents:
    new = [("system", said.system if said.messages == 1 else ""), (said.role, said.brought), ("user", said.user)]
    told = [("assistant", said.answer), *(("tool_call", use.text) for use in said.uses)]
    return Contents(
        new=tuple([Turn(role, text) for role, text in new if text]),
        answer=tuple([Turn(role, text) for role, text in told if text]),
        system=said.system,
        user=said.user,
        brought=said.brought,
        answered=said.answer,
        tool_uses=said.uses,
        tools_offered=said.tools,
        messages=said.messages,
        parameters=Parameters(temperature=said.temperature),
    )
