"""Shares with intervals, thresholds by conformal quantile, queries until detection."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

Z95 = 1.959964


@dataclass(frozen=True, slots=True)
class Share:
    hits: int
    of: int

    @property
    def value(self) -> float:
        return self.hits / self.of if self.of else float("nan")

    @property
    def interval(self) -> tuple[float, float]:
        return wilson(self.hits, self.of)

    def as_json(self) -> dict[str, object]:
        low, high = self.interval
        return {
            "hits": self.hits,
            "of": self.of,
            "share": round(self.value, 5) if self.of else None,
            "low": round(low, 5),
            "high": round(high, 5),
        }


def wilson(hits: int, of: int) -> tuple[float, float]:
    """95 % interval of a share (Wilson 1927); (0, 1) where nothing was tried."""
    if not of:
        return 0.0, 1.0
    share = hits / of
    middle = (share + Z95 * Z95 / (2 * of)) / (1 + Z95 * Z95 / of)
    half = Z95 * math.sqrt(share * (1 - share) / of + Z95 * Z95 / (4 * of * of)) / (1 + Z95 * Z95 / of)
    return max(0.0, middle - half), min(1.0, middle + half)


def conformal(scores: Sequence[float], rate: float) -> float:
    """The threshold above which at most `rate` of further scores from the same source lie; inf if too few are known."""
    ordered = sorted(scores)
    rank = math.ceil((len(ordered) + 1) * (1 - rate))
    return ordered[rank - 1] if rank <= len(ordered) else math.inf


def threshold_reached(benign: Sequence[float], rate: float) -> float:
    """The lowest threshold at which no more than `rate` of these very scores are above it."""
    ordered = sorted(benign, reverse=True)
    allowed = math.floor(rate * len(ordered))
    return ordered[allowed] if allowed < len(ordered) else -math.inf


def curve(benign: Sequence[float], attack: Sequence[float], points: int = 80) -> list[tuple[float, float]]:
    """(false-positive rate, recall) at descending thresholds, for drawing."""
    if not benign or not attack:
        return []
    ordered = sorted(set(benign) | set(attack), reverse=True)
    steps = (
        ordered
        if len(ordered) <= points
        else [ordered[round(at * (len(ordered) - 1) / (points - 1))] for at in range(points)]
    )
    bad, good = sorted(benign), sorted(attack)
    return [(round(_above(bad, step), 5), round(_above(good, step), 4)) for step in steps]


def _above(ordered: Sequence[float], threshold: float) -> float:
    from bisect import bisect_left

    return (len(ordered) - bisect_left(ordered, threshold)) / len(ordered)


def quantile(values: Sequence[float], share: float) -> float | None:
    """None of nothing; otherwise the nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1 if share > 0 else 0)] if ordered else None
