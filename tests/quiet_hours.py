"""Long waits without the hourly probes, where what is proven is an end and no probe has a part in it.

A probe goes all the way of what is delivered, by each source: half of what a quiet hour of the run's clock costs.
`end_to_end/test_undoing.py` waits its 36 hours with everything on.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tidegate_local.embedded import Embedded


@contextmanager
def without_probes(aws: Embedded) -> Iterator[None]:
    """The operator disables their rule, at rest: a probe on its way would never be answered. Enabled again after."""
    events, rule = aws.client("events"), aws.resource("ProbeSourcesProbe")
    aws.deliver()
    events.disable_rule(Name=rule)
    try:
        yield
    finally:
        events.enable_rule(Name=rule)
