"""Each tenant's own ways: classes and families with other parameters than `tidegate simulate` has.

Heads over caller-days may be trained on the simulator's traffic. Measured on the same parameters they would be
praised for knowing the simulator; so a tenant draws its own volumes, conversations, days off, hours, guardrails,
mixes and attackers' manners, once, from its seed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random

from tidegate_local.simulation import arrivals
from tidegate_local.simulation.actors import Actor
from tidegate_local.simulation.arrivals import Shape
from tidegate_local.simulation.families import Family
from tidegate_local.simulation.profiles import CLASSES, MIX, Profile

HOURS = (arrivals.OFFICE, arrivals.EVENING, arrivals.FLAT)
JOINING = 0.2  # of benign callers, on some later day; assumed
COHORT = 6  # callers of one class who join on the same day, as a team or the first users of a feature do
COVERS = ("general_chat", "developer", "coding_assistant", "search", "long_chat")


def classes(dice: Random) -> list[Profile]:
    """Every class, varied, as often as this tenant has callers of it."""
    found: list[Profile] = []
    for name, count in MIX.items():
        mine = _profile(CLASSES[name], dice)
        found += [mine] * max(1, round(count * dice.lognormvariate(0, 0.5)))
    return found


def _profile(profile: Profile, dice: Random) -> Profile:
    return replace(
        profile,
        calls=profile.calls * dice.lognormvariate(0, 0.4),
        spread=profile.spread * dice.uniform(0.7, 1.3),
        turns=max(1.0, 1.0 + (profile.turns - 1.0) * dice.lognormvariate(0, 0.5)),
        active=min(0.98, profile.active * dice.uniform(0.7, 1.25)),
        weekends=profile.weekends if dice.random() < 0.8 else not profile.weekends,
        hours=profile.hours if dice.random() < 0.6 else HOURS[int(dice.random() * len(HOURS))],
        streamed=dice.random() if dice.random() < 0.5 else profile.streamed,
        guarded=dice.random() if dice.random() < 0.5 else profile.guarded,
    )


def newcomers(callers: Sequence[Actor], days: int, dice: Random) -> None:
    """Some callers join on a later day, and a few of one class on the same one: new is not the same as attacking."""
    for one in callers:
        if dice.random() < JOINING:
            one.joins = dice.randrange(1, days)
    for _ in range(max(1, len(callers) // 60)):
        first = callers[int(dice.random() * len(callers))]
        day = dice.randrange(days // 2, days)
        alike = [one for one in callers if one.profile.name == first.profile.name]
        for one in dice.sample(alike, min(COHORT, len(alike))):
            one.joins = day


def families(some: Sequence[Family], dice: Random) -> list[Family]:
    return [_family(family, dice) for family in some]


def _family(family: Family, dice: Random) -> Family:
    """More or fewer requests, as conversations or not, by hand or by machine, under another cover where any will do."""
    anywhere = set(family.cover) <= set(COVERS)
    return replace(
        family,
        calls=family.calls * dice.lognormvariate(0, 0.3),
        turns=max(1.0, family.turns * dice.lognormvariate(0, 0.5)),
        machine=family.machine if dice.random() < 0.7 else not family.machine,
        cover=tuple(dice.sample(COVERS, 3)) if anywhere else family.cover,
        who=family.who
        if dice.random() < 0.5 or not anywhere
        else ("key", "end_user", "person")[int(dice.random() * 3)],
    )


def shape(dice: Random) -> Shape:
    return arrivals.varied(arrivals.CONVERSATION, dice, longer=0.3, spread=0.2)
