"""Long waits without the hourly probes, where what is proven is an end and no probe has a part in it.

Each probe plays every detector's own case, some 400 records: four fifths of what an hour of the run's clock costs.
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
