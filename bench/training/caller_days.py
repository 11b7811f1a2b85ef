"""Caller-days to learn the heads over days from: `tidegate simulate`'s callers, folded by the product's own code.

What callers ask comes from sources and phrasings that the text heads which score them have not seen: a head over days
that was shown texts its text heads know by heart would trust them too much. Timing, tokens and parameters are invented
by the simulation, so nothing of them is among the features.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import manners
import numpy as np
from labelled import ACCOUNT, MIDNIGHT, QUIET, CallerDay, Labelled, Request, envelope

from tidegate.callers.behaviour.memory import Behaviour
from tidegate.callers.behaviour.record import Record, read
from tidegate.callers.behaviour.summary import SIZES, stranger
from tidegate.model import Turn
from tidegate.scoring import scale as scales
from tidegate.scoring.calibration import Calibrated
from tidegate.scoring.statistics import HEAD, STATISTICS
from tidegate.sources.contents import Contents, Parameters
from tidegate_local.simulation.actors import Actor, actor, campaign
from tidegate_local.simulation.arrivals import Shape
from tidegate_local.simulation.families import BY_FAMILY
from tidegate_local.simulation.profiles import CLASSES
from tidegate_local.simulation.traffic import day_of
from tidegate_local.simulation.voice import Voice, pools_of

FAMILIES = tuple(
    name
    for name in BY_FAMILY
    if name.startswith(
        ("distillation_", "distributed", "training_data", "system_prompt", "prompt_attack", "knowledge_base")
    )
)
SHARES = (0.1, 0.25, 0.5, 1.0)
LATE = 0.35  # of benign callers, who begin on some later day: new is not the same as attacking
_TEXT = ("support_chat", "coding_assistant", "rag_answering", "search", "tool_agent", "batch_template",
         "evaluation_run",
         "synthetic_data_job", "security_team", "long_chat", "developer", "general_chat")  # fmt: skip


@dataclass(slots=True)
class Observed(CallerDay):
    """A caller-day, at the sizes at which heads are asked and at its end."""

    features: list[list[float]] = field(default_factory=list)
    strangers: list[list[float]] = field(default_factory=list)  # the same without its history, as campaigns are judged
    most: np.ndarray = field(default_factory=lambda: np.zeros(len(STATISTICS)))
    records: int = 0
    attacks: int = 0  # attack requests among them


def tenant(
    number: int, rows: Mapping[str, Sequence[Mapping[str, Any]]], *, callers: int, history: int, days: int, seed: str
) -> list[Actor]:
    """Benign callers in a mix drawn for this tenant, and each family at every share."""
    dice = random.Random(f"{seed}/{number}")
    voice = Voice(pools=pools_of(rows))
    own = f"{seed}/{number}"
    weights = [dice.lognormvariate(0, 0.8) for _ in _TEXT]
    ways = {name: [manners.profile(CLASSES[name], dice) for _ in range(3)] for name in _TEXT}  # as many applications
    found = [
        actor(f"{name}-{place:04d}", ways[name][place % 3], voice, own, ACCOUNT)
        for place in range(callers)
        for name in dice.choices(_TEXT, weights)
    ]
    for name in FAMILIES:
        for share in SHARES:
            begins = history + dice.randrange(days - history)
            found += campaign(
                manners.family(BY_FAMILY[name], dice),
                voice,
                own,
                ACCOUNT,
                f"{name}-{share}",
                share=share,
                begins=begins,
                ends=begins + 1,
            )[:3]
    return found


def simulated(
    number: int, actors: Sequence[Actor], *, days: int, most: int = 120, shape: Shape | None = None
) -> Iterator[Labelled]:
    """The requests of each actor on each day; some of the benign ones begin late."""
    dice = random.Random(f"late/{number}")
    shape = shape or manners.shape(dice)
    for one in actors:
        first = dice.randrange(2, days) if one.family is None and dice.random() < LATE else 0
        for day in range(first, days):
            attacking = one.attacks(day)
            if attacking or not one.sleeps:
                found = requests_of(one, day, most, shape)
                kind, share = (one.kind, one.share) if attacking else (one.profile.name, 0.0)
                yield Labelled(number, one.who.caller, day, kind, not attacking, share, one.sleeps, found)


def requests_of(one: Actor, day: int, most: int, shape: Shape) -> list[Request]:
    midnight = MIDNIGHT + day * 86_400.0
    attacking = one.attacks(day)
    found = []
    for call in day_of(one, day, midnight, shape=shape, most=most):
        exchange = call.exchange
        if exchange.error or exchange.embed or not exchange.ask:
            continue
        invocation = envelope(call.request_id, one.who.caller, call.time)
        contents = Contents(
            new=(Turn("user", exchange.ask),), answer=(Turn("assistant", exchange.answer),), system=call.system,
            user=exchange.ask,
            brought="\n".join((*exchange.retrieved, *exchange.tool_results)), tools_offered=exchange.offered,
            answered=exchange.answer or "", messages=len(call.messages),
            parameters=Parameters(temperature=exchange.parameters.get("temperature") if exchange.parameters else None),
        )  # fmt: skip
        found.append(Request(invocation, contents, bool(exchange.attack) and attacking))
    return found


def scale_of(heads: Sequence[tuple[float, ...]]) -> scales.Scale:
    values = np.array(heads)
    rows = np.quantile(values, (0.5, 0.97, 0.997), axis=0)
    return scales.learned(tuple(tuple(map(float, row)) for row in rows))


def observed(days: Iterable[Labelled], *, asks: bool = False) -> Iterator[Observed]:
    """One tenant's caller-days from the third day on; the first two tell where the tenant's scores lie.

    Raises ValueError where somebody attacks on those.
    """
    callers: dict[str, list[tuple[Labelled, list[Record]]]] = defaultdict(list)
    early: list[tuple[float, ...]] = []
    for one in days:
        known = [read(request.call, request.contents, scales.SHIPPED) for request in one.requests]
        records = [record for record in known if record is not None]
        one.requests = [request for request, record in zip(one.requests, known, strict=True) if record is not None]
        callers[one.caller].append((one, records))
        if one.day < QUIET:
            if not one.benign:
                raise ValueError(f"{one.caller} attacks on day {one.day}: the first {QUIET} tell the tenant's scale")
            early += [record.text.heads for record in records[:30]]
    scale = scale_of(early)
    calibration = Calibrated(scale, (1e9,) * len(STATISTICS), asks_heads=asks)
    for some in callers.values():
        memory = Behaviour()
        for one, records in sorted(some, key=lambda pair: pair[0].day):
            if records:
                found = _folded(memory, one, records, scale, calibration)
                if one.day >= QUIET:
                    yield found


def _folded(
    memory: Behaviour, one: Labelled, records: Sequence[Record], scale: scales.Scale, calibration: Calibrated
) -> Observed:
    found = Observed(one.tenant, one.caller, one.day, one.kind, one.benign, one.share, one.new)
    for request, record in zip(one.requests, records, strict=True):
        heads = record.text.heads
        units = record._replace(middle=scale.middle_units(heads), tail=scale.tail_units(heads))
        seen = memory.fold(units, calibration)
        found.records += 1
        found.attacks += request.attack
        for statistic, value in seen.values.items():
            found.most[statistic] = max(found.most[statistic], value)
        if HEAD in seen.values:
            found.features.append(memory.features())
        if found.records in SIZES:
            found.strangers.append(stranger(memory).features())
    if not one.benign:
        memory.raised = {"attack": 1}
    return found
