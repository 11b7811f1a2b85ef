"""What a calibration is learned from: how far each statistic went on a caller's day, kept for the day after it."""

from __future__ import annotations

import msgspec

FINE = 64  # steps of a statistic's unit


class PastDay(msgspec.Struct, array_like=True):
    day: int = 0  # since the epoch, UTC
    records: int = 0
    most: dict[int, int] = {}  # place in STATISTICS -> the largest value, in steps
    over: list[int] = []  # records beyond the 97th percentile, by head
    surplus: list[int] = []  # beyond the 99.7th
