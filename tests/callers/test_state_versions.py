"""A state that an earlier version wrote is read as if this one had, and written smaller."""

from __future__ import annotations

import hashlib
import random
import zlib

import msgspec
import pytest
from detection_builders import an_invocation

from tidegate.callers.behaviour.day import Day
from tidegate.callers.behaviour.memory import Behaviour, Example, id_of
from tidegate.callers.state import RING, CallerState, decoded, encoded, mark_of
from tidegate.detectors.about import Known
from tidegate.errors import Permanent

KEY = "111122223333/user:u-1"
REQUEST = "0b6f3a52-6f0e-4a63-9a3c-5d0f3f1d2c11"


def _first(**more: object) -> bytes:
    """A state of version 1: six bytes a delivery."""
    marks = [hashlib.blake2b(f"file-{n}".encode(), digest_size=6).digest() for n in range(RING)]
    return msgspec.msgpack.encode([1, more, b"".join(marks), [], 20_000, 19_990])


def _full() -> CallerState:
    dice = random.Random(1)
    return CallerState(
        memories={"quota_abuse": [dice.getrandbits(12) for _ in range(200)], "origins": [dice.randbytes(150)],
                  "knowledge_base_scraping": [0] * 90, "denial_of_wallet": [0] * 40},
        folded=dice.randbytes(4 * RING),
    )  # fmt: skip


@pytest.mark.parametrize("pack", [bytes, lambda data: zlib.compress(data, 1)], ids=["plain", "packed"])
def test_deliveries_that_the_first_version_folded_are_not_folded_again(pack) -> None:
    state = decoded(pack(_first()), KEY)

    assert all(state.has_folded(mark_of(f"file-{n}")) for n in range(RING))
    assert not state.has_folded(mark_of("file-new"))
    again = decoded(encoded(state), KEY)
    assert (again.version, again.folded) == (2, state.folded)
    assert len(encoded(state)) <= len(_first()) - 2 * RING


def test_a_mark_found_across_two_others_is_none() -> None:
    state = CallerState(folded=b"\x01\x02\x03\x04\x05\x06\x07\x08")

    assert not state.has_folded(b"\x03\x04\x05\x06")
    assert state.has_folded(b"\x05\x06\x07\x08")


def test_wide_lanes_of_the_first_version_point_where_they_did() -> None:
    counts = [0, 300, 600, 599] * 16
    wide = b"".join(count.to_bytes(2, "little") for count in counts)
    day = Day(records=600, lanes=wide, laned=600)

    assert day.direction() == pytest.approx([2 * count / 600 - 1 for count in counts], abs=0.02)
    assert len(day.lanes) == 64


@pytest.mark.parametrize("event", [REQUEST, REQUEST.upper(), "call-7"])
def test_an_example_is_the_event_that_it_was(event: str) -> None:
    body = {"messages": [{"role": "user", "content": [{"text": "How much is the tent?"}]}]}
    memory = Behaviour()
    memory.observe(an_invocation(id=event, input_body=msgspec.Raw(msgspec.json.encode(body))), Known())
    stored = msgspec.msgpack.decode(msgspec.msgpack.encode(memory), type=Behaviour)

    assert [id_of(one.id) for one in stored.examples] == [event]
    assert id_of(event) == event, "as the first version kept it"


def test_an_example_without_words_of_the_first_version_is_read() -> None:
    memory = msgspec.msgpack.encode(Behaviour(examples=[Example(16, REQUEST)]))
    first = memory.replace(b"\x93\x10\xd9\x24" + REQUEST.encode() + b"\xa0", b"\x92\x10\xd9\x24" + REQUEST.encode())

    assert len(first) == len(memory) - 1
    assert msgspec.msgpack.decode(first, type=Behaviour).examples == [Example(16, REQUEST)]


def test_a_full_state_is_read_back_and_smaller_than_it_is_told() -> None:
    state = _full()

    assert decoded(encoded(state), KEY).memories == state.memories
    assert len(encoded(state)) < len(msgspec.msgpack.encode(state))


def test_a_state_of_a_later_version_is_not_guessed_at() -> None:
    with pytest.raises(Permanent, match="version 3"):
        decoded(msgspec.msgpack.encode([3, {}, b"", [], 0, 0]), KEY)
