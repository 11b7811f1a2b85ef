"""Trains the linear text heads: hashed words and pairs, one logistic regression a family, int8."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Sequence

import numpy as np
from prompts import Prompt
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from tidegate.scoring.text import HEADS
from tidegate.scoring.words import BUCKETS, features, hashes, plain, segments, words_of

OTHER_ATTACKS = 0.3  # weight of another family's texts among a head's negatives
# Which families are a head's positives where it isn't the head's own alone.
POOLED = ("jailbreak", "system_prompt", "training_data", "harmful")


def matrix(texts: Sequence[str]) -> tuple[csr_matrix, np.ndarray]:
    """Rows are segments (the first four of a text), and the text each comes from. Scaled by 1/sqrt(features)."""
    indices: list[int] = []
    values: list[float] = []
    starts = [0]
    origin: list[int] = []
    for place, text in enumerate(texts):
        hashed = [hashes[word] for word in words_of(plain(text))]
        for segment in segments(hashed)[:4]:
            found = features(segment)
            if not found:
                continue
            indices.extend(found)
            values.extend([1 / math.sqrt(len(found))] * len(found))
            starts.append(len(indices))
            origin.append(place)
    shape = (len(origin), BUCKETS)
    return csr_matrix((values, indices, starts), shape=shape, dtype=np.float32), np.array(origin)


def weights_of(prompts: Sequence[Prompt], head: str) -> tuple[np.ndarray, np.ndarray]:
    """(positive, weight) of each text. A source counts by the root of its size; for `instruction` by its size."""
    sizes = Counter(one.source for one in prompts)
    families = POOLED if head == "pooled" else (head,)
    positive = np.array([one.family in families for one in prompts])
    weight = np.array(
        [1.0 if head == "instruction" else 1 / math.sqrt(sizes[one.source]) for one in prompts], dtype=np.float64
    )
    other = np.array([bool(one.family) and one.family not in families for one in prompts])
    weight[other] *= OTHER_ATTACKS
    weight[positive] *= weight[~positive].sum() / max(weight[positive].sum(), 1e-9) * 0.3
    return positive, weight / weight.mean()


def train(prompts: Sequence[Prompt], *, strength: float = 4.0) -> bytes:
    """The weights file: see tidegate.scoring.text.read_weights."""
    rows, origin = matrix([one.text for one in prompts])
    table = np.zeros((BUCKETS, len(HEADS)), dtype=np.uint8)
    scales, biases = [], []
    for place, head in enumerate(HEADS):
        positive, weight = weights_of(prompts, head)
        model = LogisticRegression(C=strength, max_iter=300, solver="lbfgs")
        model.fit(rows, positive[origin], sample_weight=weight[origin])
        found = model.coef_[0]
        scale = float(np.abs(found).max() / 127)
        table[:, place] = np.clip(np.rint(found / scale), -127, 127).astype(np.int16) + 128
        scales.append(round(scale, 7))
        biases.append(round(float(model.intercept_[0]), 5))
    head = {"heads": list(HEADS), "scales": scales, "biases": biases}
    return json.dumps(head).encode() + b"\n" + table.tobytes()
