"""A signal that one record decides, of whatever kind the record is. Not a detector."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tidegate.detectors.about import Signal
from tidegate.detectors.acts import Telling
from tidegate.model import (
    ApiCall,
    Invocation,
    Joined,
    Principal,
    Severity,
    ThreatFinding,
    narrowest_caller,
    related_callers,
)


def signal_of(
    record: Telling,
    who: Principal,
    *,
    identity: tuple[str, ...],
    title: str,
    facts: Mapping[str, Any],
    severity: Severity,
    score: float | None = None,
    first_seen: float = 0.0,
    related: tuple[str, ...] = (),
    event_ids: tuple[str, ...] = (),
) -> Signal:
    """Said of who signed, never of an end user behind it. `who`: of several actors of a threat, the one meant."""
    addresses: tuple[str, ...] = ()
    if isinstance(record, ThreatFinding):
        addresses = record.addresses
        shown: dict[str, Any] = {"guardduty_type": record.type, "guardduty_severity": record.severity}
    elif isinstance(record, ApiCall):
        shown = {"api": f"{record.service}:{record.name}", "error": record.error}
    else:
        shown = {"operation": record.operation, "error": record.error}
    if isinstance(record, ApiCall | Joined):
        addresses = (record.address,) if record.address else ()
        shown |= {"address": record.address, "user_agent": record.user_agent}
    return Signal(
        identity=identity,
        title=title,
        facts={**shown, **facts},
        time=record.time,
        first_seen=first_seen,
        severity=severity,
        score=score,
        account=record.account,
        region=record.region,
        caller=narrowest_caller(who),
        related=(*related_callers(who), *related, *(f"address:{address}" for address in addresses)),
        principal=who,
        model=record.model if isinstance(record, Invocation | Joined) else "",
        event_ids=(*event_ids, record.id),
    )
