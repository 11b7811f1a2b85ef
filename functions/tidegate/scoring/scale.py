"""Where a tenant's own scores lie: what makes one head's log-odds comparable with another's.

Heads are compared in upper-tail units, (score - q97) / (q997 - q97), of the tenant's own benign records. In raw
log-odds or median deviations most of what the text heads can do is lost.
"""

from __future__ import annotations

import msgspec

from tidegate.scoring.text import HEADS

_LEAST, _MOST = -2.0, 4.0  # middle units
CLIP = 3.0  # tail units that one record may add: looser lowers recall on real mixtures


class Scale(msgspec.Struct, frozen=True):
    """Quantiles of the heads' log-odds over records, in the order of HEADS."""

    median: tuple[float, ...]
    q97: tuple[float, ...]
    q997: tuple[float, ...]

    def middle_units(self, heads: tuple[float, ...]) -> list[float]:
        """0 at the median, 1 at the 97th percentile; -2 to 4."""
        units = [
            (score - middle) / (high - middle) for score, middle, high in zip(heads, self.median, self.q97, strict=True)
        ]
        return [_LEAST if unit < _LEAST else _MOST if unit > _MOST else unit for unit in units]

    def tail_units(self, heads: tuple[float, ...]) -> list[float]:
        """0 at the 97th percentile, 1 at the 99.7th; at most CLIP."""
        units = [
            (score - high) / (highest - high) for score, high, highest in zip(heads, self.q97, self.q997, strict=True)
        ]
        return [CLIP if unit > CLIP else unit for unit in units] if max(units) > CLIP else units


# Of the benign texts that the shipped heads were trained on: printed by bench/training/train.py. A guess about any
# tenant; `calibrate` replaces it.
SHIPPED = Scale(
    median=(-5.366, -5.96, -5.47, -5.183, -6.036, -5.386, -4.257, -4.231),
    q97=(-2.268, -2.92, -2.319, -1.96, -2.932, -2.512, -1.58, -1.342),
    q997=(-0.85, -1.264, -0.894, -0.257, -1.706, -1.142, -0.292, -0.167),
)
_LEAST_GAP = 0.5  # log-odds between the percentiles: a tenant of one template would have none


def learned(quantiles: tuple[tuple[float, ...], tuple[float, ...], tuple[float, ...]]) -> Scale:
    """A scale whose percentiles keep a distance from each other."""
    median, q97, q997 = quantiles
    high = tuple(max(value, middle + _LEAST_GAP) for value, middle in zip(q97, median, strict=True))
    highest = tuple(max(value, below + _LEAST_GAP) for value, below in zip(q997, high, strict=True))
    if not len(median) == len(high) == len(highest) == len(HEADS):
        raise ValueError(f"quantiles of {len(median)} heads; there are {len(HEADS)}")
    return Scale(tuple(median), high, highest)
