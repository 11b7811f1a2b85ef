"""Every detector on a case of its own, in the process that detects, on stores that nobody else sees.

What runs is what detects: the readers, the engine, the detectors, as installed here. What a case leaves behind is
dropped with its stores: no state, no finding, no document comes of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tidegate.detection import Delivery, Detection
from tidegate.errors import Conflict
from tidegate.model import Finding
from tidegate.ports import Stored
from tidegate.probe_cases import Case, cases, steps
from tidegate.rules import Rules
from tidegate.settings import Settings
from tidegate.telemetry import logger
from tidegate.watching import Watch

PIPELINE = "role:DeploymentPipeline"  # who may change models in every case
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)  # the clock decides what stores forget, and these forget nothing


def silent_detectors(path: str, known: Iterable[Case] | None = None) -> list[str]:
    """Detectors whose case arrives by this path and that don't fire on it any more."""
    return [case.detector for case in (cases() if known is None else known) if case.path == path and not _fires(case)]


def _fires(case: Case) -> bool:
    try:
        return any(finding.detector == case.detector for finding in _found(case))
    except Exception:  # noqa: BLE001 - whatever it raises, this detector doesn't work, and the others are to be asked
        logger.exception("a detector fails on its own case", extra={"detector": case.detector})
        return False


def _found(case: Case) -> list[Finding]:
    stores = _Stores()
    settings = Settings(pipeline_principals=(PIPELINE,))
    rules = Rules.from_toml(case.rules)
    clock: Callable[[], datetime] = lambda: _LONG_AGO  # noqa: E731
    detection = Detection(stores, stores, stores, stores, stores, stores, rules, settings, clock)
    for step in steps(case.name, case.records):
        if isinstance(step, Delivery):
            detection.take([step])
        else:
            Watch(stores, stores, stores, stores, rules, settings, clock).look(step.timestamp())
    return stores.found


@dataclass
class _Stores:
    """Every port that detection needs, for the length of one case."""

    states: dict[str, Stored] = field(default_factory=dict)
    snapshots: dict[str, list[tuple[float, dict[str, Any]]]] = field(default_factory=dict)
    found: list[Finding] = field(default_factory=list)

    def load(self, keys: Sequence[str]) -> dict[str, Stored]:
        return {key: self.states.get(key, Stored(b"", 0)) for key in keys}

    def save(self, key: str, data: bytes, *, revision: int, forget_at: float) -> None:  # noqa: ARG002
        if self.states.get(key, Stored(b"", 0)).revision != revision:
            raise Conflict(f"{key} was written meanwhile")
        self.states[key] = Stored(data, revision + 1)

    def done(self, ids: Sequence[str]) -> set[str]:  # noqa: ARG002
        return set()

    def mark_done(self, ids: Sequence[str], *, forget_at: float) -> None:
        """No delivery of a case comes again."""

    def before(self, resource: str, time: float) -> dict[str, Any] | None:
        earlier = [pair for pair in self.snapshots.get(resource, []) if pair[0] < time]
        return max(earlier, key=lambda pair: pair[0])[1] if earlier else None

    def record(self, resource: str, time: float, event_id: str, configuration: Mapping[str, Any]) -> None:  # noqa: ARG002
        self.snapshots.setdefault(resource, []).append((time, dict(configuration)))

    def send(self, findings: Iterable[Finding]) -> None:
        self.found.extend(findings)

    def write(self, batch_id: str, documents: Iterable[bytes]) -> None:
        """Documents of a case are nobody's."""

    def keep(self, note_id: str, original: bytes) -> str:  # noqa: ARG002
        return ""
