"""What an identity was seen with before, and since when: addresses, agents, Regions, models, acts.

A baseline of sets, for "never before" questions. Each dimension keeps a bounded set of hashes with the day (UTC) of
the first and the last sight: eight bytes a thing. History is what lies before a day, so that what is judged is never
part of what it is compared with: a thing first seen today is new all day, however often it comes.

Before an identity has a history nothing is new: a period of learning in days since it was first seen, and a number of
days on which it was active. Neither order of arrival nor redelivery matters, as long as no dimension overflows; of a
full one the things seen longest ago go, which then are new again.

At most `MOST_ENCODED` bytes: 52 things in 5 dimensions are 416, names and days the rest.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache

import msgspec

from tidegate.callers.sightings import KEPT, day_of

MOST = {"network": 12, "agent": 8, "region": 8, "model": 12, "act": 12}  # things kept of a dimension
MOST_ENCODED = 600
LEARNING_DAYS = 7  # since the first sight of an identity
LEARNING_ACTIVE = 3  # days of those with anything on them: one call a week ago is no history
_HASH = 4  # bytes: among 12 things one in 350 million new ones is taken for a known one
_DAYS = 2  # bytes a day: until the year 2149
_ROAMS = 6  # things known of a dimension from which on another one says nothing: Lambda's addresses, a phone's
_ENTRY = _HASH + 2 * _DAYS


class Past(msgspec.Struct, frozen=True, gc=False):
    """What an identity had done before a day: how much a "never before" is worth."""

    days: int  # since it was first seen
    active: int  # of those, at most the last `KEPT`, with anything on them

    @property
    def is_history(self) -> bool:
        return self.days >= LEARNING_DAYS and self.active >= LEARNING_ACTIVE


class Firsts(msgspec.Struct, array_like=True):
    since: int = 0  # the day of the oldest sight of anything, 0: nothing yet
    latest: int = 0  # the newest day
    active: int = 0  # bits; bit n: active n days before `latest`
    seen: dict[str, bytes] = {}  # dimension -> entries of (hash, first day, last day)
    overflowed: dict[str, int] = {}  # dimension -> the day on which it first held more than it keeps

    def saw(self, dimension: str, thing: str, time: float) -> bool:
        """Remembers a sight; whether it was news: a thing not known, or not on that day. Empty things aren't kept."""
        if not thing:
            return False
        day = day_of(time)
        self._was_active(day)
        entries = self.seen.get(dimension, b"")
        mark = mark_of(dimension, thing)
        place = _place(entries, mark)
        if place < 0:
            added, most = entries + mark + _packed(day) * 2, MOST.get(dimension, 8)
            self.seen[dimension] = _newest(added, most)
            if len(added) > most * _ENTRY:
                self.overflowed[dimension] = min(day, self.overflowed.get(dimension, day))
            return True
        first, last = _days(entries, place)
        if first <= day <= last:
            return False
        entry = mark + _packed(min(first, day)) + _packed(max(last, day))
        self.seen[dimension] = entries[:place] + entry + entries[place + _ENTRY :]
        return True

    def first_day(self, dimension: str, thing: str) -> int | None:
        """The day of the first sight, counted since the epoch; None: never seen, or forgotten."""
        entries = self.seen.get(dimension, b"")
        place = _place(entries, mark_of(dimension, thing))
        return None if place < 0 else _days(entries, place)[0]

    def is_new(self, dimension: str, thing: str, time: float, *, within: int = 1) -> bool:
        """Whether a thing was not seen before the last `within` days, that of `time` included.

        Says nothing about whether there is a history to compare with: see `past`. An empty thing is never new, nor is
        anything in a dimension of which nothing else was seen before: no address is not another address.
        """
        if not thing:
            return False
        since = day_of(time) - within + 1
        first = self.first_day(dimension, thing)
        return (first is None or first >= since) and self._knows(dimension, since)

    def is_recent(self, dimension: str, thing: str, time: float) -> bool:
        """Whether a thing was first seen on this day or the one before, history or not."""
        first = self.first_day(dimension, thing)
        return first is None or first >= day_of(time) - 1

    def latest_of(self, dimension: str) -> int:
        """The hash of the thing seen last in a dimension; 0: none."""
        entries = self.seen.get(dimension, b"")
        found = [(_days(entries, place)[1], place) for place in range(0, len(entries), _ENTRY)]
        return int.from_bytes(entries[max(found)[1] :][:_HASH], "big") if found else 0

    def known(self, dimension: str, time: float, *, within: int = 1) -> int:
        """How many things of a dimension were seen before the last `within` days."""
        since = day_of(time) - within + 1
        return sum(first < since for first in _firsts(self.seen.get(dimension, b"")))

    def roams(self, dimension: str, time: float) -> bool:
        """Whether an identity changes a dimension all the time: before this day it had more than are kept, or half."""
        full = self.overflowed.get(dimension)
        return (full is not None and full < day_of(time)) or self.known(dimension, time) >= _ROAMS

    def past(self, time: float, *, within: int = 1) -> Past:
        """The history before the last `within` days, that of `time` included: the spike is not in it."""
        until = day_of(time) - within + 1
        if not self.since or self.since >= until:
            return Past(0, 0)
        bits = self.active >> max(self.latest - until + 1, 0)
        return Past(until - self.since, bits.bit_count())

    def _knows(self, dimension: str, before: int) -> bool:
        return any(first < before for first in _firsts(self.seen.get(dimension, b"")))

    def _was_active(self, day: int) -> None:
        self.since = min(self.since or day, day)
        if day > self.latest:
            by = day - self.latest
            self.active = self.active << by & (1 << KEPT) - 1 if by < KEPT else 0
            self.latest = day
        if (age := self.latest - day) < KEPT:
            self.active |= 1 << age


@lru_cache(maxsize=16_384)
def mark_of(dimension: str, thing: str) -> bytes:
    """What is kept of a thing: enough to know it again, not to read it."""
    text = f"{dimension}\x1f{thing}".encode("utf-8", "surrogatepass")
    return hashlib.blake2b(text, digest_size=_HASH).digest()


def _place(entries: bytes, mark: bytes) -> int:
    place = entries.find(mark)
    while place > 0 and place % _ENTRY:  # found across two entries, or in a day
        place = entries.find(mark, place + 1)
    return place


def _days(entries: bytes, place: int) -> tuple[int, int]:
    first = place + _HASH
    last = first + _DAYS
    return int.from_bytes(entries[first:last]), int.from_bytes(entries[last : last + _DAYS])


def _firsts(entries: bytes) -> list[int]:
    return [_days(entries, place)[0] for place in range(0, len(entries), _ENTRY)]


def _packed(day: int) -> bytes:
    return max(0, min(day, 0xFFFF)).to_bytes(_DAYS)


def _newest(entries: bytes, most: int) -> bytes:
    """The entries by age of first sight; of too many, those seen last longest ago go."""
    split = [entries[place : place + _ENTRY] for place in range(0, len(entries), _ENTRY)]
    if len(split) > most:
        split.remove(min(split, key=_by_last))
    split.sort(key=_by_first)
    return b"".join(split)


def _by_last(entry: bytes) -> tuple[bytes, bytes]:
    return entry[-_DAYS:], entry[:_HASH]


def _by_first(entry: bytes) -> tuple[bytes, bytes]:
    return entry[_HASH:-_DAYS], entry[:_HASH]
