"""What is said of a piece of text that should not be there."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from enum import StrEnum
from typing import Literal, NamedTuple


class Trust(StrEnum):
    """How sure we are that it is one."""

    VERIFIED = "verified"  # its checksum holds, or what is encoded in it reads as it should
    SHAPED = "shaped"  # a vendor's prefix, length and alphabet
    LIKELY = "likely"  # only what stands beside it says so


type Sort = Literal["secret", "personal", "canary", "pattern"]


class Find(NamedTuple):
    sort: Sort
    kind: str  # aws_access_key, iban, ...; the name of a canary or an organisation's pattern
    start: int  # characters, in the text as given
    end: int
    value: str
    trust: Trust = Trust.SHAPED
    note: str = ""  # what else it tells: the account an AWS key belongs to

    @property
    def fingerprint(self) -> str:
        """Knows the value again and doesn't tell it. Not for numbers of few digits: those could be tried out."""
        return hashlib.sha256(self.value.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def apart(finds: Iterable[Find]) -> list[Find]:
    """In the order of the text; of those that overlap the surest, and of equally sure ones the longest."""
    kept: list[Find] = []
    for find in sorted(finds, key=lambda find: (find.start, -find.end)):
        if not kept or kept[-1].end <= find.start:
            kept.append(find)
        elif _worth(find) > _worth(kept[-1]):
            kept[-1] = find
    return kept


def _worth(find: Find) -> tuple[int, int]:
    return -_TRUSTS.index(find.trust), find.end - find.start


_TRUSTS = list(Trust)
