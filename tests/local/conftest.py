"""The small embedded account that the runtime's own tests share."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tidegate_local.clock import RunClock
from tidegate_local.embedded import Embedded

SMALL_ACCOUNT = Path(__file__).parent / "embedded_account" / "template.yaml"
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

sys.path.append(str(SMALL_ACCOUNT.parent))


@pytest.fixture
def small() -> Iterator[Embedded]:
    import embedded_account_handlers as handlers

    handlers.seen.clear()
    handlers.broken.clear()
    handlers.failing.clear()
    with Embedded(SMALL_ACCOUNT, clock=RunClock(START)) as aws:
        yield aws
