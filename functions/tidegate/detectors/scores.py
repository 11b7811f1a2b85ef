"""Where in its severity's band a finding scores: of two, look at the larger first. Not a detector.

A rule that speaks or is silent scores well within its band: what it speaks of hardly happens by chance. What was
measured against a threshold scores from the bottom of its band, and higher the further it went beyond: of a tenant's
benign days, nearly all that are accused lie close to a threshold.
"""

from __future__ import annotations

import math

from tidegate.model import Severity

BANDS = {
    Severity.INFORMATIONAL: (0.0, 9.0),
    Severity.LOW: (10.0, 44.0),
    Severity.MEDIUM: (45.0, 64.0),
    Severity.HIGH: (65.0, 89.0),
    Severity.CRITICAL: (90.0, 100.0),
}
_USUAL = 2 / 3  # of the band
# Shares of benign caller-days, as nats: where the scores begin, from where on what is rare is high, where they end.
_FIRST, RARE, _LAST = math.log(1e2), math.log(1e5), math.log(1e9)
_COUNTED = 0.5  # of the band, for a count that is just as far as a rule of ours asks


def usual(severity: Severity) -> float:
    """Of a rule that says no more than its severity."""
    return _placed(severity, _USUAL)


def measured(severity: Severity, beyond: float) -> float:
    """`beyond`: how far past its threshold, 0 for just reached; 1 is about two thirds of the band."""
    return _placed(severity, 1 - math.exp(-beyond))


def rare(severity: Severity, nats: float) -> float:
    """`nats`: minus the logarithm of the share of benign caller-days that go as far."""
    last = RARE if severity is Severity.MEDIUM else _LAST
    return _placed(severity, _USUAL * min(max((nats - _FIRST) / (last - _FIRST), 0.0), 1.0))


def counted(severity: Severity, times: float) -> float:
    """`times`: of the count from which the severity is given."""
    return _placed(severity, _COUNTED + (1 - _COUNTED) * (1 - 1 / max(times, 1.0)))


def _placed(severity: Severity, share: float) -> float:
    low, high = BANDS[severity]
    return round(low + (high - low) * share, 1)
