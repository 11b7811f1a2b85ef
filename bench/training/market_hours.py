"""When a caller asks, and a day laid out in the order of time."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from labelled import MIDNIGHT, Request, invented_call
from market_work import Work, talk

DAY = 86_400.0
PLACES = ("among", "among", "block", "block", "end")  # of a part within a day


@dataclass(frozen=True, slots=True)
class Hours:
    centre: float  # hours
    spread: float
    bursts: int  # 0: whenever
    pause: float  # seconds between the requests of a conversation, or of a block: the median


class Part(NamedTuple):
    work: Work
    requests: int
    place: str
    attack: bool


def hours(program: bool, dice: random.Random) -> Hours:
    spread = dice.choice((0.5, 2, 12)) if program else dice.uniform(1, 5)
    pause = dice.lognormvariate(1, 1.2) if program else dice.lognormvariate(4, 0.7)
    return Hours(dice.gauss(14, 4) % 24, spread, dice.choice((0, 0, 1, 2, 4)), pause)


def day_of(caller: str, day: int, parts: Sequence[Part], when: Hours, dice: random.Random) -> list[Request]:
    timed = []
    last = 0.0
    for part in parts:
        talks = []
        left = part.requests
        while left > 0:
            talks.append(talk(part.work, left, dice))
            left -= len(talks[-1])
        starts = _starts(len(talks), part, when, last, dice)
        for start, contents in zip(starts, talks, strict=True):
            time = start
            for one in contents:
                timed.append((time, one, part.attack))
                time = min(DAY - 1, time + when.pause * dice.lognormvariate(0, 0.6) + 0.5)
            last = max(last, time)
    timed.sort(key=lambda each: each[0])
    return [
        Request(invented_call(caller, MIDNIGHT + day * DAY + time, dice), contents, attack)
        for time, contents, attack in timed
    ]


def _starts(many: int, part: Part, when: Hours, last: float, dice: random.Random) -> list[float]:
    if part.place == "among":
        return sorted(_usual(when, many, dice))
    begin = last + when.pause if part.place == "end" and last else _usual(when, 1, dice)[0]
    begin = min(begin, DAY - dice.uniform(600, 6000))
    each = part.requests / many
    pause = min(dice.lognormvariate(math.log(max(when.pause, 0.5)), 1) * each, (DAY - 2 - begin) / many)
    return [begin + place * pause for place in range(many)]


def _usual(when: Hours, many: int, dice: random.Random) -> list[float]:
    centres = [dice.gauss(when.centre, when.spread) for _ in range(when.bursts)] or [when.centre]
    spread = 0.2 if when.bursts else when.spread
    return [min(DAY - 2, dice.gauss(dice.choice(centres), spread) % 24 * 3600) for _ in range(many)]
