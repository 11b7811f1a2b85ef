"""Times as AWS writes them, as seconds since the epoch."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache

_EARLIEST = datetime(2006, 1, 1, tzinfo=UTC).timestamp()  # before AWS there were no records
_LATEST = datetime(2100, 1, 1, tzinfo=UTC).timestamp()


@lru_cache(maxsize=16_384)
def seconds(text: str) -> float:
    """`2026-09-01T10:00:00.123Z` in epoch seconds; without a zone it is UTC. Raises ValueError where it makes no sense.

    Cached: the records of a file share their seconds.
    """
    try:
        moment = datetime.fromisoformat(text)
        time = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except OverflowError as error:
        raise ValueError(f"time out of range: {text!r}") from error
    if not _EARLIEST <= time < _LATEST:
        raise ValueError(f"time out of range: {text!r}")
    return time
