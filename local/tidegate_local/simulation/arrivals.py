"""When calls come: the hours of a day, sessions of people, bursts of machines.

Machine gaps and token counts follow two public traces of LLM requests (Azure LLM inference trace 2023, CC-BY,
github.com/Azure/AzurePublicDataset): conversation 19,366 requests in 58 minutes, gaps with coefficient of variation
1.09; code completion 8,819 in 57 minutes, coefficient of variation 13 (bursts). Token counts are nearly lognormal:
the mean and standard deviation of their logarithms are below. `fitted` reads the same numbers from another trace.
The hours of people are our assumption: an office day with a dip at noon.
"""

from __future__ import annotations

import csv
import gzip
import math
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from random import Random
from statistics import fmean, pstdev
from typing import NamedTuple

from tidegate.errors import ConfigurationError

DAY = 86_400.0
# Relative weight of each local hour.
OFFICE = (1, 1, 1, 1, 1, 2, 5, 14, 32, 48, 52, 46, 34, 42, 50, 50, 46, 36, 22, 14, 10, 8, 5, 2)
EVENING = (4, 2, 1, 1, 1, 1, 3, 8, 14, 18, 20, 20, 22, 22, 22, 24, 28, 34, 42, 50, 52, 44, 28, 12)
FLAT = (1,) * 24
NIGHT = (20, 30, 30, 24, 16, 8, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 3, 4, 6, 8, 12, 16)
WEEKEND = 0.25  # of a working day, for people at work


class Sizes(NamedTuple):
    """Of a lognormal: mean and standard deviation of the natural logarithm."""

    mean: float
    spread: float

    def draw(self, dice: Random, most: int = 200_000) -> int:
        return max(1, min(most, int(math.exp(dice.gauss(self.mean, self.spread)))))


class Shape(NamedTuple):
    """One kind of traffic: sizes in tokens, and how uneven its gaps are (coefficient of variation)."""

    context: Sizes
    generated: Sizes
    unevenness: float


CONVERSATION = Shape(Sizes(6.633, 0.985), Sizes(5.019, 0.859), 1.09)
COMPLETION = Shape(Sizes(6.999, 1.360), Sizes(2.788, 0.847), 13.15)


def varied(usual: Shape, dice: Random, *, longer: float, spread: float) -> Shape:
    """Texts longer or shorter all over, by one draw: `longer` is the standard deviation of its logarithm.

    Each size's own spread is multiplied by 1 - `spread` to 1 + `spread`.
    """
    by = dice.gauss(0, longer)
    context, generated = (
        Sizes(sizes.mean + by, sizes.spread * dice.uniform(1 - spread, 1 + spread))
        for sizes in (usual.context, usual.generated)
    )
    return Shape(context, generated, usual.unevenness)


def fitted(trace: Path) -> Shape:
    """The shape of a trace in the columns TIMESTAMP, ContextTokens, GeneratedTokens, gzipped or not."""
    try:
        text = gzip.decompress(trace.read_bytes()) if trace.suffix == ".gz" else trace.read_bytes()
        rows = list(csv.DictReader(text.decode().splitlines()))
        times = [datetime.fromisoformat(row["TIMESTAMP"][:26]).timestamp() for row in rows]
        gaps = [later - earlier for earlier, later in pairwise(times)]
        logs = [
            [math.log(int(row[column])) for row in rows if int(row[column]) > 0]
            for column in ("ContextTokens", "GeneratedTokens")
        ]
        sizes = [Sizes(fmean(values), pstdev(values)) for values in logs]
        return Shape(sizes[0], sizes[1], pstdev(gaps) / fmean(gaps))
    except (OSError, KeyError, ValueError, ZeroDivisionError) as error:
        raise ConfigurationError(
            f"{trace}: no trace with TIMESTAMP, ContextTokens, GeneratedTokens: {error}"
        ) from error


def hour_of(dice: Random, hours: tuple[int, ...], zone: int) -> float:
    """Seconds after midnight UTC of a moment drawn from local hours; `zone` in hours east."""
    at = dice.random() * sum(hours)
    for hour, weight in enumerate(hours):
        if at < weight:
            return ((hour - zone) % 24 + at / weight) * 3600.0
        at -= weight
    return 0.0


def pause(dice: Random) -> float:
    """Seconds in which a person reads an answer and writes on: 40 in the middle, now and then minutes."""
    return min(1500.0, math.exp(dice.gauss(3.7, 0.9)))


def machine_gap(dice: Random, mean: float, unevenness: float) -> float:
    """Seconds to a machine's next call: exponential, or a two-phase mixture with the same mean and more variation."""
    if unevenness <= 1.1:
        return dice.expovariate(1 / mean)
    squared = unevenness * unevenness
    rare = 0.5 * (1 - math.sqrt((squared - 1) / (squared + 1)))  # balanced means (Whitt 1982)
    return dice.expovariate(2 * rare / mean) if dice.random() < rare else dice.expovariate(2 * (1 - rare) / mean)
