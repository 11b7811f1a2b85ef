"""One file per bad state. The package is walked once at import: the file is the registration.

Finding the detectors of a record costs two dictionary look-ups, however many detectors there are.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple, cast

from tidegate.detectors.about import EVERY, Detector, Known, Reads, Signal
from tidegate.model import ApiCall, Invocation, Joined, Seen, ServiceEvent


class Registered(NamedTuple):
    about: Detector
    detect: Callable[..., Iterator[Signal]]
    prose: str  # the module's docstring: the bad state, in words


def _walk() -> Iterator[Registered]:
    for found in sorted(pkgutil.iter_modules(__path__), key=lambda module: module.name):
        module = importlib.import_module(f"{__name__}.{found.name}")
        about = getattr(module, "about", None)
        if not isinstance(about, Detector):
            continue
        if about.id != found.name:
            raise ImportError(f"{module.__name__}: its detector is called {about.id!r}; name file and id alike")
        yield Registered(about, module.detect, module.__doc__ or "")


ALL: tuple[Registered, ...] = tuple(_walk())
BY_ID: dict[str, Registered] = {registered.about.id: registered for registered in ALL}


class _Dispatch:
    """Which detectors read a record: exact (service, name), then whole services, then every call."""

    def __init__(self, detectors: Iterable[Registered]) -> None:
        self._exact: dict[tuple[str, str], tuple[Registered, ...]] = {}
        self._service: dict[str, tuple[Registered, ...]] = {}
        self._every: tuple[Registered, ...] = ()
        self._failed: dict[tuple[str, str], tuple[Registered, ...]] = {}
        self.invocations: tuple[Registered, ...] = ()
        self.failed_invocations: tuple[Registered, ...] = ()  # those of `invocations` too, as the next
        self.intervened_invocations: tuple[Registered, ...] = ()
        self.threats: tuple[Registered, ...] = ()
        self.joined: tuple[Registered, ...] = ()
        self._events: dict[tuple[str, str], tuple[Registered, ...]] = {}  # (source, detail-type or "*")
        for detector in detectors:
            for reads in detector.about.reads:
                self._add(detector, reads)
        self.failed_invocations += self.invocations
        self.intervened_invocations += self.invocations

    def _add(self, detector: Registered, reads: Reads) -> None:
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

    def api_call(self, call: ApiCall) -> tuple[Registered, ...]:
        found = self._every
        if some := self._service.get(call.service):
            found += some
        if some := self._exact.get((call.service, call.name)):
            found += some
        if call.error and (some := self._failed.get((call.service, call.name))):
            found += some
        return found

    def of(self, record: Seen) -> tuple[Registered, ...]:
        if isinstance(record, ApiCall):
            return self.api_call(record)
        if isinstance(record, Invocation):
            if record.error:
                return self.failed_invocations
            return self.intervened_invocations if record.guardrail_action == "INTERVENED" else self.invocations
        if isinstance(record, Joined):
            return self.joined
        if isinstance(record, ServiceEvent):
            named = self._events.get((record.source, record.kind), ())
            return named + self._events.get((record.source, EVERY), ())
        return self.threats


_stateless = _Dispatch(detector for detector in ALL if detector.about.memory is None)
_with_memory = _Dispatch(detector for detector in ALL if detector.about.memory is not None)


def look(record: Seen, known: Known) -> Iterator[tuple[Detector, Signal]]:
    """What the detectors without memory say of one record."""
    for about, detect, _ in _stateless.of(record):
        for signal in detect(record, known):
            yield about, signal


def remembering(record: Seen) -> tuple[Registered, ...]:
    """The detectors with memory that read this record."""
    return _with_memory.of(record)


def fold(about: Detector, records: Sequence[Seen], memory: object, known: Known) -> Iterator[Signal]:
    """Shows a detector with memory what is new, oldest first."""
    detect = cast(Callable[[Sequence[Seen], Any, Known], Iterator[Signal]], BY_ID[about.id].detect)
    return detect(records, memory, known)
