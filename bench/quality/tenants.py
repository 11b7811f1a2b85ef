"""Labelled caller-days of one tenant: benign callers with their own history, campaigns that hide among them.

Every record goes through its provider's words and the real reader: what detectors see is what a log file holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

import msgspec
import variation
from published_rules import by_rules
from sources import Split

from tidegate.errors import DamagedRecord
from tidegate.model import ApiCall, Invocation, Record
from tidegate.sources import read_invocation_file, read_trail_file
from tidegate_local.simulation import trail
from tidegate_local.simulation.actors import Actor, benign_callers, campaign
from tidegate_local.simulation.calls import Call
from tidegate_local.simulation.families import FAMILIES, Family
from tidegate_local.simulation.profiles import DEFAULT
from tidegate_local.simulation.rendering import record
from tidegate_local.simulation.traffic import day_of
from tidegate_local.simulation.voice import Voice, pools_of

SHARES = (0.05, 0.10, 0.25, 0.50, 1.00)
MOST_BENIGN, MOST_ATTACK, MOST_SPREAD, MOST_USE = (
    80,
    150,
    50,
    700,
)  # calls a caller-day, so that the default scale takes minutes
SWITCHED_ON = 1  # days that a campaign lasts; low and slow ones last through all test days
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Size:
    callers: int = 120
    history: int = 12
    test: int = 6

    @property
    def days(self) -> int:
        return self.history + self.test


@dataclass(slots=True)
class CallerDay:
    day: int
    caller: str  # kind:value, as Tidegate names it
    kind: str  # benign class or family
    benign: bool
    share: float = 0.0  # of attack requests; 0 for benign ones
    campaign: str = ""
    text: str = "own"  # of the attack: public, mixed (public ones in our wrappers), own
    attack_times: list[float] = field(default_factory=list)  # of its attack requests, in order
    asks: list[str] = field(default_factory=list)
    rules: dict[str, bool] = field(default_factory=dict)  # what published rules say of it


@dataclass(slots=True)
class Tenant:
    number: int
    account: str
    fold: int
    size: Size
    midnight: float
    days: list[CallerDay]
    records: list[Record]  # in the order of their times
    aliases: dict[str, str]  # other names of a caller -> its own

    @property
    def first_test(self) -> float:
        return self.midnight + self.size.history * 86_400.0


MIDNIGHT = 1_788_134_400.0  # Monday 31 August 2026, UTC
# Which kinds of public prompts a family asks from, and whether in wrappers of ours; the others ask in our words alone.
PUBLIC_KINDS = {
    "distillation_instructions": ("instruction",),
    "distillation_low_and_slow": ("instruction",),
    "distributed_distillation": ("instruction",),
    "training_data_extraction": ("training",),
    "system_prompt_extraction": ("system_prompt",),
    "prompt_attack_persona": ("persona",),
    "distillation_self_instruct": ("self_instruct",),
    "distillation_evolved": ("evolved",),
    "distillation_preferences": ("preference",),
}
MIXED_KINDS = {
    "distillation_self_instruct": ("instruction",),
    "distillation_evolved": ("instruction", "preferred"),
    "distillation_reasoning": ("evaluation",),
    "distillation_preferences": ("preferred", "instruction"),
    "prompt_attack_encoded": ("harmful",),
    "prompt_attack_adaptive": ("harmful",),
}


def tenant(
    number: int,
    split: Split,
    phrases: dict[str, tuple[str, ...]],
    seed: str,
    size: Size,
    *,
    families: Sequence[Family] = FAMILIES,
    shares: Sequence[float] = SHARES,
    contaminated: float = 0.0,
    scrambled: bool = False,
    events: bool = True,
) -> Tenant:
    """`contaminated`: share of the history's caller-days that are attacks, which calibration doesn't know of."""
    voice = Voice(phrases, pools_of(split.test))
    account = f"{111122223333 + number}"
    own = f"{seed}/{number}"
    ways = Random(own + "/ways")
    order, families, shape = variation.classes(ways), variation.families(families, ways), variation.shape(ways)
    Random(own + "/order").shuffle(order)
    actors = benign_callers(order, size.callers, voice, own, account)
    variation.newcomers(actors, size.days, Random(own + "/newcomers"))
    actors += _campaigns(voice, own, account, size, families, shares)
    dice = Random(own + "/contamination")
    strangers: list[Actor] = []
    if contaminated:
        share = contaminated * size.callers * 0.6 * size.history / SWITCHED_ON  # six in ten callers call on a day
        for place in range(round(share)):
            family, begins = families[place % len(families)], dice.randrange(size.history)
            strangers += campaign(
                family,
                voice,
                own,
                account,
                f"hidden-{place:03d}",
                share=dice.choice(SHARES),
                begins=begins,
                ends=begins + SWITCHED_ON,
                sleeps=True,
            )[:1]
    found = Tenant(number, account, split.fold, size, MIDNIGHT, [], [], {})
    lines: list[bytes] = []
    trail_lines: list[dict[str, Any]] = []
    for one in [*actors, *strangers]:
        text = text_of(one.kind, voice)
        found.aliases[one.who.caller] = one.who.caller
        for day in range(size.days):
            midnight = MIDNIGHT + day * 86_400.0
            calls = day_of(one, day, midnight, shape=shape, most=_most(one, day))
            if one in strangers and not one.attacks(day):
                continue
            if scrambled:
                calls = scramble(calls, midnight, Random(f"{own}/{one.label}/{day}/scrambled"))
            if not calls:
                continue
            lines += [_encode(record(call, account, "us-east-1")) for call in calls]
            if events:
                trail_lines += [trail.event(call, account, "us-east-1") for call in calls]
                if one.attacks(day) and one.family and one.family.new_origin and not scrambled:
                    trail_lines += trail.reconnaissance(
                        one.who, calls[0].time, account, "us-east-1", Random(f"{own}/{one.label}")
                    )
            if one in strangers:
                continue
            attacking = one.attacks(day)
            found.days.append(
                CallerDay(
                    day, one.who.caller, one.kind if attacking else one.profile.name, not attacking,
                    one.share if attacking else 0.0, one.group or one.label, text,
                    [call.time for call in calls if call.exchange.attack and attacking],
                    [call.exchange.ask for call in calls], by_rules(calls),
                )
            )  # fmt: skip
    found.records = _read(lines, trail_lines)
    return found


def text_of(family: str, voice: Voice) -> str:
    for name, kinds in (("public", PUBLIC_KINDS.get(family, ())), ("mixed", MIXED_KINDS.get(family, ()))):
        if any(kind in voice.pools for kind in kinds):
            return name
    return "own"


def _most(one: Actor, day: int) -> int:
    if not one.attacks(day):
        return MOST_BENIGN
    if one.group:
        return MOST_SPREAD
    return MOST_USE if one.family and one.family.group == "usage" and one.share == 1 else MOST_ATTACK


def _campaigns(
    voice: Voice, seed: str, account: str, size: Size, families: Sequence[Family], shares: Sequence[float]
) -> list[Actor]:
    """Each family once at each share (where it doesn't set its own), begun on staggered test days."""
    actors: list[Actor] = []
    dice = Random(seed + "/campaigns")
    for family in families:
        for share in shares if family.share is None else (family.share,):
            begins = size.history + dice.randrange(max(1, size.test - SWITCHED_ON + 1))
            slow = family.name == "distillation_low_and_slow"
            actors += campaign(
                family, voice, seed, account, f"{family.name.replace('_', '-')}-{round(100 * share):03d}", share=share,
                begins=size.history if slow else begins, ends=size.days if slow else begins + SWITCHED_ON,
            )  # fmt: skip
    return actors


def scramble(calls: Sequence[Call], midnight: float, dice: Random) -> list[Call]:
    """The same requests with volume, timing, sizes and parameters that tell nothing of who sent them.

    Every caller-day's volume is drawn from one distribution (thinned where it is above), times are even over the day,
    token counts, latencies and the model come from one distribution, parameters are gone.
    """
    most = max(1, int(dice.lognormvariate(3.2, 0.8)))
    kept = sorted(dice.sample(range(len(calls)), min(most, len(calls))))
    times = sorted(midnight + dice.random() * 86_399 for _ in kept)
    for place, time in zip(kept, times, strict=True):
        call = calls[place]
        call.time = time
        call.exchange.parameters = {"maxTokens": 1024}
        call.exchange.cut = False
        if not call.exchange.embed:
            call.model = DEFAULT[int(dice.random() * len(DEFAULT))]
        call.input_tokens = int(dice.lognormvariate(6.6, 0.98))
        call.output_tokens = int(dice.lognormvariate(5.0, 0.86))
        call.cache_read = call.cache_write = 0
        call.latency_ms = int(dice.lognormvariate(7.5, 0.6))
    return [calls[place] for place in kept]


def _read(lines: list[bytes], events: list[dict[str, Any]]) -> list[Record]:
    records: list[Record] = []
    sources: list[Any] = [read_invocation_file(b"\n".join(lines), "s3://bench/invocations.json")]
    if events:
        sources.append(read_trail_file(_encode({"Records": events}), "s3://bench/trail.json"))
    for source in sources:
        for one in source:
            if isinstance(one, DamagedRecord):
                raise TypeError(f"the simulator wrote a record that can't be read: {one}")
            records.append(one)
    records.sort(key=lambda one: (one.time, isinstance(one, ApiCall), one.id))
    return records


def invocations(records: Sequence[Record]) -> int:
    return sum(isinstance(one, Invocation) for one in records)
