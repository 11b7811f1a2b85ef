"""What was expected and did not come: one thing by its deadline, or a source that fell silent against its own rhythm.

Neither looks at a clock: whoever asks says what time it is, in event time in a replay. Both are sets with a time:
the order of arrival doesn't matter, and telling them again changes nothing.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

_DAY = 86_400


class Awaited(msgspec.Struct, array_like=True):
    """Things that are to come, each by its deadline, and things that came: in either order.

    What came is remembered as long as it could still be asked for (`keep` seconds), so that being told again to
    expect it isn't an alarm.
    """

    due: dict[str, int] = {}  # thing -> epoch second by which it is to come
    met: dict[str, int] = {}  # thing -> epoch second at which it came
    dropped: int = 0  # expected, and pushed out by later ones: more than `most` at once

    def expect(self, what: str, by: float, *, most: int) -> None:
        """The earliest deadline counts. `most`: things kept; of more, those with the earliest deadline are dropped."""
        self.due[what] = min(int(by), self.due.get(what, int(by)))
        while len(self.due) > most:
            oldest = min(self.due, key=lambda name: (self.due[name], name))
            self.dropped += oldest not in self.met
            del self.due[oldest]

    def came(self, what: str, time: float, *, most: int) -> None:
        self.met[what] = min(int(time), self.met.get(what, int(time)))
        while len(self.met) > most:
            del self.met[min(self.met, key=lambda name: (self.met[name], name))]

    def overdue(self, now: float) -> list[tuple[str, int]]:
        """(thing, deadline) of what hasn't come although its deadline is over, the earliest first."""
        late = [(by, what) for what, by in self.due.items() if by <= now and what not in self.met]
        return [(what, by) for by, what in sorted(late)]

    def forget(self, now: float, *, keep: int) -> None:
        """Drops what was due, or came, more than `keep` seconds ago."""
        self.due = {what: by for what, by in self.due.items() if by > now - keep}
        self.met = {what: time for what, time in self.met.items() if time > now - keep}


class Silence(NamedTuple):
    """A source that used to be heard and isn't. Times in epoch seconds, spans in seconds."""

    since: int  # end of the step in which it was last heard
    lasted: int
    longest: int  # gap of its history: what is usual
    limit: int  # from here on it is silent
    history: int  # how far back it is known


_STEP = 900  # seconds: of a source it is known in which quarters of an hour it was heard
_KEPT = 14 * _DAY // _STEP
_LEAST_HISTORY = 3 * _DAY  # before, a night or a weekend isn't known to be usual
_LEAST_HEARD = 48  # quarters of an hour
_TIMES = 2  # of the longest gap
_LEAST_LIMIT = 3 * 3600  # a source may be 45 minutes late (CloudTrail) and the watch runs every quarter of an hour
_MOST_LIMIT = 2 * _DAY  # whose gaps are longer than half of it has no rhythm: it can't be missed


class Rhythm(msgspec.Struct, array_like=True):
    """In which quarters of an hour of the last fortnight a source was heard: a bit each, 170 bytes."""

    latest: int = 0  # the newest step
    first: int = 0  # the oldest step ever heard
    heard: bytes = b""  # bit n: heard n steps before `latest`, little end first

    def hear(self, time: float) -> bool:
        """Whether this was news."""
        step = int(time) // _STEP
        bits = int.from_bytes(self.heard, "little")
        if not bits:
            self.latest = self.first = step
        self.first = min(self.first, step)
        if step > self.latest:
            bits = bits << step - self.latest if step - self.latest < _KEPT else 0
            self.latest = step
        age = self.latest - step
        if age >= _KEPT or bits >> age & 1:
            return False
        bits = (bits | 1 << age) & (1 << _KEPT) - 1
        self.heard = bits.to_bytes((bits.bit_length() + 7) // 8, "little")
        return True

    def heard_in(self, time: float) -> bool:
        """Whether it was heard in the quarter of an hour that holds `time`, as far as that is still known."""
        age = self.latest - int(time) // _STEP
        return age >= 0 and bool(int.from_bytes(self.heard, "little") >> age & 1)

    def silence(self, now: float) -> Silence | None:
        """None while it is heard, and for a source that is too new or too irregular to be missed."""
        if not self.heard:
            return None
        since = (self.latest + 1) * _STEP
        history = min(self.latest - self.first + 1, _KEPT) * _STEP
        marks = f"{int.from_bytes(self.heard, 'little'):b}"
        if history < _LEAST_HISTORY or marks.count("1") < _LEAST_HEARD:
            return None
        longest = max(map(len, marks.split("1"))) * _STEP
        limit = max(_LEAST_LIMIT, _TIMES * longest)
        lasted = int(now) - since
        if limit > _MOST_LIMIT or lasted < limit:
            return None
        return Silence(since, lasted, longest, limit, history)
