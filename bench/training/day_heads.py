"""Trains the heads over caller-days: small sums of trees, one a group of families, exported as plain lists."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from caller_days import Observed
from sklearn.ensemble import HistGradientBoostingClassifier

from tidegate.callers.behaviour.memory import FEATURES
from tidegate.scoring.statistics import TREES
from tidegate.scoring.trees import STRANGERS

TREES_EACH, LEAVES = 200, 8
GROUPS = {
    "harvest": ("distillation_", "distributed_"),
    "probing": ("prompt_attack_", "system_prompt_", "training_data_", "knowledge_base_"),
    "recital": ("training_data_", "knowledge_base_"),
}
LEAST_ATTACKS = 6  # attack requests that make a caller-day worth learning from
# Of all attacks together, to the benign days': a head that is to be right about one day in a thousand must know the
# benign ones well. On tenants of the hand that was left out of four, 0.05 finds .26 of the harvesting days at that
# rate, 0.15 and 0.5 .30.
WEIGHT = 0.15
BENIGN_SHARES = (0.05, 0.01, 0.001)  # see tidegate.scoring.trees.Head


def fitted(days: Sequence[Observed], group: str) -> HistGradientBoostingClassifier:
    """Of every day at each size at which heads are asked. Other groups' attacks are left out."""
    rows, labels, weights = [], [], []
    for day in days:
        mine = day.kind.startswith(GROUPS[group]) and day.attacks >= LEAST_ATTACKS
        if day.features and (day.benign or mine):
            rows += day.features
            labels += [not day.benign] * len(day.features)
            weights += [1 / len(day.features)] * len(day.features)
    found, weight = np.array(labels), np.array(weights)
    weight[found] *= weight[~found].sum() / weight[found].sum() * WEIGHT
    model = HistGradientBoostingClassifier(
        max_iter=TREES_EACH, max_leaf_nodes=LEAVES, learning_rate=0.06, l2_regularization=5.0, min_samples_leaf=40,
        max_features=0.15, max_bins=64, random_state=7,
    )  # fmt: skip
    return model.fit(np.array(rows, np.float32), found, sample_weight=weight / weight.mean())


def benign_reach(days: Sequence[Observed], group: str) -> tuple[list[float], list[float]]:
    """What benign days reach, told by heads that were trained on the other half of the tenants.

    Each tenant's days are moved to a common place first, as a tenant's own days move the curve: tenants that lie apart
    would make its tail longer than any of theirs is.
    """
    reached: list[list[float]] = []
    strangers: list[float] = []
    numbers = sorted({day.tenant for day in days})
    halves = numbers[::2], numbers[1::2]
    for train, judge in (halves, halves[::-1]):
        model = fitted([day for day in days if day.tenant in train], group)
        judged = [day for day in days if day.tenant in judge and day.benign and day.features]
        scores = model.decision_function(np.array([row for day in judged for row in day.features], np.float32))
        by_tenant: dict[int, list[float]] = defaultdict(list)
        at = 0
        for day in judged:
            by_tenant[day.tenant].append(float(scores[at : at + len(day.features)].max()))
            at += len(day.features)
        reached += by_tenant.values()
        rows = [row for day in judged for row in day.strangers]
        strangers += list(map(float, model.decision_function(np.array(rows, np.float32))))
    places = [float(np.quantile(some, 1 - BENIGN_SHARES[0])) for some in reached]
    moved = np.concatenate([np.array(some) - place for some, place in zip(reached, places, strict=True)])
    return (
        [round(float(np.mean(places) + np.quantile(moved, 1 - share)), 3) for share in BENIGN_SHARES],
        [round(float(np.quantile(strangers, 1 - share)), 3) for share in STRANGERS],
    )


def exported(model: HistGradientBoostingClassifier) -> list[list[list[float]]]:
    """Each tree as [feature, threshold, left, right] or [value]; node 0 is the root."""
    trees = []
    for (predictor,) in model._predictors:
        nodes: list[list[float]] = []
        for node in predictor.nodes:
            if node["is_leaf"]:
                nodes.append([round(float(node["value"]), 4)])
            else:
                nodes.append(
                    [
                        int(node["feature_idx"]),
                        round(float(node["num_threshold"]), 5),
                        int(node["left"]),
                        int(node["right"]),
                    ]
                )
        trees.append(nodes)
    return trees


def untrained() -> bytes:
    """Heads that say nothing: what caller-days are observed with that heads are to be trained on."""
    nothing = {"base": 0.0, "trees": [], "benign": [0.0, 1.0, 2.0], "strangers": [0.0] * len(STRANGERS)}
    return _file(dict.fromkeys(TREES, nothing))


def weights_file(days: Sequence[Observed]) -> bytes:
    """See tidegate.scoring.trees."""
    heads = {}
    for group in TREES:
        model = fitted(days, group)
        benign, strangers = benign_reach(days, group)
        heads[group] = {
            "base": round(float(model._baseline_prediction[0][0]), 4), "trees": exported(model),
            "benign": benign, "strangers": strangers,
        }  # fmt: skip
    return _file(heads)


def _file(heads: Mapping[str, Any]) -> bytes:
    return json.dumps({"features": list(FEATURES), "heads": heads}, separators=(",", ":")).encode() + b"\n"
