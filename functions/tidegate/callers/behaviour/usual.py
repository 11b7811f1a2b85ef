"""What is usual among a tenant's callers, feature by feature, and which features of a day speak for a verdict. Pure.

A head over days adds up hundreds of small trees: nobody can read them. What can be told is by how much less a day would
look like an attack if one of its features were as it is among this tenant's callers.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from tidegate.callers.behaviour.day import SHAPE
from tidegate.callers.behaviour.memory import FEATURES, Behaviour
from tidegate.callers.behaviour.profile import FINE
from tidegate.scoring.text import HEADS
from tidegate.scoring.trees import heads_of

type Range = tuple[float, float, float]  # low, median, high: nine callers in ten lie between low and high

FEWEST = 10  # callers, below which a tenant has no usual range
_LOW, _HIGH = 0.05, 0.95
_MOST = 5
_LEAST_WEIGHT = 0.05  # log-odds: what weighs less explains nothing
_NARROWEST = 0.02
_CHANGES = FEATURES.index(f"change of {SHAPE[0]}")


class _Group(NamedTuple):
    """Features that say the same, told by the name of one of them."""

    name: str  # of FEATURES
    shape: tuple[int, ...] = ()  # places in SHAPE, for which a tenant has a usual range; the first is told
    others: tuple[int, ...] = ()  # places in FEATURES, usually 0


def _groups() -> tuple[_Group, ...]:
    texts = [
        _Group(
            f"share of {head}",
            tuple(SHAPE.index(name) for name in (f"share of {head}", f"mean {head}", f"gain of {head}")),
            (FEATURES.index(f"largest {head}"),),
        )
        for head in HEADS
    ]
    known = {place for group in texts for place in group.shape}
    rest = [_Group(name, (place,)) for place, name in enumerate(SHAPE) if place not in known]
    new = _Group("new direction", (), tuple(place for place, name in enumerate(FEATURES) if name.startswith("new ")))
    phrases = [_Group(name, (), (place,)) for place, name in enumerate(FEATURES) if name.startswith("phrases of ")]
    return (*texts, *rest, new, *phrases)


_GROUPS = _groups()
_LARGEST = {f"share of {head}": FEATURES.index(f"largest {head}") for head in HEADS}


def ranges_of(shapes: Iterable[Sequence[int]]) -> tuple[Range, ...]:
    """The usual range of each of SHAPE among callers. `shapes`: of each caller's profile (profile.py); empty ones are
    of callers without a past. Empty: fewer callers than FEWEST."""
    known = [shape for shape in shapes if len(shape) == len(SHAPE)]
    if len(known) < FEWEST:
        return ()
    columns = [sorted(column) for column in zip(*known, strict=True)]
    return tuple((_at(column, _LOW), _at(column, 0.5), _at(column, _HIGH)) for column in columns)


def _at(ordered: Sequence[int], share: float) -> float:
    return round(ordered[min(int(share * len(ordered)), len(ordered) - 1)] / FINE, 3)


def telling(memory: Behaviour, tenant: Sequence[Range], head: int | None) -> list[dict[str, Any]]:
    """The features that tell most, with what is usual for the tenant and for the caller.

    `head`: its place in TREES, and what a feature weighs is how many log-odds less the head would give were it usual;
    None: no head decided, and features are told that lie furthest outside what is usual. `tenant`: see `ranges_of`.
    """
    if not tenant:
        return []
    features = memory.features()
    weights = _outside(features, tenant) if head is None else _weights(features, tenant, head)
    found = sorted(zip(weights, _GROUPS, strict=True), key=lambda pair: -pair[0])[:_MOST]
    return [_told(memory, features, tenant, group, weight, head) for weight, group in found if weight >= _LEAST_WEIGHT]


def _weights(features: Sequence[float], tenant: Sequence[Range], head: int) -> list[float]:
    full = heads_of(features)[head]
    return [full - heads_of(_usual_in(group, features, tenant))[head] for group in _GROUPS]


def _usual_in(group: _Group, features: Sequence[float], tenant: Sequence[Range]) -> list[float]:
    """A day whose features of this group are those of the tenant's middle caller."""
    changed = list(features)
    for place in group.shape:
        middle = tenant[place][1]
        if changed[_CHANGES + place]:  # who has a past has changes from it
            changed[_CHANGES + place] += middle - changed[place]
        changed[place] = middle
    for place in group.others:
        changed[place] = min(changed[place], 0.0)
    return changed


def _outside(features: Sequence[float], tenant: Sequence[Range]) -> list[float]:
    """By how many widths of the tenant's usual range each lies outside of it; what has none doesn't."""
    found = []
    for group in _GROUPS:
        low, _, high = tenant[group.shape[0]] if group.shape else (-math.inf, 0.0, math.inf)
        value = features[FEATURES.index(group.name)]
        found.append(max(value - high, low - value) / max(high - low, _NARROWEST))
    return found


def _told(
    memory: Behaviour, features: Sequence[float], tenant: Sequence[Range], group: _Group, weight: float,
    head: int | None,
) -> dict[str, Any]:  # fmt: skip
    told: dict[str, Any] = {"feature": group.name, "today": round(features[FEATURES.index(group.name)], 2)}
    if group.shape:
        low, _, high = tenant[group.shape[0]]
        told["usual_of_tenant"] = [round(low, 2), round(high, 2)]
        if own := own_range(memory, group.shape[0]):
            told["usual_of_caller"] = list(own)
    if group.name in _LARGEST and (most := features[_LARGEST[group.name]]) > 0:
        told["furthest_record"] = round(most, 1)  # tail units: 0 is the tenant's 97th percentile, 1 its 99.7th
    if head is not None:
        told["weighs"] = round(weight, 2)
    return told


def own_range(memory: Behaviour, place: int) -> tuple[float, float] | None:
    """Between what values a feature of SHAPE lies usually on this caller's own days. None: it has no past."""
    if not memory.profile.days:
        return None
    middle, width = memory.profile.usual(place)
    return round(middle - 2 * width, 2), round(middle + 2 * width, 2)
