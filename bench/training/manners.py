"""Each training tenant's own ways: how much, how and when its callers and its attackers call.

Heads over days that were shown one simulator's parameters learn those parameters. So every tenant draws its own, over a
range that is wide on purpose: what is left to learn is what holds for all of them.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random

from tidegate_local.simulation import arrivals
from tidegate_local.simulation.arrivals import Shape
from tidegate_local.simulation.families import Family
from tidegate_local.simulation.profiles import Profile

_HOURS = (arrivals.OFFICE, arrivals.EVENING, arrivals.FLAT, arrivals.NIGHT)
_COVERS = ("general_chat", "developer", "coding_assistant", "search", "long_chat", "support_chat", "rag_answering")


def profile(usual: Profile, dice: Random) -> Profile:
    return replace(
        usual,
        calls=usual.calls * dice.lognormvariate(0, 0.7),
        spread=usual.spread * dice.uniform(0.6, 1.4),
        turns=max(1.0, 1.0 + (usual.turns - 1.0) * dice.lognormvariate(0, 0.7)),
        active=min(0.98, usual.active * dice.uniform(0.5, 1.3)),
        weekends=usual.weekends if dice.random() < 0.7 else not usual.weekends,
        hours=usual.hours if dice.random() < 0.5 else dice.choice(_HOURS),
        machine=usual.machine if dice.random() < 0.9 else not usual.machine,
        guarded=dice.random() if dice.random() < 0.5 else usual.guarded,
    )


def family(usual: Family, dice: Random) -> Family:
    return replace(
        usual,
        calls=max(4.0, usual.calls * dice.lognormvariate(-0.3, 0.8)),
        turns=max(1.0, usual.turns * dice.lognormvariate(0, 0.7)),
        machine=usual.machine if dice.random() < 0.6 else not usual.machine,
        cover=tuple(dice.sample(_COVERS, 3)) if len(usual.cover) == 3 else usual.cover,
    )


def shape(dice: Random) -> Shape:
    return arrivals.varied(arrivals.CONVERSATION, dice, longer=0.5, spread=0.3)
