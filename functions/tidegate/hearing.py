"""Notes which sources are alive, as records pass by: what the watch for silence asks later."""

from __future__ import annotations

from collections.abc import Iterable

from tidegate.callers.heard import KEY, MOST_SOURCES, STEP, bytes_of, heard_of, steps_of
from tidegate.errors import Conflict, Permanent
from tidegate.joining import LOGGED_CALLS
from tidegate.model import Record
from tidegate.ports import CallerStates, Clock
from tidegate.telemetry import logger

_ATTEMPTS = 6
_FORGET = 30 * 86_400
_REMEMBERED = 4 * MOST_SOURCES  # notes this process has written, and so needn't look up


class Hearing:
    def __init__(self, states: CallerStates, clock: Clock) -> None:
        """`clock`: for the item's TTL only."""
        self._states = states
        self._clock = clock
        self._noted: set[tuple[str, str, str, int]] = set()

    def note(self, records: Iterable[Record]) -> None:
        """Which source was heard in which quarter of an hour. A note is no count: losing one costs nothing but a
        later one, so trouble with this item is logged and holds nobody up."""
        new = steps_of(records, LOGGED_CALLS) - self._noted
        if not new:
            return
        try:
            self._write(new)
        except (Conflict, Permanent) as error:
            logger.error("sources not noted", extra={"reason": str(error)})
            return
        if len(self._noted) + len(new) > _REMEMBERED:
            self._noted.clear()
        self._noted |= new

    def _write(self, new: set[tuple[str, str, str, int]]) -> None:
        for _ in range(_ATTEMPTS):
            stored = self._states.load([KEY])[KEY]
            heard = heard_of(stored.data)
            news = [
                heard.hear(f"{name}/{account}/{region}", step * STEP) for name, account, region, step in sorted(new)
            ]
            if not any(news):
                return
            forget_at = self._clock().timestamp() + _FORGET
            try:
                self._states.save(KEY, bytes_of(heard), revision=stored.revision, forget_at=forget_at)
            except Conflict:
                continue
            return
        raise Conflict(f"{KEY} stayed contended {_ATTEMPTS} times.")
