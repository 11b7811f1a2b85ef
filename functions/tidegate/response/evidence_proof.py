"""Evidence, hashed again: is every part still what the manifest says, and is it still locked?"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from tidegate.errors import Permanent
from tidegate.model import Run
from tidegate.ports import KeptEvidence


class Part(NamedTuple):
    run_id: str
    name: str
    reference: str
    sha256: str  # as the manifest says; of the manifest itself, as its name says
    bytes: int
    problem: str  # empty: as it was kept


def verify(kept: KeptEvidence, run: Run, now: datetime) -> list[Part]:
    """Every part of a run's evidence, each manifest before its parts. Raises Permanent for a run that has none."""
    if not run.evidence_ref:
        raise Permanent(f"run {run.id} has no evidence: it is kept just before something is changed ({run.status}).")
    return [part for manifest in _manifests(run) for part in _parts(kept, run, *manifest, now)]


def contents(kept: KeptEvidence, run: Run) -> dict[str, Any]:
    """The evidence itself, by the names of its parts, and what is missing of it."""
    if not run.evidence_ref:
        raise Permanent(f"run {run.id} has no evidence: it is kept just before something is changed ({run.status}).")
    found: dict[str, Any] = {}
    for name, reference in _manifests(run):
        found[name] = manifest = json.loads(kept.read(reference).body)
        found |= {part["name"]: json.loads(kept.read(part["reference"]).body) for part in manifest["parts"]}
    return found


def _manifests(run: Run) -> Iterator[tuple[str, str]]:
    """Name and reference of each, the oldest first."""
    yield "manifest", run.evidence_ref
    if run.later_evidence_ref:
        yield "later-manifest", run.later_evidence_ref


def _parts(kept: KeptEvidence, run: Run, name: str, reference: str, now: datetime) -> Iterator[Part]:
    try:
        found = kept.read(reference)
    except Permanent as error:
        yield Part(run.id, name, reference, "", 0, str(error))
        return
    digest = hashlib.sha256(found.body).hexdigest()
    problem = _unlocked(found.locked_until, now)
    if f"/{name}-{digest[:16]}.json" not in reference:
        problem = "another content than the one whose digest its name carries"
    yield Part(run.id, name, reference, digest, len(found.body), problem)
    for part in json.loads(found.body)["parts"] if not problem.startswith("another") else ():
        yield Part(run.id, part["name"], part["reference"], part["sha256"], part["bytes"], _wrong(kept, part, now))


def _wrong(kept: KeptEvidence, part: dict[str, Any], now: datetime) -> str:
    try:
        found = kept.read(part["reference"])
    except Permanent as error:
        return str(error)
    digest = hashlib.sha256(found.body).hexdigest()
    if digest != part["sha256"]:
        return f"another content: SHA-256 {digest}"
    return _unlocked(found.locked_until, now)


def _unlocked(until: datetime | None, now: datetime) -> str:
    if until is None:
        return "not locked: the bucket's Object Lock has no default retention"
    return "" if until > now else f"its lock ended {until:%Y-%m-%d %H:%M} UTC: it may have been replaced"
