"""The state of one caller, as stored: what detectors remember, deliveries folded in, findings owed.

Exactly once in effect rests on it. A delivery's counting records and the mark that they were folded in are written
in the same conditional write as the findings that came of them; findings stay owed until they were sent.

DynamoDB counts writes by the KB begun. States over one are packed: they shrink by a quarter in some 15 us, which costs
less than a thousandth of what the second write unit would.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import msgspec

from tidegate.errors import Permanent

VERSION = 2
_FIRST = 1  # kept six bytes of a mark
RING = 48  # deliveries remembered; a batch is cut so that it never has more
MARK = 4  # 48 of 2**32: a chance of one in ninety million a fold to skip a delivery wrongly
_MARK_FIRST = 6

_WRITE_UNIT = 1024  # bytes
_PACKED = b"\x78"  # how zlib's streams begin; a state as it is begins with the mark of an array, 0x90 to 0x9f

# What states hold again and again: packed as a reference to here. Never to be changed, for stored states refer to it.
WORDS = bytes(64) + b"".join(
    bytes([0xA0 | len(word)]) + word.encode()  # as msgpack writes a short text
    for word in (
        "active_content_in_output", "denial_of_wallet", "embedding_extraction", "knowledge_base_scraping",
        "logit_probe", "model_enumeration", "quota_exhaustion", "region_fan_out", "risky_tool_use", "network", "agent",
        "region", "model", "act", "origins", "quota_abuse", "behaviour",
    )
)  # fmt: skip

_LEVEL = 2  # of isal's: a third of the time of zlib's sixth, for 1.5 % more bytes
_new_packer: Callable[[], Any]
try:
    from isal import isal_zlib
except ImportError:  # pragma: no cover - the artefact brings it; the standard library writes what is read the same
    _new_packer = partial(zlib.compressobj, level=6, zdict=WORDS)
else:
    _new_packer = partial(isal_zlib.compressobj, level=_LEVEL, zdict=WORDS)

_encode = msgspec.msgpack.Encoder().encode


class CallerState(msgspec.Struct, array_like=True):
    version: int = VERSION
    memories: dict[str, Any] = {}  # detector id -> its memory; Raw as read, a Struct once opened
    folded: bytes = b""  # ring of delivery hashes, oldest first
    owed: list[bytes] = []  # findings as JSON, saved and not yet known to be sent
    seen: int = 0  # the day (since the epoch) of the newest record folded: decides when the state is forgotten
    since: int = 0  # the day of the oldest: how long its caller has been known

    def memory[M](self, detector: str, kind: type[M]) -> M:
        """A detector's memory, opened. Raises msgspec.ValidationError when it isn't of this kind."""
        present = self.memories.get(detector)
        if isinstance(present, kind):
            return present
        opened = kind() if present is None else msgspec.convert(present, kind)
        self.memories[detector] = opened
        return opened

    def has_folded(self, mark: bytes) -> bool:
        place = self.folded.find(mark)
        while place > 0 and place % MARK:  # found across two marks
            place = self.folded.find(mark, place + 1)
        return place >= 0

    def remember(self, marks: Iterable[bytes]) -> None:
        self.folded = (self.folded + b"".join(marks))[-RING * MARK :]


def mark_of(delivery: str) -> bytes:
    """What the ring keeps of a delivery's id."""
    digest = hashlib.blake2b(delivery.encode("utf-8", "surrogatepass"), digest_size=_MARK_FIRST).digest()
    return digest[:MARK]


_decode = msgspec.msgpack.Decoder(CallerState).decode


def decoded(data: bytes, key: str) -> CallerState:
    """Raises Permanent when the stored bytes aren't ours: deleting the item makes the caller unknown again."""
    if not data:
        return CallerState(memories={}, owed=[])
    try:
        state = _decode(zlib.decompressobj(zdict=WORDS).decompress(data) if data[:1] == _PACKED else data)
    except (msgspec.MsgspecError, zlib.error) as error:
        raise Permanent(f"state of caller {key}: can't be read ({error}). Delete the item to begin anew.") from error
    if state.version == _FIRST:
        marks = (state.folded[place:][:MARK] for place in range(0, len(state.folded), _MARK_FIRST))
        state.folded, state.version = b"".join(marks), VERSION
    if state.version != VERSION:
        raise Permanent(
            f"state of caller {key}: version {state.version}, this code reads {VERSION}. Deploy that version."
        )
    return state


def encoded(state: CallerState) -> bytes:
    data = unpacked(state)
    if len(data) <= _WRITE_UNIT:
        return data
    packer = _new_packer()
    return bytes(packer.compress(data) + packer.flush())


def unpacked(state: CallerState, _marks: int = 0) -> bytes:
    """As `decoded` reads it as well: for stores in memory, where a byte costs nothing."""
    return _encode(state)
