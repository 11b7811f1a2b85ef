"""Steps in order within a window: first this, then that, no more than so long apart.

What happened is kept by slots of event time: of each step and slot the first and the last second, and the event that
was the first. Earliest and latest don't depend on the order of arrival, and seeing an event again changes nothing, so
the same events give the same chains whatever way they came, as long as none is more than an hour late. A few hundred
bytes: slots beyond window and lateness are forgotten, and of a slot it doesn't matter how often a step happened.

What this costs: of three or more steps within one slot (an eighth of window and lateness, at least a minute), it is
known which ones can have come in order, each pair for itself, and not that one row of events did.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

LATENESS = 3600  # seconds that an event may come after a newer one
_SLOTS = 8  # that window and lateness are cut into
_LEAST_SLOT = 60  # seconds


class Order(NamedTuple):
    """The steps, and within how many seconds the last follows the first."""

    steps: tuple[str, ...]
    within: int

    @property
    def slot(self) -> int:
        """Seconds of a slot: never longer than the window, or what is in one slot could be too far apart."""
        return max(_LEAST_SLOT, min(self.within, (self.within + LATENESS) // _SLOTS))

    @property
    def kept(self) -> int:
        """How many slots back an event is still taken."""
        return -(-(self.within + LATENESS) // self.slot) + 1


class Chain(NamedTuple):
    """Every step happened, in order. `slot` names its end: one chain a slot, the same in every order of arrival."""

    slot: int
    times: tuple[int, ...]  # epoch seconds, a step each: the first of its slot
    events: tuple[str, ...]  # ids of those


class _Slot(msgspec.Struct, array_like=True, gc=False):
    first: int  # epoch second
    event: str
    span: int = 0  # seconds from first to last

    @property
    def last(self) -> int:
        return self.first + self.span


class Steps(msgspec.Struct, array_like=True):
    """A detector's memory, or a part of it. One order a memory: its slots are that order's."""

    newest: int = 0  # slot
    seen: dict[str, dict[int, _Slot]] = {}  # step -> slot -> what happened in it

    def add(self, order: Order, step: str, time: float, event: str) -> bool:
        """Whether this was news. `event`: an id for the evidence, kept if it is the first of its slot."""
        if step not in order.steps:
            raise ValueError(f"{step} is none of the steps {', '.join(order.steps)}")
        second = int(time)
        number = second // order.slot
        if number <= self.newest - order.kept:
            return False
        if number > self.newest:
            self.newest = number
            self._forget(number - order.kept)
        slots = self.seen.setdefault(step, {})
        slot = slots.get(number)
        if slot is None:
            slots[number] = _Slot(second, event)
            return True
        first, event = min((slot.first, slot.event), (second, event))
        merged = _Slot(first, event, max(slot.last, second) - first)
        if merged == slot:
            return False
        slots[number] = merged
        return True

    def _forget(self, until: int) -> None:
        for step, slots in list(self.seen.items()):
            for number in [number for number in slots if number <= until]:
                del slots[number]
            if not slots:
                del self.seen[step]

    def chains(self, order: Order) -> list[Chain]:
        """Every slot in which the last step ends a chain, oldest first, with the earliest steps that lead there."""
        if any(step not in self.seen for step in order.steps):
            return []
        return [chain for end in sorted(self.seen[order.steps[-1]]) if (chain := self._ending(order, end))]

    def _ending(self, order: Order, end: int) -> Chain | None:
        """The earliest slot for each step leaves the most room for the next: if any choice works, this one does."""
        last = self.seen[order.steps[-1]][end]
        chosen: list[tuple[int, _Slot]] = []
        for step in order.steps[:-1]:
            found = next(
                (
                    (number, slot)
                    for number, slot in sorted(self.seen[step].items())
                    if number <= end
                    and (chosen or number == end or last.first - slot.last <= order.within)
                    and _follows(number, slot, chosen)
                ),
                None,
            )
            if found is None:
                return None
            chosen.append(found)
        if not _follows(end, last, chosen):
            return None
        chosen.append((end, last))
        return Chain(end, tuple(slot.first for _, slot in chosen), tuple(slot.event for _, slot in chosen))


def _follows(number: int, slot: _Slot, earlier: list[tuple[int, _Slot]]) -> bool:
    return all(before < number or (before == number and one.first <= slot.last) for before, one in earlier)
