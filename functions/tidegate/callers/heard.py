"""Which sources were heard, where and when: a rhythm for each, in one item of a few KB.

A source is `NAME/ACCOUNT/REGION`. The item is written when a source is heard in a quarter of an hour for the first
time, so a few times an hour, however many records there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import msgspec

from tidegate.callers.absence import Rhythm
from tidegate.errors import Permanent
from tidegate.model import ApiCall, Invocation, Record, ThreatFinding

KEY = "tidegate/heard"
MOST_SOURCES = 400  # 200 bytes each; further ones are not watched
STEP = 900  # seconds: as a rhythm's

INVOCATION_LOG, CLOUDTRAIL, GUARDDUTY, MODEL_CALLS = "invocation_log", "cloudtrail", "guardduty", "model_calls"


class Source(NamedTuple):
    name: str
    account: str
    region: str

    def __str__(self) -> str:
        return "/".join(self)


class Heard(msgspec.Struct, array_like=True):
    rhythms: dict[str, Rhythm] = {}

    def hear(self, source: str, time: float) -> bool:
        """Whether this was news."""
        rhythm = self.rhythms.get(source)
        if rhythm is None:
            if len(self.rhythms) >= MOST_SOURCES:
                return False
            rhythm = self.rhythms[source] = Rhythm()
        return rhythm.hear(time)

    def sources(self) -> Iterator[tuple[Source, Rhythm]]:
        for name, rhythm in sorted(self.rhythms.items()):
            parts = name.split("/")
            if len(parts) == 3:
                yield Source(*parts), rhythm


_decode = msgspec.msgpack.Decoder(Heard).decode
_encode = msgspec.msgpack.Encoder().encode


def heard_of(data: bytes) -> Heard:
    """Raises Permanent when the stored bytes aren't ours."""
    if not data:
        return Heard(rhythms={})
    try:
        return _decode(data)
    except msgspec.MsgspecError as error:
        raise Permanent(f"{KEY}: can't be read ({error}). Delete the item: rhythms are learned anew.") from error


def bytes_of(heard: Heard) -> bytes:
    return _encode(heard)


def steps_of(records: Iterable[Record], is_model_call: frozenset[str]) -> set[tuple[str, str, str, int]]:
    """(source, account, Region, quarter of an hour) of every record that tells of a source's life."""
    found: set[tuple[str, str, str, int]] = set()
    add = found.add
    for record in records:
        step = int(record.time) // STEP
        if isinstance(record, Invocation):
            add((INVOCATION_LOG, record.account, record.region, step))
        elif isinstance(record, ApiCall):
            add((CLOUDTRAIL, record.account, record.region, step))
            if record.name in is_model_call:
                add((MODEL_CALLS, record.account, record.region, step))
        elif isinstance(record, ThreatFinding):
            add((GUARDDUTY, record.account, record.region, step))
    return found
