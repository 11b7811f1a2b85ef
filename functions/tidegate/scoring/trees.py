"""Heads over caller-days: small sums of trees, trained by bench/training, evaluated in plain Python.

Each is asked about the whole day, again and again as it grows. What they answer is a log-odds of the laboratory: the
tenant's own days say where it lies here, and the laboratory's how its tail falls, of which a tenant has too few days.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
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


def heads_of(features: Sequence[float]) -> list[float]:
    """The log-odds of each head. `features` in the order that the weights name."""
    names, heads = shipped()
    if len(names) != len(features):
        raise ValueError(f"{len(features)} features; the heads were trained on {len(names)}: train them anew")
    return [_sum(head, features) for head in heads]


def _sum(head: Head, features: Sequence[float]) -> float:
    total = head.base
    for tree in head.trees:
        node = tree[0]
        while len(node) == 4:
            node = tree[node[2] if features[node[0]] <= node[1] else node[3]]
        total += node[0]
    return total
