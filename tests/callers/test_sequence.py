"""Steps in order within a window, whatever way they arrive."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from tidegate.callers.sequence import LATENESS, Chain, Order, Steps

T = 1_788_256_800  # 2026-09-01T10:00:00Z
LADDER = Order(("probe", "unlock", "invoke"), within=1800)
PAIR = Order(("write", "train"), within=86_400)

events = st.lists(
    st.tuples(st.sampled_from(LADDER.steps), st.integers(0, LATENESS), st.integers(0, 999).map(str)), max_size=20
)


def _told(order: Order, events: list[tuple[str, int, str]]) -> tuple[Steps, set[int]]:
    """Memory at the end, and the slots in which a chain was ever seen to end."""
    memory, ends = Steps(seen={}), set()
    for step, at, event in events:
        if memory.add(order, step, T + at, event):
            ends |= {chain.slot for chain in memory.chains(order)}
    return memory, ends


@given(events, st.randoms())
def test_the_order_of_arrival_within_an_hour_changes_nothing(events: list[tuple[str, int, str]], random):
    shuffled = random.sample(events, len(events))

    (memory, ends), (other, others) = _told(LADDER, events), _told(LADDER, shuffled)

    assert memory == other
    assert ends == others == {chain.slot for chain in memory.chains(LADDER)}


@given(events)
def test_telling_it_again_is_no_news(events: list[tuple[str, int, str]]):
    memory, _ = _told(LADDER, events)
    before = msgspec.msgpack.encode(memory)

    assert not any(memory.add(LADDER, step, T + at, event) for step, at, event in events)
    assert msgspec.msgpack.encode(memory) == before


@given(events)
def test_what_really_happened_in_order_is_found(events: list[tuple[str, int, str]]):
    def row(left: tuple[str, ...], after: int, start: int | None) -> bool:
        if not left:
            return True
        return any(
            row(left[1:], at, at if start is None else start)
            for step, at, _ in events
            if step == left[0] and at >= after and (start is None or at - start <= LADDER.within)
        )

    _, ends = _told(LADDER, events)

    assert not row(LADDER.steps, 0, None) or ends


@given(st.lists(st.tuples(st.sampled_from(PAIR.steps), st.integers(0, 200_000)), max_size=12))
def test_of_two_steps_exactly_the_pairs_within_the_window_are_found(events: list[tuple[str, int]]):
    _, ends = _told(PAIR, [(step, at, "") for step, at in sorted(events, key=lambda event: event[1])])
    writes, trains = ([at for step, at in events if step == wanted] for wanted in PAIR.steps)

    assert ends == {
        (T + end) // PAIR.slot for end in trains if any(0 <= end - begin <= PAIR.within for begin in writes)
    }


def test_a_chain_names_its_events_and_the_slot_in_which_it_ended():
    memory = Steps(seen={})
    for step, at, event in (("probe", 0, "e-1"), ("unlock", 700, "e-2"), ("invoke", 1500, "e-3")):
        memory.add(LADDER, step, T + at, event)

    assert memory.chains(LADDER) == [Chain((T + 1500) // LADDER.slot, (T, T + 700, T + 1500), ("e-1", "e-2", "e-3"))]


def test_the_wrong_way_round_is_no_chain():
    memory = Steps(seen={})
    for at, step in enumerate(reversed(LADDER.steps)):
        memory.add(LADDER, step, T + at, "")

    assert memory.chains(LADDER) == []


def test_too_far_apart_is_no_chain():
    memory = Steps(seen={})
    for step, at in (("probe", 0), ("unlock", 700), ("invoke", LADDER.within + 1)):
        memory.add(LADDER, step, T + at, "")

    assert memory.chains(LADDER) == []


def test_a_flood_of_one_step_neither_grows_the_memory_nor_hides_the_others():
    memory = Steps(seen={})
    memory.add(PAIR, "write", T, "e-" + "0" * 34)
    for second in range(0, PAIR.within, 60):
        memory.add(PAIR, "write", T + second, f"e-{second:034}")
    memory.add(PAIR, "train", T + PAIR.within - LATENESS, "late")

    assert memory.chains(PAIR)
    assert len(msgspec.msgpack.encode(memory)) < 600


def test_it_comes_back_from_storage_as_it_was():
    memory, _ = _told(LADDER, [("probe", 5, "a"), ("invoke", 900, "b")])
    raw = msgspec.msgpack.decode(msgspec.msgpack.encode(memory))

    assert msgspec.convert(raw, Steps) == memory
