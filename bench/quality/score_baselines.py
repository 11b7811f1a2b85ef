"""Two scores that need no pipeline: the largest record score, and PRADA.

- Largest record score: logistic regression over hashed words, trained on the other side's sources; a caller-day scores
  as its most suspicious record.
- PRADA (Juuti et al., EuroS&P 2019): distances of each query to its nearest earlier one are no longer normal
  (Shapiro-Wilk). Here cosine distances of hashed words; 1 - W is the score, from 20 queries on.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.stats import shapiro
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.linear_model import LogisticRegression
from sources import Rows
from tenants import CallerDay

ATTACK_LABELS = frozenset(
    (
        "jailbreak", "harmful_request", "sysprompt_extraction", "training_extraction", "distill_instr",
        "distill_code", "distill_roleplay", "distill_tool", "distill_pref",
    )
)  # fmt: skip
FEWEST_QUERIES = 20
_vectors = HashingVectorizer(n_features=1 << 16, ngram_range=(1, 2), alternate_sign=False, norm="l2")


class LargestRecord:
    """The strawman that every product starts with."""

    def __init__(self, train: Rows) -> None:
        rows = [row for found in train.values() for row in found]
        texts, attack = [str(row["text"])[:2000] for row in rows], [row["label"] in ATTACK_LABELS for row in rows]
        self._model = LogisticRegression(max_iter=60, C=4.0, class_weight="balanced")
        self._model.fit(_vectors.transform(texts), attack)

    def scores(self, days: Sequence[CallerDay]) -> tuple[list[float], list[float]]:
        """(largest record score, PRADA's 1 - W) of each caller-day."""
        largest, prada = [], []
        for day in days:
            found = _vectors.transform([ask[:2000] for ask in day.asks])
            largest.append(float(np.max(self._model.decision_function(found))))
            prada.append(_prada(found))
        return largest, prada


def _prada(vectors: Any) -> float:
    if vectors.shape[0] < FEWEST_QUERIES:
        return 0.0
    near = (vectors @ vectors.T).toarray()
    nearest = np.array([1.0 - near[place, :place].max() for place in range(1, near.shape[0])])
    if nearest.std() < 1e-9:
        return 1.0
    kept = nearest[np.abs(nearest - nearest.mean()) <= 3 * nearest.std()]  # outliers removed, as in the paper
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return float(1.0 - shapiro(kept).statistic) if len(kept) >= 3 and kept.std() > 1e-9 else 1.0
