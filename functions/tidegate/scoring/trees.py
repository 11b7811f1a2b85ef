"""Heads over caller-days: small sums of trees, trained by bench/training, evaluated in plain Python.

One head a group of families, each asked about the whole day at a few of its sizes. What they answer is a log-odds of
the laboratory and means nothing by itself: a tenant's own days say how high is high.
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


class Head(NamedTuple):
    base: float
    trees: tuple[Tree, ...]


@cache
def shipped() -> tuple[tuple[str, ...], tuple[Head, ...]]:
    """The names of the features asked for, and the heads in the order of TREES."""
    told = json.loads(_WEIGHTS.read_bytes())
    heads = tuple(
        Head(one["base"], tuple(tuple(tuple(node) for node in tree) for tree in one["trees"]))
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
