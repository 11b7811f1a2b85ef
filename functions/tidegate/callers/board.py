"""The callers of an account side by side: how each one's day looks so far, and which groups are known.

A summary replaces a thinner one of the same caller, so neither order of arrival nor repetition changes the board. It
holds the newest day; what comes late counts for that one. Newcomers and callers who turned stay whatever happens, of
the others a sample stays that their names choose: it tells what is usual here today.
"""

from __future__ import annotations

from zlib import crc32

import msgspec

from tidegate.model import CallerDay

MOST = 200  # callers of a day: some 60 KB before they are packed
NOTHING = -(1 << 15)  # log-odds of a day that an earlier version told of
KNOWN_DAYS = 2  # of history, from which a caller is no newcomer
TURNED = 8  # sixteenths by which a caller's direction has to be off its usual one to count as turned
_MOST_GROUPS = 24
_SAME_GROUP = 0.8  # cosine of two groups' directions
_ESTABLISHED = 2  # earlier days on which a group was there; accused or not: what goes on unminded is a job
_FORGET_GROUP = 30  # days


class Member(msgspec.Struct, array_like=True, frozen=True):
    """See tidegate.model.CallerDay."""

    records: int
    began: int
    latest: int
    direction: bytes
    marks: tuple[int, ...]
    signatures: tuple[int, ...]
    heads: tuple[int, ...]
    known: int
    turned: int
    origin: int
    event: str
    excerpt: str
    forms: tuple[int, ...] = ()
    own: int = NOTHING

    @property
    def is_new(self) -> bool:
        """Never here before, or asking for something else than on its own days."""
        return self.known < KNOWN_DAYS or self.turned >= TURNED


class Group(msgspec.Struct, array_like=True):
    """A group as it was on earlier days."""

    direction: bytes  # 64 signed bytes, off the mean of its day
    latest: int  # day
    days: int = 1


class Accused(msgspec.Struct, array_like=True):
    """A group that was reported today."""

    names: list[str]  # hashes would save little: they are what the finding says
    founder: str  # names the finding
    size: int  # of it when it was reported last
    tier: int
    beside: list[str] = []  # of the names, those that don't stand out themselves


class Board(msgspec.Struct, array_like=True):
    day: int = 0
    members: dict[str, Member] = {}
    groups: list[Group] = []
    accused: list[Accused] = []
    left_out: int = 0  # summaries of today that found no room

    def note(self, told: CallerDay) -> bool:
        """Whether it was news."""
        if told.day > self.day:
            self.day, self.members, self.accused, self.left_out = told.day, {}, [], 0
        present = self.members.get(told.caller)
        if told.day < self.day or (present is not None and present.records >= told.records):
            return False
        self.members[told.caller] = Member(
            told.records, told.began, told.latest, told.direction, told.marks, told.signatures, told.heads,
            told.known, told.turned, told.origin, told.event, told.excerpt, told.forms, told.own,
        )  # fmt: skip
        if len(self.members) > MOST:
            gone = min(self.members, key=self._worth)
            del self.members[gone]
            self.left_out += 1
            return gone != told.caller
        return True

    def _worth(self, name: str) -> tuple[bool, int, str]:
        return self.members[name].is_new, crc32(name.encode("utf-8", "surrogatepass")), name

    def loudness(self, name: str) -> tuple[int, str]:
        return max(self.members[name].heads), name

    def is_established(self, direction: bytes) -> bool:
        """Whether a group like it was there on earlier days and nobody minded. Remembers that it is here today."""
        known = next((group for group in self.groups if _cosine(group.direction, direction) >= _SAME_GROUP), None)
        if known is None:
            self.groups = [group for group in self.groups if group.latest > self.day - _FORGET_GROUP]
            self.groups = [*self.groups, Group(direction, self.day)][-_MOST_GROUPS:]
            return False
        established = known.days - (known.latest == self.day) >= _ESTABLISHED
        if known.latest < self.day:
            known.latest, known.days = self.day, known.days + 1
        return established


def _cosine(one: bytes, other: bytes) -> float:
    left, right = signed(one), signed(other)
    product = sum(a * b for a, b in zip(left, right, strict=True))
    lengths = (sum(a * a for a in left) * sum(b * b for b in right)) ** 0.5
    return float(product / lengths) if lengths else 0.0


def signed(values: bytes) -> list[int]:
    return list(memoryview(values).cast("b"))
