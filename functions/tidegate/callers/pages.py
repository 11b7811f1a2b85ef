"""Pages of calls that wait for their other half: compact, append-only, one a few minutes of event time.

A page is a row of chunks, each written by one batch: `length (4 bytes, big end first), id (8), msgpack`. A chunk holds
each name once and a line of 30 to 40 bytes a call, so writing costs by batches and bytes, not by calls. Appending the
same chunk again is seen by its id; the same call in two chunks is the same call. Who reads a page that has grown
reads only what is new.
"""

from __future__ import annotations

import hashlib
from typing import Literal, NamedTuple

import msgspec

from tidegate.errors import Permanent
from tidegate.model import ApiCall, Invocation, Joined, Principal

type Side = Literal["log", "trail"]

PAGE = 300  # seconds of event time
SHARDS = 8  # pages of the same minutes, so that batches at work at the same time don't wait for each other
MOST_BYTES = 350_000  # a page; an item of DynamoDB holds 400 KB, its names included
MOST_ROWS = 4000  # a chunk: 160 KB, at most 350 KB where every caller is another
_ID = 8
_HEAD = 4 + _ID

OTHER: dict[Side, Side] = {"log": "trail", "trail": "log"}


class Row(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A call as one side tells it. Words and principals are places in the tables of its chunk.

    `about`: of the log (model, operation, Region of inference, error); of CloudTrail (address, agent, type of bearer).
    """

    request: bytes  # 8 bytes of the request id's hash: 80,000 calls a page collide with a chance of 2e-10
    time: float
    caller: int
    principal: int
    tokens: int  # of the log
    bearer: bool  # of CloudTrail
    expected: bool  # of CloudTrail: a call that the log ought to hold
    about: tuple[int, ...]


class Chunk(msgspec.Struct, array_like=True):
    words: list[str]
    principals: list[Principal]
    rows: list[Row]


class Found(NamedTuple):
    """A row and the tables it refers to."""

    row: Row
    chunk: Chunk

    @property
    def caller(self) -> str:
        return self.chunk.words[self.row.caller]

    @property
    def principal(self) -> Principal:
        return self.chunk.principals[self.row.principal]

    @property
    def about(self) -> list[str]:
        return [self.chunk.words[place] for place in self.row.about]


type Calls = dict[bytes, Found]

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Chunk).decode
_blake = hashlib.blake2b


def request_mark(request_id: str) -> bytes:
    return _blake(request_id.encode("utf-8", "surrogatepass"), digest_size=_ID).digest()


def key_of(account: str, region: str, side: Side, page: int, shard: int) -> str:
    return f"{account}/join:{region}/{side}/{page}/{shard}"


class Writing:
    """A chunk in the making."""

    def __init__(self) -> None:
        self.chunk = Chunk([], [], [])
        self._words: dict[str, int] = {}
        self._principals: dict[tuple[str, str, str], int] = {}

    def _word(self, word: str) -> int:
        place = self._words.get(word)
        if place is None:
            place = self._words[word] = len(self.chunk.words)
            self.chunk.words.append(word)
        return place

    def _principal(self, principal: Principal) -> int:
        name = (principal.arn, principal.access_key, principal.invoked_by)
        place = self._principals.get(name)
        if place is None:
            place = self._principals[name] = len(self.chunk.principals)
            self.chunk.principals.append(principal)
        return place

    def logged(self, call: Invocation) -> Row:
        word = self._word
        about = (word(call.model), word(call.operation), word(call.inference_region), word(call.error))
        tokens = call.input_tokens + call.output_tokens
        caller, principal = word(call.caller), self._principal(call.principal)
        row = Row(request_mark(call.id), call.time, caller, principal, tokens, False, False, about)
        self.chunk.rows.append(row)
        return row

    def called(self, call: ApiCall, *, expected: bool) -> Row:
        word = self._word
        about = (word(call.address), word(call.user_agent), word(call.bearer_type))
        caller, principal = word(call.caller), self._principal(call.principal)
        row = Row(request_mark(call.request_id), call.time, caller, principal, 0, call.bearer, expected, about)
        self.chunk.rows.append(row)
        return row


def appended(data: bytes, chunk_id: bytes, chunk: Chunk) -> bytes:
    """The page with the chunk; as it was when it is there already."""
    if chunk_id in _ids(data):
        return data
    body = _encode(chunk)
    return b"".join((data, len(body).to_bytes(4, "big"), chunk_id, body))


def chunk_id_of(*parts: str) -> bytes:
    return _blake("\x1f".join(parts).encode("utf-8", "surrogatepass"), digest_size=_ID).digest()


def _ids(data: bytes) -> set[bytes]:
    found, place = set(), 0
    while place < len(data):
        found.add(data[place + 4 : place + _HEAD])
        place += _HEAD + int.from_bytes(data[place : place + 4], "big")
    return found


def calls_in(data: bytes, into: Calls, *, key: str, place: int = 0) -> int:
    """Reads a page from `place` on into `into`; returns where it ends.

    Raises Permanent when the stored bytes aren't ours.
    """
    while place < len(data):
        end = place + _HEAD + int.from_bytes(data[place : place + 4], "big")
        try:
            chunk = _decode(data[place + _HEAD : end])
        except msgspec.MsgspecError as error:
            raise Permanent(f"page {key}: can't be read ({error}). Its calls stay unmatched.") from error
        for row in chunk.rows:
            into[row.request] = Found(row, chunk)
        place = end
    return place


def joined(request_id: str, account: str, region: str, logged: Found, called: Found) -> Joined:
    """The same whichever side came last: all of it is in the two rows."""
    model, operation, inference_region, error = logged.about
    address, user_agent, bearer_type = called.about
    principal = logged.principal
    if key := called.principal.access_key:
        principal = msgspec.structs.replace(principal, access_key=key)
    return Joined(
        request_id,
        logged.row.time,
        account,
        region,
        logged.caller,
        principal,
        model,
        operation,
        address,
        user_agent,
        called.row.bearer,
        bearer_type,
        inference_region,
        logged.row.tokens,
        error,
    )
