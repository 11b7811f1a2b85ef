"""A tenant's days as they are kept to learn from: how far each caller's statistics went, and how many records lay far
out. Pure; made of what callers' states hold, without a single text.
"""

from __future__ import annotations

import math
from base64 import b85decode, b85encode
from collections.abc import Iterable, Mapping, Sequence
from struct import pack, unpack
from typing import Any
from zlib import compress, crc32, decompress

import msgspec

from tidegate.callers.behaviour.past_day import FINE, PastDay
from tidegate.scoring.calibration import NOT_ASKED, Calibrated
from tidegate.scoring.scale import SHIPPED, Scale, learned
from tidegate.scoring.statistics import HEAD, STATISTICS
from tidegate.scoring.text import HEADS

MOST = 1500  # caller-days kept of a day, chosen by their names: some 60 KB
_MOST_RECORDS = 40  # of a caller-day that count for the scale: one busy caller isn't the tenant
_LEAST_RECORDS = 300  # for a scale of one's own
_NONE = -32_768
_ROW = f"<{len(STATISTICS)}h"
_OVER, _FAR = 0.03, 0.003  # shares of records beyond the scale's percentiles, by its meaning
_STEEPEST = 8.0  # times the shipped distance between the percentiles, and its inverse: hardly any tail is known
_ORDINARY = (_OVER / 6, _OVER * 4)  # shares beyond the 97th percentile that aren't drift


class DayKept(msgspec.Struct):
    scale: int  # mark of the scale it was measured in: units of different scales don't compare
    rows: list[list[float]]  # for each caller-day the largest value of each statistic
    records: float  # weighed
    over: list[float]
    surplus: list[float]
    crowds: list[list[float]] = []  # the same as rows, of many names together


def mark_of(scale: Scale) -> int:
    return crc32(repr((scale.median, scale.q97, scale.q997)).encode())


def day_of(found: Mapping[str, PastDay], scale: Scale, crowds: Mapping[str, PastDay] | None = None) -> DayKept:
    """`found`: each caller's day, by key; `crowds`: those of many names together, whose records are callers' too."""
    kept = DayKept(mark_of(scale), [], 0.0, [0.0] * len(HEADS), [0.0] * len(HEADS))
    for day in found.values():
        weight = min(1.0, _MOST_RECORDS / max(day.records, 1))
        kept.records += weight * day.records
        for place in range(len(HEADS)):
            kept.over[place] += weight * day.over[place]
            kept.surplus[place] += weight * day.surplus[place]
    kept.rows = [_row(day) for day in _chosen(found)]
    kept.crowds = [_row(day) for day in _chosen(crowds or {})]
    return kept


def _chosen(found: Mapping[str, PastDay]) -> list[PastDay]:
    names = sorted(found, key=lambda key: (crc32(key.encode("utf-8", "surrogatepass")), key))
    return [found[name] for name in names[:MOST]]


def _row(day: PastDay) -> list[float]:
    nothing = [0.0] * HEAD + [NOT_ASKED] * (len(STATISTICS) - HEAD)
    for place, steps in day.most.items():
        nothing[place] = max(nothing[place], steps / FINE) if place < HEAD else steps / FINE
    return nothing


def to_configuration(day: DayKept) -> dict[str, Any]:
    return {
        "statistics": list(STATISTICS), "scale": day.scale, "records": round(day.records, 1),
        "over": [round(value, 1) for value in day.over], "surplus": [round(value, 1) for value in day.surplus],
        "rows": _packed(day.rows), "crowds": _packed(day.crowds),
    }  # fmt: skip


def _packed(rows: Iterable[Sequence[float]]) -> str:
    return b85encode(compress(b"".join(pack(_ROW, *(_steps(value) for value in row)) for row in rows))).decode()


def _unpacked(packed: str) -> list[list[float]]:
    plain = decompress(b85decode(packed))
    size = 2 * len(STATISTICS)
    return [
        [NOT_ASKED if steps == _NONE else steps / FINE for steps in unpack(_ROW, plain[at : at + size])]
        for at in range(0, len(plain), size)
    ]


def from_configuration(kept: Mapping[str, Any]) -> DayKept | None:
    """None: measured by other statistics than this version has."""
    if kept.get("statistics") != list(STATISTICS):
        return None
    crowds = _unpacked(kept["crowds"]) if "crowds" in kept else []  # kept before crowds were
    return DayKept(kept["scale"], _unpacked(kept["rows"]), kept["records"], kept["over"], kept["surplus"], crowds)


def _steps(value: float) -> int:
    return _NONE if value == NOT_ASKED else max(_NONE + 1, min(32_767, round(value * FINE)))


def scale_of(days: Iterable[DayKept]) -> Scale | None:
    """The tenant's own percentiles, from how many records lay beyond the shipped ones; None: too few records.

    Between and beyond two shares of a tail that falls exponentially its other values are known.
    """
    some = list(days)
    records = sum(day.records for day in some)
    if records < _LEAST_RECORDS:
        return None
    q97, q997 = [], []
    for place, (high, highest) in enumerate(zip(SHIPPED.q97, SHIPPED.q997, strict=True)):
        over = (sum(day.over[place] for day in some) + 1) / (records + 2)
        far = min((sum(day.surplus[place] for day in some) + 0.1) / (records + 2), 0.9 * over)
        apart = highest - high
        slope = min(max(apart / math.log(over / far), apart / _STEEPEST), apart * _STEEPEST / math.log(_OVER / _FAR))
        q97.append(high + slope * math.log(over / _OVER))
        q997.append(q97[-1] + slope * math.log(_OVER / _FAR))
    return learned((SHIPPED.median, tuple(q97), tuple(q997)))


def drift(days: Sequence[DayKept], calibration: Calibrated) -> list[str]:
    """What of the newest of these days isn't as it was when this was learned, in words."""
    if not days or not calibration.rate:
        return []
    found = []
    rows = days[-1].rows
    accused = sum(any(value > most for value, most in zip(row, calibration.thresholds, strict=True)) for row in rows)
    if accused > max(3.0, 5 * calibration.rate * len(rows)):
        found.append(f"{accused} of {len(rows)} caller-days lie beyond a threshold; {calibration.rate:g} was asked for")
    records = sum(day.records for day in days)
    for place, head in enumerate(HEADS):
        share = sum(day.over[place] for day in days) / max(records, 1)
        if records >= _LEAST_RECORDS and not _ORDINARY[0] <= share <= _ORDINARY[1]:
            found.append(f"{share:.1%} of records lie beyond the 97th percentile of {head} texts")
    return found
