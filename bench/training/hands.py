"""Who makes which of the tenants that heads over days learn from.

Each hand was written without a look at the others (docs/decisions, 15 to 20): what all of them have in common is what
is to be learned.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

import agency
import company
import enterprise
import market
import plain
from labelled import Labelled

TENANTS = 32  # made by tidegate simulate, in both halves of the sources together; they are numbered first
type Rows = Mapping[str, Sequence[Mapping[str, Any]]]


class Maker(Protocol):
    """What tenants of another hand than the simulator's are made by."""

    def __call__(self, number: int, rows: Rows, seed: str, /) -> Made: ...


class Made(Protocol):
    def days(self, *, callers: int, history: int, days: int) -> Iterable[Labelled]: ...


# Tenants of each other hand, in both halves together and numbered in this order, and the callers of each.
HANDS: tuple[tuple[Maker, int, int], ...] = (
    (plain.Tenant, 32, 100), (company.Tenant, 16, 60), (enterprise.Tenant, 16, 70), (agency.Tenant, 16, 70),
    (market.Tenant, 16, 70),
)  # fmt: skip
EVERY = TENANTS + sum(tenants for _, tenants, _ in HANDS)


def hand_of(number: int) -> tuple[Maker, int]:
    """Who makes a tenant that isn't the simulator's, and how many callers it has."""
    first = TENANTS
    for maker, tenants, callers in HANDS:
        if first <= number < first + tenants:
            return maker, callers
        first += tenants
    raise ValueError(f"tenant {number}: {TENANTS} to {first - 1} have hands")
