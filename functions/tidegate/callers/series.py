"""A run of counters over equal steps of event time, which slides and forgets.

Adding is commutative: two orders of the same additions that are never later than the series is long end alike.
"""

from __future__ import annotations

import msgspec


class Series(msgspec.Struct, array_like=True, gc=False):
    """`values[-1]` counts step number `newest`; what is older than the values counts 0."""

    newest: int = 0
    values: list[int] = []

    def add(self, step: int, amount: int, *, keep: int) -> None:
        """Adds to a step at most `keep` steps back; older ones are the caller's business to refuse."""
        self.reach(step, keep=keep)
        if not amount:
            return
        place = step - self.newest + len(self.values) - 1
        if place < 0:
            self.values[:0] = [0] * -place
            place = 0
        self.values[place] += amount

    def raise_to(self, step: int, amount: int, *, keep: int) -> None:
        """Like `add`, keeping the larger: for peaks."""
        present = self.at(step)
        if amount > present:
            self.add(step, amount - present, keep=keep)

    def reach(self, step: int, *, keep: int) -> None:
        """Slides so that `step` is within, and forgets what is `keep` steps or more behind the newest."""
        if not self.values:
            self.newest, self.values = step, [0]
        elif step > self.newest:
            ahead = step - self.newest
            self.values = [*self.values, *[0] * ahead] if ahead < keep else [0]
            self.newest = step
        if len(self.values) > keep:
            del self.values[:-keep]
        if not self.values[0]:
            first = next((place for place, value in enumerate(self.values) if value), len(self.values) - 1)
            del self.values[:first]

    def at(self, step: int) -> int:
        place = step - self.newest + len(self.values) - 1
        return self.values[place] if 0 <= place < len(self.values) else 0

    def sum(self, last: int, steps: int) -> int:
        """Of `steps` steps, `last` included."""
        end = last - self.newest + len(self.values)
        return sum(self.values[max(0, end - steps) : end]) if end > 0 else 0
