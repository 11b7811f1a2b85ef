"""The run's clock: everything that waits in the embedded account waits for this, never for the wall clock.

`advance` moves from one due time to the next (a schedule, a Wait state, a retry, a message that becomes visible
again) and lets the account settle at each, so that what happens in an hour happens in its order.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class RunClock:
    """Now, aware, UTC; moved by hand. Calling it answers `tidegate.ports.Clock`."""

    def __init__(self, start: datetime | None = None) -> None:
        self._now = (start or datetime.now(UTC)).astimezone(UTC)
        self.changed = threading.Condition(threading.RLock())  # notified at every move, and by RunEvent.set
        self._due: list[Callable[[], float | None]] = []
        self._settle: Callable[[], None] = lambda: None

    def __call__(self) -> datetime:
        return self._now

    def time(self) -> float:
        """Seconds since the epoch."""
        return self._now.timestamp()

    def follow(self, *next_due: Callable[[], float | None], settle: Callable[[], None]) -> None:
        """From now on: stop at each of these due times (epoch seconds, None: nothing due) and settle there."""
        self._due = list(next_due)
        self._settle = settle

    def advance(self, seconds: float | timedelta) -> None:
        """Moves on, stopping at everything that falls due on the way. Raises ValueError for a step back."""
        step = seconds if isinstance(seconds, timedelta) else timedelta(seconds=seconds)
        if step < timedelta(0):
            raise ValueError(f"the run's clock only moves forward, not by {step}")
        target = self._now + step
        self._settle()
        while (due := self._next_due(target.timestamp())) is not None:
            self._move(datetime.fromtimestamp(due, UTC))
            self._settle()
        self._move(target)
        self._settle()

    def _next_due(self, until: float) -> float | None:
        times = [due for ask in self._due if (due := ask()) is not None and self.time() < due <= until]
        return min(times, default=None)

    def _move(self, to: datetime) -> None:
        with self.changed:
            self._now = max(self._now, to)
            self.changed.notify_all()
