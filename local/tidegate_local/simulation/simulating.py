"""A whole simulation: who takes part, day by day into files, with the labels beside."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from random import Random
from typing import IO

from tidegate.errors import ConfigurationError
from tidegate_local.simulation import arrivals
from tidegate_local.simulation.actors import Actor, benign_callers, campaign
from tidegate_local.simulation.arrivals import DAY, Shape
from tidegate_local.simulation.calls import Call
from tidegate_local.simulation.delivery import Delivery
from tidegate_local.simulation.families import BY_FAMILY, VARIANTS
from tidegate_local.simulation.profiles import CLASSES, mixed
from tidegate_local.simulation.traffic import day_of
from tidegate_local.simulation.trail import reconnaissance
from tidegate_local.simulation.voice import Voice

HELD = 20_000  # calls in memory before they are written
LABELS = "labels.jsonl"


@dataclass(frozen=True, slots=True)
class Plan:
    """`callers`: of each class and family named; with none named, all together in a usual mix."""

    start: datetime  # midnight UTC of the first day
    callers: int = 20
    days: int = 1
    seed: str = "1"
    classes: Sequence[str] = ()
    families: Sequence[str] = ()
    share: float = 0.1
    quiet_days: int = 0  # at the begin, in which nobody attacks: their callers' own past
    account: str = "111122223333"
    region: str = "us-east-1"
    shape: Shape = arrivals.CONVERSATION
    voice: Voice = field(default_factory=Voice)
    with_trail: bool = True

    def __post_init__(self) -> None:
        known = {*BY_FAMILY, *VARIANTS}
        for name, among, what in (
            *((name, set(CLASSES), "class") for name in self.classes),
            *((name, known, "family") for name in self.families),
        ):
            if name not in among:
                raise ConfigurationError(f"no {what} {name!r}; there are {', '.join(sorted(among))}.")
        if not 0 < self.share <= 1:
            raise ConfigurationError(f"a share of {self.share} attack requests: needs to be above 0 and at most 1.")


@dataclass(frozen=True, slots=True)
class Written:
    calls: int
    attack_calls: int
    callers: int
    caller_days: int
    files: int
    bytes: int


def actors_of(plan: Plan) -> list[Actor]:
    names = [name for asked in plan.families for name in VARIANTS.get(asked, (asked,))]
    found: list[Actor] = []
    for name in plan.classes:
        found += benign_callers([CLASSES[name]], plan.callers, plan.voice, plan.seed, plan.account)
    for name in dict.fromkeys(names):
        found += _attackers(plan, name)
    if not found:
        order = mixed()
        Random(plan.seed + "/order").shuffle(order)
        found = benign_callers(order, plan.callers, plan.voice, plan.seed, plan.account)
    return found


def _attackers(plan: Plan, name: str) -> Iterable[Actor]:
    family = BY_FAMILY[name]
    label = name.replace("_", "-")
    share = family.share if family.share is not None else plan.share
    begins = plan.quiet_days
    if family.accounts > 1:  # one campaign over all of them
        one = replace(family, accounts=max(2, plan.callers))
        return campaign(one, plan.voice, plan.seed, plan.account, label, share=share, begins=begins)
    return [
        one
        for number in range(plan.callers)
        for one in campaign(
            family, plan.voice, plan.seed, plan.account, f"{label}-{number:03d}", share=share, begins=begins
        )
    ]


def simulate(plan: Plan, out: Path, advance: Callable[[float], None] = lambda _done: None) -> Written:
    """Writes log and trail files and labels.jsonl below `out`. `advance` is told caller-days.

    Raises ConfigurationError for a folder that holds something already: its files would be mixed with these.
    """
    if out.exists() and any(out.iterdir()):
        raise ConfigurationError(f"{out}: is not empty; simulate into a folder of its own.")
    out.mkdir(parents=True, exist_ok=True)
    actors = actors_of(plan)
    delivery = Delivery(out, plan.account, plan.region, with_trail=plan.with_trail)
    attacks = caller_days = 0
    first = plan.start.timestamp()
    with (out / LABELS).open("w", encoding="utf-8") as labels:
        for day in range(plan.days):
            held: list[Call] = []
            also = []
            for one in actors:
                calls = day_of(one, day, first + day * DAY, shape=plan.shape)
                advance(1)
                if not calls:
                    continue
                caller_days += 1
                attacks += _label(labels, plan, one, day, calls)
                held += calls
                if one.attacks(day) and one.family and one.family.new_origin:
                    seed = f"{one.seed}/{day}/reconnaissance"
                    also += reconnaissance(one.who, calls[0].time, plan.account, plan.region, Random(seed))
                if len(held) >= HELD:
                    delivery.write(held, also)
                    held, also = [], []
            delivery.write(held, also)
    return Written(delivery.records, attacks, len(actors), caller_days, delivery.files, delivery.bytes)


def _label(labels: IO[str], plan: Plan, one: Actor, day: int, calls: Sequence[Call]) -> int:
    """A line for a caller's day; answers how many of its calls are attack requests."""
    attacking = one.attacks(day)
    ids = [call.request_id for call in calls if attacking and call.exchange.attack]
    line = {
        "account": plan.account,
        "day": datetime.fromtimestamp(calls[0].time, plan.start.tzinfo).date().isoformat(),
        "caller": one.who.caller,
        "label": "attack" if ids else "benign",
        "family": one.kind if ids else None,
        "class": one.profile.name,
        "campaign": one.group or one.label if ids else None,
        "calls": len(calls),
        "attack_request_ids": ids,
    }
    labels.write(json.dumps(line) + "\n")
    return len(ids)
