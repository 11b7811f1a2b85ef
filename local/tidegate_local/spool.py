"""Records on disk, handed back in event-time order: a million of them need a few dozen megabytes of memory.

Files of a day come in any order and overlap (a trail file and an EventBridge export hold the same call). What is
kept in memory is one time and one offset a record; the records themselves wait in a temporary file.
"""

from __future__ import annotations

import os
import pickle
import tempfile
from array import array
from collections.abc import Iterator
from types import TracebackType
from typing import Self

from tidegate.model import Record

_BLOCK = 1 << 20


class Spool:
    """Add records, then iterate once or more. A context manager: leaving it deletes the file."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(prefix="tidegate-replay-", buffering=_BLOCK)  # noqa: SIM115 (closed by __exit__)
        self._times = array("d")
        self._offsets = array("Q", [0])
        self.repeated = 0  # of the last iteration: records left out because the same one had come already

    def __len__(self) -> int:
        return len(self._times)

    @property
    def first_time(self) -> float | None:
        """Of the oldest record; seconds since the epoch."""
        return min(self._times, default=None)

    def add(self, record: Record) -> None:
        text = pickle.dumps(record, protocol=5)
        self._file.write(text)
        self._times.append(record.time)
        self._offsets.append(self._offsets[-1] + len(text))

    def __iter__(self) -> Iterator[Record]:
        """Oldest first; of records with the same kind, account, id and time the first one only."""
        self.repeated = 0
        if not self._times:
            return
        self._file.flush()
        order = sorted(range(len(self._times)), key=self._times.__getitem__)
        moment, seen = float("nan"), set[tuple[type[Record], str, str]]()
        for position in order:
            start = self._offsets[position]
            # pread, not a memory map: mapped pages count as ours, and a day of records is larger than the limit.
            text = os.pread(self._file.fileno(), self._offsets[position + 1] - start, start)
            # pickle, as msgspec can't decode `Raw | None`; the file is ours alone and has no name
            record: Record = pickle.loads(text)  # noqa: S301
            if record.time != moment:
                moment = record.time
                seen.clear()
            name = (type(record), record.account, record.id)
            if name in seen:
                self.repeated += 1
                continue
            seen.add(name)
            yield record

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
