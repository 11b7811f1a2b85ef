"""Heads over caller-days: small sums of trees, trained by bench/training, evaluated in plain Python.

Each is asked about the whole day, again and again as it grows. What they answer is a log-odds of the laboratory: the
tenant's own days say where it lies here, and the laboratory's how its tail falls, of which a tenant has too few days.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Sequence
from functools import cache, reduce
from itertools import accumulate, batched
from operator import and_, getitem
from pathlib import Path
from typing import NamedTuple

from tidegate.scoring.statistics import TREES

_WEIGHTS = Path(__file__).parent / "weights" / "days.json"
type Node = tuple[int, float, int, int] | tuple[float]  # feature, threshold, left, right; or a leaf's value
type Tree = tuple[Node, ...]


STRANGERS = (0.5, 0.3, 0.2, 0.1, 0.05, 0.02, 0.005)  # shares of benign days


class Head(NamedTuple):
    base: float
    trees: tuple[Tree, ...]
    # Log-odds that one in twenty, in a hundred, in a thousand benign caller-days of the laboratory reach, as told by
    # heads that saw neither the days nor, where sources are enough, what is asked on them.
    benign: tuple[float, float, float] = (0.0, 1.0, 2.0)
    strangers: tuple[float, ...] = (0.0,) * len(STRANGERS)  # what STRANGERS of them reach, judged without their history


@cache
def shipped() -> tuple[tuple[str, ...], tuple[Head, ...]]:
    """The names of the features asked for, and the heads in the order of TREES."""
    told = json.loads(_WEIGHTS.read_bytes())
    heads = tuple(
        Head(
            one["base"],
            tuple(tuple(tuple(node) for node in tree) for tree in one["trees"]),
            tuple(one["benign"]),
            tuple(one["strangers"]),
        )
        for one in (told["heads"][name] for name in TREES)
    )
    return tuple(told["features"]), heads


@cache
def compiled() -> Compiled:
    names, heads = shipped()
    return Compiled(heads, len(names))


def heads_of(features: Sequence[float]) -> list[float]:
    """The log-odds of each head. `features` in the order that the weights name."""
    names, _ = shipped()
    if len(names) != len(features):
        raise ValueError(f"{len(features)} features; the heads were trained on {len(names)}: train them anew")
    return compiled()(features)


_BITS = 8  # leaves of a tree, a byte of them all
_PLACES = 3  # bits of a leaf's number
_LOWEST = bytes((byte & -byte).bit_length() - 1 if byte else 0 for byte in range(1 << _BITS))


class Compiled:
    """All trees at once (QuickScorer: Lucchese et al. 2015), in a fifth of the time of walking each.

    Every leaf of every tree has a bit in one integer. A node whose question is answered with no rules out the leaves
    on its left, so a feature rules out what its questions below the value do: found by bisecting their thresholds, and
    taken together beforehand. Of the leaves that all features leave over, a tree's first is the one it ends in.
    Where trees end is looked up for two of them at once, in a table of what both leaves add up to.
    """

    def __init__(self, heads: Sequence[Head], features: int) -> None:
        questions: list[list[tuple[float, int]]] = [[] for _ in range(features)]
        self._pairs: list[list[float]] = []  # of two trees of a head: the sum of any two leaves, by both their numbers
        self._parts: list[tuple[float, slice]] = []  # a head's base, and its pairs
        shared: dict[float, float] = {}  # one number for equal sums: small tables are read faster
        for head in heads:
            first = len(self._pairs)
            for two in batched(head.trees, 2, strict=False):
                place = 2 * len(self._pairs)
                leaves = [_numbered(tree, place + number, questions) for number, tree in enumerate(two)]
                self._pairs.append([shared.setdefault(value, value) for value in _sums(*leaves)])
            self._parts.append((head.base, slice(first, len(self._pairs))))
        every = (1 << 2 * _BITS * len(self._pairs)) - 1
        self._thresholds: list[list[float]] = []
        self._left: list[list[int]] = []  # of the leaves, by how many of a feature's thresholds lie below its value
        for some in questions:
            ruled_out: dict[float, int] = {}  # by threshold: many trees ask the same
            for threshold, leaves_below in sorted(some):
                ruled_out[threshold] = ruled_out.get(threshold, 0) | leaves_below
            self._thresholds.append(list(ruled_out))
            self._left.append(list(accumulate(ruled_out.values(), lambda left, gone: left & ~gone, initial=every)))

    def __call__(self, features: Sequence[float]) -> list[float]:
        """Log-odds of each head; added up in another order than the laboratory does, which moves the last digits."""
        left = reduce(and_, map(getitem, self._left, map(bisect_left, self._thresholds, features)))
        size = 2 * len(self._pairs)
        ended = int.from_bytes(left.to_bytes(size, "little").translate(_LOWEST), "little")
        both = (ended | ended >> _BITS - _PLACES).to_bytes(size, "little")[::2]  # a tree's number above its neighbour's
        values = list(map(getitem, self._pairs, both))
        return [sum(values[part], base) for base, part in self._parts]


def _sums(one: list[float], other: Sequence[float] = (0.0,)) -> list[float]:
    """Of two trees' leaves, at (number of one) + 8 * (number of the other)."""
    mostly = [*one, *[0.0] * (_BITS - len(one))]
    return [low + high for high in other for low in mostly]


def _numbered(tree: Tree, place: int, questions: list[list[tuple[float, int]]]) -> list[float]:
    """A tree's leaves from left to right; what each of its nodes rules out is added to `questions`."""
    leaves: list[float] = []

    def walk(number: int) -> None:
        node = tree[number]
        if len(node) == 1:
            leaves.append(node[0])
            return
        feature, threshold, below, above = node
        first = len(leaves)
        walk(below)
        ruled_out = (1 << len(leaves)) - (1 << first)
        questions[feature].append((threshold, ruled_out << _BITS * place))
        walk(above)

    walk(0)
    if len(leaves) > _BITS:
        raise ValueError(f"a tree of {len(leaves)} leaves; at most {_BITS}: train the heads anew")
    return leaves
