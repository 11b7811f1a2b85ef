"""Records on disk, handed back in event-time order: a million of them need a few dozen megabytes of memory.

Files of a day come in any order and overlap (a trail file and an EventBridge export hold the same call). What is
kept in memory is one time and one offset a record; the records themselves wait in a temporary file.
"""

from __future__ import annotations

import marshal
import os
import pickle
import tempfile
from array import array
from collections.abc import Iterator
from types import TracebackType
from typing import Any, NamedTuple, Self

import msgspec

from tidegate.model import ApiCall, Invocation, Principal, Record

_BLOCK = 1 << 20


class _Form(NamedTuple):
    """Of a kind of record that comes in millions, written in half of pickle's time: its fields, in their order."""

    kind: type[Invocation | ApiCall]
    principal: int  # the place of the field: many records have one, which is kept aside
    bodies: tuple[int, ...]


def _form(kind: type[Invocation | ApiCall], *bodies: str) -> _Form:
    place = kind.__struct_fields__.index
    return _Form(kind, place("principal"), tuple(map(place, bodies)))


_FORMS = (_form(Invocation, "input_body", "output_body"), _form(ApiCall, "parameters", "response", "additional"))
_BY_KIND: dict[type, tuple[int, _Form]] = {form.kind: (number, form) for number, form in enumerate(_FORMS)}
_PICKLED = b"\x80"  # how pickles begin; marshal's begin with the mark of a tuple


class Spool:
    """Add records, then iterate once or more. A context manager: leaving it deletes the file."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(prefix="tidegate-replay-", buffering=_BLOCK)  # noqa: SIM115 (closed by __exit__)
        self._times = array("d")
        self._offsets = array("Q", [0])
        self._principals: list[Principal] = []
        self._places: dict[Principal, int] = {}
        self.repeated = 0  # of the last iteration: records left out because the same one had come already

    def __len__(self) -> int:
        return len(self._times)

    @property
    def first_time(self) -> float | None:
        """Of the oldest record; seconds since the epoch."""
        return min(self._times, default=None)

    def add(self, record: Record) -> None:
        text = self._written(record)
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
            record = self._read(text)
            if record.time != moment:
                moment = record.time
                seen.clear()
            name = (type(record), record.account, record.id)
            if name in seen:
                self.repeated += 1
                continue
            seen.add(name)
            yield record

    def _written(self, record: Record) -> bytes:
        """Not by msgspec, which can't decode `Raw | None`."""
        if type(record) not in _BY_KIND:
            return pickle.dumps(record, protocol=5)
        number, form = _BY_KIND[type(record)]
        values = list(msgspec.structs.astuple(record))
        values[form.principal] = self._place(record.principal)
        for place in form.bodies:
            if values[place] is not None:
                values[place] = bytes(values[place])
        return marshal.dumps((number, values))

    def _read(self, text: bytes) -> Record:
        """The file is ours alone and has no name."""
        if text[:1] == _PICKLED:
            record: Record = pickle.loads(text)  # noqa: S301
            return record
        number, values = marshal.loads(text)  # noqa: S302
        form = _FORMS[number]
        given: list[Any] = values
        given[form.principal] = self._principals[given[form.principal]]
        for place in form.bodies:
            if given[place] is not None:
                given[place] = msgspec.Raw(given[place])
        return form.kind(*given)

    def _place(self, principal: Principal) -> int:
        place = self._places.get(principal)
        if place is None:
            place = self._places[principal] = len(self._principals)
            self._principals.append(principal)
        return place

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
