"""A caller's day of the fifth hand: sittings put in an order, and in time."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import NamedTuple

from agency_talks import Sitting
from labelled import MIDNIGHT, Request, invented_call

from tidegate.sources.contents import Contents

_DAY = 86_400
_LATEST = _DAY - 60

Asked = tuple[Contents, bool]  # whether it attacks


class Hours(NamedTuple):
    start: float  # hour of the day
    length: float  # hours
    pause: float  # seconds between two requests of a sitting, typically


def person_hours(dice: random.Random) -> Hours:
    return Hours(dice.gauss(8.5, 1.2), dice.uniform(5, 10), dice.lognormvariate(4.3, 0.5))


def program_hours(dice: random.Random) -> Hours:
    """At night in one go, or through the day."""
    if dice.random() < 0.5:
        return Hours(dice.uniform(0, 22), dice.uniform(0.05, 1.0), dice.uniform(1, 8))
    return Hours(dice.uniform(0, 8), dice.uniform(8, 15), dice.uniform(2, 60))


def collected(make: Callable[[], Sitting], many: int) -> list[Sitting]:
    """As many requests, the last sitting broken off."""
    found: list[Sitting] = []
    left = many
    while left > 0:
        found.append(make()[:left])
        left -= len(found[-1])
    return found


def mixed(cover: Sequence[Sitting], attack: Sequence[Sitting], manner: str, dice: random.Random) -> list[list[Asked]]:
    usual = [[(contents, False) for contents in sitting] for sitting in cover]
    odd = [[(contents, True) for contents in sitting] for sitting in attack]
    if manner == "block":
        place = dice.randint(0, len(usual))
        return [*usual[:place], [one for sitting in odd for one in sitting], *usual[place:]]
    if manner == "scattered":
        odd = [[one] for sitting in odd for one in sitting]
    order = sorted(dice.sample(range(len(usual) + len(odd)), len(odd)))
    for place, sitting in zip(order, odd, strict=True):
        usual.insert(place, sitting)
    return usual


def timed(
    caller: str, day: int, sittings: Sequence[Sequence[Asked]], hours: Hours, dice: random.Random
) -> list[Request]:
    """Sittings begin when they do in the caller's hours; whoever is late goes on into the evening."""
    starts = sorted((hours.start + dice.random() * hours.length) * 3600 for _ in sittings)
    offsets: list[float] = []
    now = 0.0
    for start, sitting in zip(starts, sittings, strict=True):
        now = max(now, start)
        for _ in sitting:
            offsets.append(now)
            now += hours.pause * dice.lognormvariate(0, 0.6)
    if now > _LATEST:
        first = min(offsets[0], _LATEST / 2)
        offsets = [first + (one - offsets[0]) * (_LATEST - first) / (now - offsets[0]) for one in offsets]
    said = [one for sitting in sittings for one in sitting]
    return [
        Request(invented_call(caller, MIDNIGHT + day * _DAY + offset, dice), contents, attack)
        for offset, (contents, attack) in zip(offsets, said, strict=True)
    ]
