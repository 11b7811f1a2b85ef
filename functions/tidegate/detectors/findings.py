"""A signal becomes a Finding: an id that depends on content alone, a score, and who is meant. Not a detector."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime
from functools import lru_cache
from ipaddress import ip_address

from tidegate.content.redaction import noted, noted_in
from tidegate.detectors.about import Detector, Signal
from tidegate.detectors.catalogue import mapped
from tidegate.detectors.scores import usual
from tidegate.model import Finding, derived_id

_MOST_EVENTS = 100


def finding_of(about: Detector, signal: Signal) -> Finding:
    severity = signal.severity or about.severity
    names = (signal.caller, *signal.related, signal.resource)
    return Finding(
        id=derived_id("finding", about.id, signal.account, signal.caller, *signal.identity),
        detector=about.id,
        detector_version=about.version,
        family=about.family,
        severity=severity,
        score=usual(severity) if signal.score is None else signal.score,
        title=noted(signal.title, names),
        time=_at(signal.time),
        first_seen=_at(signal.first_seen or signal.time),
        caller=signal.caller,
        related=tuple(name for name in dict.fromkeys(signal.related) if name != signal.caller and _meant(name)),
        account=signal.account,
        region=signal.region,
        resource=signal.resource,
        event_ids=signal.event_ids[-_MOST_EVENTS:],
        evidence={
            "severity_from": f"usual for {about.id}",
            **noted_in(deepcopy(dict(signal.facts)), names),  # what of it a memory holds goes on being folded
            "score_from": f"usual for {severity}" if signal.score is None else "the facts above",
        },
        techniques=tuple(technique.id for technique in mapped(about)),
        playbook=about.playbook,
        case=signal.case,
    )


def _at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


@lru_cache(maxsize=4096)
def _meant(name: str) -> bool:
    """Names of principals, and real addresses: `address:bedrock.amazonaws.com` is AWS calling on someone's behalf."""
    if not name.startswith("address:"):
        return True
    try:
        ip_address(name.removeprefix("address:"))
    except ValueError:
        return False
    return True
