"""One day of a caller, folded: what heads over caller-days look at, in some 600 bytes.

Everything is a sum, a count or a sketch: folding is independent of how records are batched, and two days merge.
Sums of units are kept as sixteenths, so that small integers are stored and not doubles.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from operator import add

import msgspec

from tidegate.callers.behaviour.record import TRAITS, Record
from tidegate.scoring.text import HEADS
from tidegate.scoring.words import PLANES, lane_values

UNIT = 16
FLOOR = -0.5  # tail units that one quiet record takes back: an attack hidden among other requests still adds up
_LEAST_GAIN = round(FLOOR * UNIT)
_KEPT_MARKS = 8  # heavy prefixes and suffixes (Space-Saving: Metwally et al. 2005)
_RECENT = 12  # signatures kept to measure how near a text is to those before it
_NEAR = 8  # bits
_BITS = 1024  # of the sketch of vocabulary
_SAMPLED = 4  # one word in so many is counted
_MOST = 255  # records in a lane of the sum of signatures; halved then, so that the last few hundred texts count
_HALVES = int.from_bytes(b"\x7f" * PLANES, "little")
_WIDE = 2 * PLANES  # bytes of lanes as they were kept first


def _zeros() -> list[int]:
    return [0] * len(HEADS)


class Day(msgspec.Struct, array_like=True):
    records: int = 0
    sums: list[int] = msgspec.field(default_factory=_zeros)  # of the heads' middle units
    gains: list[int] = msgspec.field(default_factory=_zeros)  # of the heads' tail units, none below FLOOR
    over: list[int] = msgspec.field(default_factory=_zeros)  # records beyond the 97th percentile
    tops: list[int] = msgspec.field(default_factory=_zeros)  # the largest tail units
    surplus: list[int] = msgspec.field(default_factory=_zeros)  # records beyond the 99.7th percentile
    traits: list[int] = msgspec.field(default_factory=lambda: [0] * len(TRAITS))
    words: int = 0
    log_words: int = 0  # sum of log2, in sixteenths
    prefixes: dict[int, int] = {}
    suffixes: dict[int, int] = {}
    vocabulary: bytes = b""  # bitmap of sampled words (linear counting)
    lanes: bytes = b""  # how many signatures have each bit
    laned: int = 0
    recent: list[int] = []
    distances: int = 0  # sum of the distance to the nearest recent text
    near: int = 0
    rapid: int = 0  # records that came hard upon the one before
    answered: int = 0  # sum of log2 of the answers' characters, in sixteenths

    def __post_init__(self) -> None:
        if len(self.lanes) == _WIDE:  # kept by an earlier version, sixteen bits each
            halvings = max(0, self.laned.bit_length() - _MOST.bit_length())
            self.lanes = bytes(value >> halvings for value in lane_values(int.from_bytes(self.lanes, "little")))
            self.laned >>= halvings

    def add(self, record: Record, *, rapid: bool = False) -> int:
        """Returns in how many of 64 bits the text differs from the nearest of those before it."""
        self.records += 1
        self.rapid += rapid
        self.answered += round(math.log2(len(record.contents.answered) + 1) * UNIT)
        gains = [_LEAST_GAIN if tail <= FLOOR else round(tail * UNIT) for tail in record.tail]
        self.sums = list(map(add, self.sums, [round(middle * UNIT) for middle in record.middle]))
        self.gains = list(map(add, self.gains, gains))
        if max(record.tail) > 0:
            for place, tail in enumerate(record.tail):
                if tail > 0:
                    self.over[place] += 1
                    self.tops[place] = max(self.tops[place], gains[place])
                    self.surplus[place] += tail > 1
        self.traits = list(map(add, self.traits, record.traits))
        count = len(record.text.hashed)
        self.words += count
        self.log_words += round(math.log2(count + 1) * UNIT)
        if count >= 6:  # shorter texts are their own prefix
            _count(self.prefixes, record.prefix)
            _count(self.suffixes, record.suffix)
        self._see_words(record.text.hashed)
        return self._see_signature(record)

    def _see_words(self, hashed: Sequence[int]) -> None:
        sampled = {one >> 2 & _BITS - 1 for one in hashed if not one & _SAMPLED - 1}
        bitmap = bytearray(self.vocabulary or _BITS // 8)
        for bit in sampled:
            bitmap[bit >> 3] |= 1 << (bit & 7)
        self.vocabulary = bytes(bitmap)

    def _see_signature(self, record: Record) -> int:
        lanes = int.from_bytes(self.lanes, "little")
        if self.laned == _MOST:
            lanes, self.laned = lanes >> 1 & _HALVES, self.laned >> 1
        votes = record.text.lanes.to_bytes(2 * PLANES, "little")[::2]  # a text's lanes are wide
        self.lanes = (lanes + int.from_bytes(votes, "little")).to_bytes(PLANES, "little")
        self.laned += 1
        mark, nearest = record.signature, 64
        if self.recent:
            nearest = min([(mark ^ other).bit_count() for other in self.recent])
            self.distances += nearest
            self.near += nearest <= _NEAR
        if len(self.recent) < _RECENT:
            self.recent.append(mark)
        else:
            self.recent[self.records % _RECENT] = mark
        return nearest

    def direction(self) -> list[float]:
        """Where the day's texts point to in the projection: 64 numbers in -1 to 1."""
        if not self.laned:
            return [0.0] * PLANES
        return [2 * value / self.laned - 1 for value in self.lanes]

    def shape(self) -> list[float]:
        """What is compared from day to day, in the order of SHAPE. Shares are drawn to 0 while records are few."""
        n = self.records
        few = n + 2
        heavy_prefix, heavy_suffix = _heaviest(self.prefixes), _heaviest(self.suffixes)
        distinct = vocabulary_size(self.vocabulary)
        return [
            *(value / UNIT / few for value in self.sums),
            *(gain / UNIT / few for gain in self.gains),
            *(count / few for count in self.over),
            *(count / few for count in self.traits),
            heavy_prefix / few,
            heavy_suffix / few,
            math.log2(1 + distinct) / math.log2(2 + self.words),
            self.distances / max(n - 1, 1) / 32,
            self.near / few,
            self.log_words / UNIT / max(n, 1) / 8,
            self.answered / UNIT / max(n, 1) / 12,
            self.rapid / few,
        ]


SHAPE = (
    *(f"mean {head}" for head in HEADS),
    *(f"gain of {head}" for head in HEADS),
    *(f"share of {head}" for head in HEADS),
    *(f"share {trait}" for trait in TRAITS),
    "heaviest prefix",
    "heaviest suffix",
    "vocabulary",
    "distance to recent",
    "near copies",
    "length",
    "answer length",
    "hard upon the last",
)


def vocabulary_size(bitmap: bytes) -> float:
    """How many different words: sampled one in four, counted by the bits that stayed zero."""
    zeros = _BITS - int.from_bytes(bitmap, "little").bit_count()
    return _SAMPLED * _BITS * math.log(_BITS / max(zeros, 1))


def _heaviest(marks: dict[int, int]) -> int:
    return max(marks.values(), default=0)


def _count(marks: dict[int, int], mark: int) -> None:
    present = marks.get(mark)
    if present is not None:
        marks[mark] = present + 1
    elif len(marks) < _KEPT_MARKS:
        marks[mark] = 1
    else:
        least = min(marks, key=marks.__getitem__)
        marks[mark] = marks.pop(least) + 1
