"""Findings that an allowance covers: kept, searchable, and never raised. An allowance that has expired says so.

Nothing is dropped: what an organisation decided not to see today may be what it looks for tomorrow. A suppressed
finding is made and owed like any other, so that a crash loses it no more than the rest; it goes to the index, with the
rule and its reason, and to nobody's incident.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from aws_lambda_powertools.metrics import MetricUnit

from tidegate.detectors.about import Signal
from tidegate.model import Finding, Suppressed
from tidegate.rules import Rules
from tidegate.telemetry import logger, metrics


def judged(finding: Finding, signal: Signal, rules: Rules) -> Finding:
    """The finding, marked as suppressed when an allowance covers it; with a word about one that no longer does."""
    allowance = rules.allowance(finding.detector, signal)
    if allowance is None:
        return finding
    if allowance.holds_at(signal.time):
        kept = Suppressed(rule=allowance.as_written, reason=allowance.reason, expires=allowance.expires)
        return finding.model_copy(update={"suppressed": kept})
    expired = {
        "rule": allowance.as_written,
        "reason": allowance.reason,
        "expired": allowance.expires.isoformat(),
        "note": "An allowance covered this until it expired: renew it, or take it out.",
    }
    return finding.model_copy(update={"evidence": {**finding.evidence, "allowance_expired": expired}})


def count_suppressed(findings: Sequence[Finding]) -> None:
    metrics.add_metric("FindingsSuppressed", MetricUnit.Count, len(findings))


def report_expired(rules: Rules, now: datetime) -> None:
    """Says which allowances allow nothing any more, once where the rules are read: whoever wrote them should know."""
    expired = rules.expired(now.timestamp())
    for allowance in expired:
        told = {"rule": allowance.as_written, "reason": allowance.reason, "expired": allowance.expires.isoformat()}
        logger.warning("allowance expired", extra={"allowance": told})
    if expired:
        metrics.add_metric("AllowancesExpired", MetricUnit.Count, len(expired))
