"""What is usual for a caller: its own days, without those on which it was accused."""

from __future__ import annotations

import math
from operator import mul

import msgspec

from tidegate.callers.behaviour.day import SHAPE, Day, vocabulary_size
from tidegate.callers.behaviour.habit import Habit
from tidegate.scoring.words import PLANES

FINE = 256  # steps of a value kept
_SLOWEST = 0.2  # weight of a new day once there are many: the last week or two count
_KEPT = 8  # prefixes and suffixes known
_NARROWEST = 0.02  # that a feature is taken to move from day to day
_LEAST = 3  # records that make a day worth remembering


class Profile(msgspec.Struct, array_like=True):
    days: int = 0
    records: int = 0  # usual records a day
    shape: list[int] = []
    spread: list[int] = []  # usual change of each from day to day
    direction: bytes = b""  # 64 signed bytes
    vocabulary: bytes = b""
    prefixes: list[int] = []
    suffixes: list[int] = []
    habit: Habit = {}

    def learn(self, day: Day) -> None:
        """A day that is over and was not accused."""
        if day.records < _LEAST:
            return
        found = day.shape()
        self.days += 1
        weight = max(1 / self.days, _SLOWEST)
        if not self.shape:
            self.shape, self.spread = [round(value * FINE) for value in found], [0] * len(found)
        else:
            for place, value in enumerate(found):
                change = value * FINE - self.shape[place]
                self.spread[place] = round(self.spread[place] + weight * (abs(change) - self.spread[place]))
                self.shape[place] = round(self.shape[place] + weight * change)
        self.records = round(self.records + weight * (day.records - self.records))
        self._learn_direction(day.direction(), weight)
        # A word unheard for long is forgotten with the sketch, which starts anew when it is full.
        bits = int.from_bytes(self.vocabulary, "little") | int.from_bytes(day.vocabulary, "little")
        self.vocabulary = bits.to_bytes(len(day.vocabulary), "little")
        self.prefixes = _known(self.prefixes, day.prefixes)
        self.suffixes = _known(self.suffixes, day.suffixes)

    def _learn_direction(self, today: list[float], weight: float) -> None:
        before = _signed(self.direction)
        blended = [old + weight * (127 * new - old) for old, new in zip(before, today, strict=True)]
        self.direction = bytes(max(-127, min(127, round(value))) & 0xFF for value in blended)

    def usual(self, place: int) -> tuple[float, float]:
        """Where a feature of SHAPE lies on this caller's days, and how far it moves between them. Not without days."""
        return self.shape[place] / FINE, max(self.spread[place] / FINE, _NARROWEST)

    def newness(self, day: Day) -> list[float]:
        """How new a day is, in the order of NEWNESS; zeros where nothing is known."""
        if not self.days:
            return [0.0] * len(NEWNESS)
        known = int.from_bytes(self.vocabulary, "little")
        union = (known | int.from_bytes(day.vocabulary, "little")).to_bytes(128, "little")
        size = vocabulary_size(day.vocabulary)
        return [
            1 - _cosine(_signed(self.direction), day.direction()),
            (vocabulary_size(union) - vocabulary_size(self.vocabulary)) / (size + 20),
            _unknown(day.prefixes, self.prefixes) / (day.records + 2),
            _unknown(day.suffixes, self.suffixes) / (day.records + 2),
        ]

    def difference(self, shape: list[float]) -> list[float]:
        """Of a day's shape from the usual one; zeros where nothing is known."""
        if not self.days:
            return [0.0] * len(SHAPE)
        return [value - usual / FINE for value, usual in zip(shape, self.shape, strict=True)]


NEWNESS = ("direction", "new vocabulary", "new prefix", "new suffix")


def _known(kept: list[int], marks: dict[int, int]) -> list[int]:
    """Marks seen at least twice in a day, the latest days' first."""
    heavy = [mark for mark, count in sorted(marks.items(), key=lambda item: (-item[1], item[0])) if count >= 2]
    return list(dict.fromkeys([*heavy, *kept]))[:_KEPT]


def _unknown(marks: dict[int, int], known: list[int]) -> int:
    """Records of the heaviest mark that isn't known."""
    return max((count for mark, count in marks.items() if count >= 2 and mark not in known), default=0)


def _signed(values: bytes) -> list[int]:
    return memoryview(values).cast("b").tolist() if values else [0] * PLANES


def _cosine(one: list[int], other: list[float]) -> float:
    product = sum(map(mul, one, other))
    lengths = math.sqrt(sum(map(mul, one, one))) * math.sqrt(sum(map(mul, other, other)))
    return product / lengths if lengths else 1.0
