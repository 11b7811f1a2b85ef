"""All trees asked at once answer what each of them answers by itself."""

from __future__ import annotations

import random

import pytest

from tidegate.scoring.trees import Compiled, Head, Tree, heads_of, shipped

STUMP: Tree = ((1, 2.0, 1, 2), (0.25,), (-0.5,))
UNEVEN: Tree = ((0, 0.5, 1, 2), (1.0,), (1, 1.5, 3, 4), (2.0,), (0, 0.75, 5, 6), (3.0,), (4.0,))


def _walked(head: Head, features: list[float]) -> float:
    total = head.base
    for tree in head.trees:
        node = tree[0]
        while len(node) == 4:
            node = tree[node[2] if features[node[0]] <= node[1] else node[3]]
        total += node[0]
    return total


@pytest.mark.parametrize(
    ("features", "found"),
    [((0.5, 9.0), [-0.5, 1.5]), ((0.6, 1.5), [0.25, 3.25]), ((0.75, 2.0), [0.25, 4.25]), ((9.0, 2.1), [-0.5, 4.5])],
)
def test_a_value_on_a_threshold_goes_left(features: tuple[float, float], found: list[float]) -> None:
    assert Compiled([Head(0.0, (STUMP,)), Head(1.0, (UNEVEN, STUMP))], 2)(features) == found


def test_the_shipped_heads_say_what_walking_them_says() -> None:
    names, heads = shipped()
    asked: list[list[float]] = [[-1.0, 0.0, 100.0] for _ in names]
    for node in (node for head in heads for tree in head.trees for node in tree):
        if len(node) == 4:
            asked[node[0]] += [node[1], node[1] + 1e-9]
    dice = random.Random(1)
    for _ in range(50):
        features = [dice.choice(values) for values in asked]
        assert heads_of(features) == pytest.approx([_walked(head, features) for head in heads], abs=1e-9)


def test_a_tree_too_large_for_a_byte_is_refused() -> None:
    chain = [(0, float(place), 2 * place + 1, 2 * place + 2) for place in range(8)]
    nodes: list[tuple[int, float, int, int] | tuple[float]] = []
    for node in chain:
        nodes += [node, (1.0,)]
    with pytest.raises(ValueError, match="9 leaves"):
        Compiled([Head(0.0, ((*nodes, (1.0,)),))], 1)
