"""What detection remembers, records and writes, in memory."""

from __future__ import annotations

import json
from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from tidegate.model import Finding
from tidegate.ports import Stored
from tidegate_local.memory.revisions import expect


class MemoryCallerStates:
    def __init__(self) -> None:
        self._stored: dict[str, Stored] = {}
        self._forget_at: dict[str, float] = {}

    def __len__(self) -> int:
        return len(self._stored)

    def load(self, keys: Sequence[str]) -> dict[str, Stored]:
        return {key: self._stored.get(key, Stored(b"", 0)) for key in keys}

    def save(self, key: str, data: bytes, *, revision: int, forget_at: float) -> None:
        expect(f"state of {key}", revision, self._stored.get(key, Stored(b"", 0)).revision)
        self._stored[key] = Stored(data, revision + 1)
        self._forget_at[key] = forget_at

    def every(self) -> Iterator[tuple[str, bytes]]:
        for key, stored in list(self._stored.items()):
            yield key, stored.data

    def contents(self) -> dict[str, bytes]:
        return {key: stored.data for key, stored in self._stored.items()}

    def forget(self, now: float) -> None:
        """What DynamoDB does by itself with what is over its time."""
        for key in [key for key, at in self._forget_at.items() if at < now]:
            del self._stored[key], self._forget_at[key]


class MemoryDeliveries:
    def __init__(self) -> None:
        self._done: set[str] = set()

    def done(self, ids: Sequence[str]) -> set[str]:
        return self._done.intersection(ids)

    def mark_done(self, ids: Sequence[str], *, forget_at: float) -> None:  # noqa: ARG002
        self._done.update(ids)


class MemoryConfigurationSnapshots:
    def __init__(self) -> None:
        self._times: dict[str, list[tuple[float, str]]] = {}
        self._bodies: dict[tuple[str, float, str], str] = {}

    def before(self, resource: str, time: float) -> dict[str, Any] | None:
        times = self._times.get(resource, [])
        place = bisect_left(times, (time, ""))
        if not place:
            return None
        return dict(json.loads(self._bodies[resource, *times[place - 1]]))

    def record(self, resource: str, time: float, event_id: str, configuration: Mapping[str, Any]) -> None:
        key = (resource, time, event_id)
        if key not in self._bodies:
            insort(self._times.setdefault(resource, []), (time, event_id))
        self._bodies[key] = json.dumps(dict(configuration), sort_keys=True)


class MemoryFindingQueue:
    """`sent`: everything, in order, repetitions included, as a standard queue would deliver it."""

    def __init__(self) -> None:
        self.sent: list[Finding] = []

    def send(self, findings: Iterable[Finding]) -> None:
        self.sent.extend(findings)


class MemoryOutbox:
    """`batches`: the documents of each batch id, the last written."""

    def __init__(self) -> None:
        self.batches: dict[str, list[bytes]] = {}

    def write(self, batch_id: str, documents: Iterable[bytes]) -> None:
        self.batches[batch_id] = list(documents)


class MemoryBytes:
    """DamagedStore and Evidence: bytes by name."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def keep(self, name: str, original: bytes, /) -> str:
        self.kept[name] = original
        return f"memory://{name}"
