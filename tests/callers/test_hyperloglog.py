"""Distinct counts: commutative, idempotent, mergeable, and as exact as the paper says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.callers.hyperloglog import REGISTERS, HyperLogLog, hash64

things = st.lists(st.integers(0, 2**64 - 1), max_size=60)


def _of(hashes):
    sketch = HyperLogLog()
    sketch.add(hashes)
    return sketch


@given(things, things)
def test_order_repetition_and_batching_change_nothing(one, other):
    in_parts = _of(one)
    in_parts.add(other)
    in_parts.add(one)

    assert in_parts == _of([*reversed(other), *one])


@given(things, things)
def test_merging_is_seeing_both(one, other):
    merged = _of(one)
    merged.merge(_of(other))

    assert merged == _of([*one, *other])


def test_nothing_seen_is_one_byte():
    assert HyperLogLog().estimate() == 0
    assert _of([]).registers == b""


@pytest.mark.parametrize("count", [1, 5, 20, 100, 400, 1000, 20_000])
def test_the_estimate_is_within_three_standard_errors(count):
    sketch = _of(hash64(f"chunk {number}") for number in range(count))

    assert sketch.estimate() == pytest.approx(count, rel=3 * 1.04 / REGISTERS**0.5, abs=1)
    assert len(sketch.registers) == REGISTERS


def test_half_a_surrogate_pair_has_a_hash():
    assert hash64("\ud800") != hash64("")
