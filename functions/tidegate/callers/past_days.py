"""A count a day and what is usual for it, in about 30 bytes: for things that most callers never do.

Today and yesterday are exact, so that late records find their day; earlier days are kept as one byte each, on a
logarithmic scale (9 % a step). `recent` slides over the last 24 hours: today plus the part of yesterday that is
still within them, as if yesterday had been even. A burst across midnight is seen whole or nearly; what happens every
night at two is seen nearly twice, so only days are compared with days.
"""

from __future__ import annotations

import math

import msgspec

from tidegate.callers.baseline import Baseline, baseline

KEPT_DAYS = 14
_DAY = 86_400
_STEPS = 8  # a doubling


class PastDays(msgspec.Struct, array_like=True):
    """Days on which nothing was counted are not days of history."""

    day: int = 0  # since the epoch, UTC
    today: int = 0
    yesterday: int = 0
    past: bytes = b""  # before yesterday, oldest first

    def add(self, time: float, amount: int = 1) -> bool:
        """Whether it was counted: more than a day late, it is not."""
        day = int(time) // _DAY
        if day > self.day:
            self._turn(day)
        if day == self.day:
            self.today += amount
        elif day == self.day - 1:
            self.yesterday += amount
        else:
            return False
        return True

    def raise_to(self, time: float, amount: int) -> None:
        """Like `add`, keeping the larger: for what is counted elsewhere, such as distinct things."""
        present = self.of_day(time)
        if amount > present or int(time) // _DAY > self.day:
            self.add(time, max(0, amount - present))

    def _turn(self, day: int) -> None:
        over = [self.yesterday] if day == self.day + 1 else [self.yesterday, self.today]
        self.past = (self.past + bytes(_code(count) for count in over if count))[-KEPT_DAYS:]
        self.yesterday = self.today if day == self.day + 1 else 0
        self.day, self.today = day, 0

    def recent(self, time: float) -> float:
        """In the 24 hours that end at `time`."""
        day, second = divmod(int(time), _DAY)
        if day == self.day:
            return self.today + self.yesterday * (1 - second / _DAY)
        return float(self.yesterday) if day == self.day - 1 else 0.0

    def of_day(self, time: float) -> int:
        """On the UTC day of `time`: what days of the history are compared with."""
        day = int(time) // _DAY
        return self.today if day == self.day else self.yesterday if day == self.day - 1 else 0

    def usual(self, *, floor: float) -> Baseline | None:
        """What is usual on a day, today and yesterday left out; None with fewer active days than a median needs."""
        return baseline([_value(code) for code in self.past], floor=floor)

    @property
    def most(self) -> int:
        """Of a day in the history, today and yesterday left out."""
        return _value(max(self.past)) if self.past else 0

    @property
    def days(self) -> int:
        return len(self.past)


def _code(count: int) -> int:
    return min(255, max(1, round(_STEPS * math.log2(1 + count))))


def _value(code: int) -> int:
    return round(2 ** (code / _STEPS) - 1)
