"""What a caller was seen doing, by step of event time: distinct counts over a sliding window.

A set a step, kept as bits: seeing the same thing again changes nothing, so a delivery that comes twice counts once,
and the order of arrival doesn't matter. 64 steps are kept; with a window of 15 of them the rest is room for late data.
"""

from __future__ import annotations

import msgspec

KEPT = 64  # steps: the bits of an integer that msgpack can hold
_DAY = 86_400


class Sightings(msgspec.Struct, array_like=True):
    seconds: int = 120  # length of a step
    latest: int = 0  # the newest step, counted since the epoch
    seen: dict[str, int] = {}  # thing -> bits; bit n: seen n steps before `latest`

    def add(self, what: str, time: float, *, most: int) -> bool:
        """Whether this was news. `most`: distinct things kept; of more, the ones seen last."""
        step = int(time) // self.seconds
        if step > self.latest:
            self._advance(step)
        age = self.latest - step
        if age >= KEPT:
            return False
        before = self.seen.get(what, 0)
        if before >> age & 1:
            return False
        self.seen[what] = before | 1 << age
        if len(self.seen) > most:
            self.keep(most)
        return True

    def keep(self, most: int) -> None:
        """Forgets all but so many things: those seen last stay."""
        newest_first = sorted(self.seen, key=lambda name: (self.seen[name] & -self.seen[name], name))
        for what in newest_first[most:]:
            del self.seen[what]

    def _advance(self, step: int) -> None:
        by, self.latest = step - self.latest, step
        whole = (1 << KEPT) - 1
        moved = {what: bits << by & whole for what, bits in self.seen.items()} if by < KEPT else {}
        self.seen = {what: bits for what, bits in moved.items() if bits}

    def windows(self, time: float, steps: int) -> list[tuple[float, tuple[str, ...]]]:
        """The windows of so many steps that hold `time` and end with a sighting: (end, what was seen), oldest first.

        `end`: epoch seconds at which the last step of the window is over.
        """
        first = self.latest - int(time) // self.seconds
        found = []
        for age in range(min(first, KEPT - 1), max(first - steps, -1), -1):
            if any(bits >> age & 1 for bits in self.seen.values()):
                mask = (1 << steps) - 1 << age
                inside = tuple(sorted(what for what, bits in self.seen.items() if bits & mask))
                found.append((float((self.latest - age + 1) * self.seconds), inside))
        return found


def day_of(time: float) -> int:
    """The UTC day, counted since the epoch, by which findings about windows are named: one a day."""
    return int(time) // _DAY


def raised_once(raised: list[str], mark: str, *, keep: int = 6) -> bool:
    """Whether a mark is new; remembers it, and forgets the oldest of more than `keep`."""
    if mark in raised:
        return False
    raised.append(mark)
    del raised[:-keep]
    return True
