"""One file per bad state. The package is walked once at import: the file is the registration.

Finding the detectors of a record costs two dictionary look-ups, however many detectors there are.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Literal, NamedTuple, Protocol, cast

from tidegate.detectors.about import EVERY, Detector, Known, Reads, Signal
from tidegate.model import ApiCall, CallerDay, Invocation, Joined, Seen, ServiceEvent


class Registered(NamedTuple):
    about: Detector
    detect: Callable[..., Iterable[Signal]]  # `judge`, of a detector that shares its memory
    prose: str  # the module's docstring: the bad state, in words


class Remembered(NamedTuple):
    """One memory of a caller, and the detectors that it serves: one of its own, or several that share it."""

    key: str  # what the memory is stored under: the detector's id, or the name they share
    detectors: tuple[Registered, ...]
    memory: type[Any]
    whose: Literal["caller", "principal", "resource"]
    subjects: Callable[[Any, Known], Iterable[str]] | None
    counts: bool
    reads: tuple[Reads, ...]
    tells: bool = False  # see Telling: decided once, for asking an instance costs more than folding a record
    empty: Any = None  # a memory of nothing, to compare with
    crowd: bool = False


def _walk() -> Iterator[Registered]:
    for found in sorted(pkgutil.iter_modules(__path__), key=lambda module: module.name):
        module = importlib.import_module(f"{__name__}.{found.name}")
        about = getattr(module, "about", None)
        if not isinstance(about, Detector):
            continue
        if about.id != found.name:
            raise ImportError(f"{module.__name__}: its detector is called {about.id!r}; name file and id alike")
        yield Registered(about, module.judge if about.shares else module.detect, module.__doc__ or "")


def _memories(detectors: Iterable[Registered]) -> Iterator[Remembered]:
    groups: dict[str, list[Registered]] = {}
    for detector in detectors:
        groups.setdefault(detector.about.shares or detector.about.id, []).append(detector)
    for key, group in groups.items():
        first = group[0].about
        if len({(one.about.memory, one.about.whose, one.about.subjects, one.about.counts) for one in group}) > 1:
            raise ImportError(
                f"detectors that share {key!r} declare memories that differ: {[one.about.id for one in group]}"
            )
        reads = tuple(dict.fromkeys(reads for one in group for reads in one.about.reads))
        if first.counts and any(one.source == "joined" for one in reads):
            raise ImportError(f"{key!r} counts joined calls, which may be shown twice (joining.py): keep sets of them")
        kind = first.memory or dict
        yield Remembered(
            key, tuple(group), kind, first.whose, first.subjects, first.counts, reads,
            tells=hasattr(kind, "tell"), empty=kind(), crowd=first.crowd,
        )  # fmt: skip


ALL: tuple[Registered, ...] = tuple(_walk())
BY_ID: dict[str, Registered] = {registered.about.id: registered for registered in ALL}
MEMORIES: dict[str, Remembered] = {one.key: one for one in _memories(one for one in ALL if one.about.memory)}


class _Dispatch[D]:
    """Who reads a record: exact (service, name), then whole services, then every call."""

    def __init__(self, reading: Iterable[tuple[D, tuple[Reads, ...]]]) -> None:
        self._exact: dict[tuple[str, str], tuple[D, ...]] = {}
        self._service: dict[str, tuple[D, ...]] = {}
        self._every: tuple[D, ...] = ()
        self._failed: dict[tuple[str, str], tuple[D, ...]] = {}
        self.invocations: tuple[D, ...] = ()
        self.failed_invocations: tuple[D, ...] = ()  # those of `invocations` too, as the next
        self.intervened_invocations: tuple[D, ...] = ()
        self.threats: tuple[D, ...] = ()
        self.joined: tuple[D, ...] = ()
        self.days: tuple[D, ...] = ()
        self._events: dict[tuple[str, str], tuple[D, ...]] = {}  # (source, detail-type or "*")
        for detector, wanted in reading:
            for reads in wanted:
                self._add(detector, reads)
        self.failed_invocations += self.invocations
        self.intervened_invocations += self.invocations

    def _add(self, detector: D, reads: Reads) -> None:
        if reads.source == "invocation":
            if reads.failed:
                self.failed_invocations += (detector,)
            elif reads.intervened:
                self.intervened_invocations += (detector,)
            else:
                self.invocations += (detector,)
        elif reads.source == "threat":
            self.threats += (detector,)
        elif reads.source == "joined":
            self.joined += (detector,)
        elif reads.source == "caller_day":
            self.days += (detector,)
        elif reads.source == "service_event":
            for kind in reads.names or (EVERY,):
                self._events[reads.service, kind] = (*self._events.get((reads.service, kind), ()), detector)
        elif reads.service == EVERY:
            self._every += (detector,)
        elif not reads.names:
            self._service[reads.service] = (*self._service.get(reads.service, ()), detector)
        else:
            named = self._failed if reads.failed else self._exact
            for name in reads.names:
                named[reads.service, name] = (*named.get((reads.service, name), ()), detector)

    def api_call(self, call: ApiCall) -> tuple[D, ...]:
        found = self._every
        if some := self._service.get(call.service):
            found += some
        if some := self._exact.get((call.service, call.name)):
            found += some
        if call.error and (some := self._failed.get((call.service, call.name))):
            found += some
        return found

    def of(self, record: Seen) -> tuple[D, ...]:
        if isinstance(record, ApiCall):
            return self.api_call(record)
        if isinstance(record, Invocation):
            if record.error:
                return self.failed_invocations
            return self.intervened_invocations if record.guardrail_action == "INTERVENED" else self.invocations
        if isinstance(record, Joined):
            return self.joined
        if isinstance(record, CallerDay):
            return self.days
        if isinstance(record, ServiceEvent):
            named = self._events.get((record.source, record.kind), ())
            return named + self._events.get((record.source, EVERY), ())
        return self.threats


_stateless = _Dispatch((detector, detector.about.reads) for detector in ALL if detector.about.memory is None)
_with_memory = _Dispatch((memory, memory.reads) for memory in MEMORIES.values())


def look(record: Seen, known: Known) -> Iterator[tuple[Detector, Signal]]:
    """What the detectors without memory say of one record."""
    for about, detect, _ in _stateless.of(record):
        for signal in detect(record, known):
            yield about, signal


def remembering(record: Seen) -> tuple[Remembered, ...]:
    """The memories that this record is folded into."""
    return _with_memory.of(record)


class _Shared(Protocol):
    """A memory that several detectors judge: it folds a record in and says what is to be judged."""

    def observe(self, record: Any, known: Known) -> Any: ...


class Telling(Protocol):
    """A memory of one caller that tells those of many how its day looks. Asked after each fold."""

    @property
    def has_accused(self) -> bool: ...

    def tell(self, newest: Any, known: Known, opened: Callable[[str], object], *, again: bool) -> CallerDay | None: ...


def fold(memory: Remembered, records: Sequence[Seen], state: object, known: Known) -> Iterator[tuple[Detector, Signal]]:
    """Shows a memory what is new, oldest first: to its detector, or record by record to all that share it."""
    first = memory.detectors[0]
    if not first.about.shares:
        for signal in first.detect(records, state, known):
            yield first.about, signal
        return
    shared = cast(_Shared, state)
    for record in records:
        if (seen := shared.observe(record, known)) is None:
            continue
        for about, judge, _ in memory.detectors:
            for signal in judge(seen, state, known):
                yield about, signal
