"""Counting over event time: order, batching and redelivery don't change the result."""

from __future__ import annotations

import msgspec
from detection_builders import T, World, a_delivery, an_invocation
from hypothesis import given, settings
from hypothesis import strategies as st

from tidegate.callers.state import RING, CallerState, decoded, encoded, mark_of
from tidegate.callers.usage import DAY, HOUR, LATENESS_HOURS, STEP, Usage, Window
from tidegate.detectors import quota_abuse
from tidegate.detectors.about import Budget, Known
from tidegate.model import Invocation
from tidegate.rules import Rules

# Calls of some six hours; each arrives at most four hours after a later one, because disorder is made by sorting
# with a delay below the lateness that is accepted.
_calls = st.lists(
    st.tuples(
        st.integers(0, 6 * HOUR),  # event time
        st.integers(0, (LATENESS_HOURS - 1) * HOUR),  # how late it arrives
        st.integers(0, 400),  # tokens
    ),
    min_size=1,
    max_size=60,
)
_KNOWN = Known(
    name="user:u-1", budget=Budget(calls_per_hour=5, tokens_per_hour=2000, tokens_per_day=6000, source="test")
)


def _records(calls: list[tuple[int, int, int]]) -> list[Invocation]:
    return [an_invocation(at, tokens=tokens, id=f"r-{n}") for n, (at, _, tokens) in enumerate(calls)]


def _folded(records: list[Invocation], sizes: int) -> tuple[bytes, set[tuple[str, ...]]]:
    usage, found = Usage(), set()
    for start in range(0, len(records), sizes):
        batch = sorted(records[start : start + sizes], key=lambda record: (record.time, record.id))
        found |= {signal.identity for signal in quota_abuse.detect(batch, usage, _KNOWN)}
    return msgspec.msgpack.encode(usage), found


@settings(max_examples=60)
@given(_calls, st.integers(1, 20))
def test_order_of_arrival_and_batching_change_neither_memory_nor_findings(calls, size):
    records = _records(calls)
    in_order = sorted(records, key=lambda record: (record.time, record.id))
    arriving = [record for _, record in sorted(zip(calls, records, strict=True), key=lambda one: one[0][0] + one[0][1])]

    assert _folded(arriving, size) == _folded(in_order, len(in_order)) == _folded(in_order, 1)


@settings(max_examples=40)
@given(_calls, st.integers(1, 7), st.data())
def test_redelivery_changes_nothing(calls, size, data):
    records = _records(calls)
    deliveries = [a_delivery(*records[start : start + size], id=f"d-{start}") for start in range(0, len(records), size)]
    rules = Rules.from_toml('[[budget]]\ncaller = "user:*"\ncalls_per_hour = 5\n')
    once, twice = World(rules=rules), World(rules=rules)
    for delivery in deliveries:
        once.detection.take([delivery])
    again = data.draw(st.lists(st.sampled_from(deliveries), max_size=8))
    for delivery in deliveries:
        twice.detection.take([delivery])
        # Not yet marked done, as after a crash: the state alone has to know.
        twice.deliveries = type(twice.deliveries)()
        twice.detection.take([old for old in again if deliveries.index(old) <= deliveries.index(delivery)])
        twice.deliveries = type(twice.deliveries)()

    keys = [f"111122223333/{name}" for name in ("user:u-1", "session:SupportAssistant/web-1")]
    assert twice.states.load(keys)[keys[0]].data == once.states.load(keys)[keys[0]].data
    assert {f.id: f for f in twice.found} == {f.id: f for f in once.found}


def test_a_window_slides_over_the_clock_hour():
    usage = Usage()
    usage.add([(HOUR * 10 + 55 * 60, 1)] * 3)
    usage.add([(HOUR * 11 + 4 * 60, 1)] * 4)

    assert usage.used(Window.HOUR, (HOUR * 11 + 4 * 60) // STEP) == (7, 7)


def test_a_record_five_hours_late_is_counted_apart():
    usage = Usage()
    usage.add([(T, 1)])
    usage.add([(T - 5 * HOUR, 1)])

    assert usage.too_late == 1
    assert usage.used(Window.DAY, int(T) // HOUR) == (1, 1)


def test_history_ends_a_day_before_the_window():
    usage = Usage()
    for day in range(20):
        usage.add([(T + day * DAY, 10)] * (1000 if day == 19 else 2))

    history = usage.history(int(T + 19 * DAY) // HOUR)

    assert len(history) == 14
    assert max(day.calls for day in history) == 2


def test_the_state_of_the_busiest_caller_stays_under_1500_bytes():
    usage = Usage()
    for hour in range(20 * 24):
        usage.add((T + hour * HOUR + step * STEP, 3_000_000) for step in range(12) for _ in range(3))
        list(quota_abuse.detect([], usage, _KNOWN))
    state = CallerState(memories={"quota_abuse": usage})
    state.remember(mark_of(f"delivery-{n}") for n in range(200))

    assert len(encoded(state)) <= 1500


def test_a_state_reads_back_as_it_was_written():
    state = CallerState(memories={"quota_abuse": Usage()}, seen=3)
    state.memory("quota_abuse", Usage).add([(T, 7)])
    state.remember([mark_of("one")])

    read = decoded(encoded(state), "key")

    assert encoded(read) == encoded(state)
    assert read.memory("quota_abuse", Usage) == state.memory("quota_abuse", Usage)
    assert read.has_folded(mark_of("one"))
    assert not read.has_folded(mark_of("two"))


def test_the_ring_forgets_the_oldest_delivery_first():
    state = CallerState()
    state.remember(mark_of(f"d-{n}") for n in range(RING + 1))

    assert not state.has_folded(mark_of("d-0"))
    assert state.has_folded(mark_of("d-1"))
