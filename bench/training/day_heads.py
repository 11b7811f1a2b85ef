"""Trains the heads over caller-days: small sums of trees, one a group of families, exported as plain lists."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from caller_days import Observed
from sklearn.ensemble import HistGradientBoostingClassifier

from tidegate.callers.behaviour.memory import FEATURES
from tidegate.scoring.statistics import TREES

TREES_EACH, LEAVES = 60, 8
GROUPS = {
    "instructions": ("distillation_instructions", "distillation_low_and_slow", "distributed_"),
    "generation": ("distillation_self_instruct", "distillation_evolved", "distillation_preferences"),
    "reasoning": ("distillation_reasoning",),
    "jailbreak": ("prompt_attack_",),
    "system_prompt": ("system_prompt_",),
    "recital": ("training_data_", "knowledge_base_"),
}
LEAST_ATTACKS = 3  # attack requests that make a caller-day worth learning from
NOT_ASKED = ("records",)  # how much a simulated attacker calls is invented


def samples(days: Sequence[Observed], group: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Features, whether it is an attack of the group, weight. Other groups' attacks are left out."""
    rows, labels, weights = [], [], []
    for day in days:
        mine = day.kind.startswith(GROUPS[group])
        if not day.benign and (not mine or day.attacks < LEAST_ATTACKS):
            continue
        rows += day.features
        labels += [not day.benign] * len(day.features)
        weights += [1 / max(len(day.features), 1)] * len(day.features)
    features = np.array(rows)
    features[:, [FEATURES.index(name) for name in NOT_ASKED]] = 0
    found, weight = np.array(labels), np.array(weights)
    weight[found] *= weight[~found].sum() / weight[found].sum() * 0.5
    return features, found, weight / weight.mean()


def fitted(days: Sequence[Observed], group: str) -> HistGradientBoostingClassifier:
    features, labels, weights = samples(days, group)
    model = HistGradientBoostingClassifier(
        max_iter=TREES_EACH, max_leaf_nodes=LEAVES, learning_rate=0.1, l2_regularization=5.0, min_samples_leaf=40,
        max_features=0.3, random_state=7,
    )  # fmt: skip
    return model.fit(features, labels, sample_weight=weights)


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


def weights_file(days: Sequence[Observed]) -> bytes:
    """See tidegate.scoring.trees."""
    told: dict[str, Any] = {"features": list(FEATURES), "heads": {}}
    for group in TREES:
        model = fitted(days, group)
        told["heads"][group] = {"base": round(float(model._baseline_prediction[0][0]), 4), "trees": exported(model)}
    return json.dumps(told, separators=(",", ":")).encode() + b"\n"
