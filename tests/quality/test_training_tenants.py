"""Which hand makes which of the tenants that bench/training/train.py learns from."""

from __future__ import annotations

from collections import Counter

import agency
import company
import enterprise
import market
import plain
import pytest
from hands import EVERY, HANDS, TENANTS, hand_of


def test_each_hand_has_its_tenants_and_no_number_is_left_out() -> None:
    makers = [hand_of(number)[0] for number in range(TENANTS, EVERY)]

    assert list(dict.fromkeys(makers)) == [hand.Tenant for hand in (plain, company, enterprise, agency, market)]
    assert Counter(makers) == {maker: tenants for maker, tenants, _ in HANDS}


@pytest.mark.parametrize("half", [0, 1])
def test_a_half_has_half_of_every_hand(half: int) -> None:
    first = TENANTS + (half - TENANTS) % 2
    makers = Counter(hand_of(number)[0] for number in range(first, EVERY, 2))

    assert makers == {maker: tenants // 2 for maker, tenants, _ in HANDS}


@pytest.mark.parametrize("number", [0, TENANTS - 1, EVERY])
def test_the_simulators_tenants_and_those_beyond_the_last_have_no_hand(number: int) -> None:
    with pytest.raises(ValueError, match=f"tenant {number}"):
        hand_of(number)
