"""The composition root: settings and a session -> services. Nothing else knows which adapter stands behind a port.

Every member is built on first use, so that a function imports, connects to and is permitted only what it needs. A
setting that is missing says so then, by the name of its variable.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tidegate.settings import Settings
from tidegate.wiring.flow import Services

if TYPE_CHECKING:
    import boto3

    from tidegate.ports import Clock

__all__ = ["Services", "bound", "build", "now", "services"]


def build(
    settings: Settings, session: boto3.Session, clock: Clock, pause: Callable[[float], None] = time.sleep
) -> Services:
    return Services(settings, session, clock, pause)


def now() -> datetime:
    return datetime.now(UTC)


_bound: ContextVar[Services | None] = ContextVar("_bound", default=None)
_of_this_process: Services | None = None


def services() -> Services:
    """Those that are bound here; else this process's own, from its environment, built on the first call.

    Raises ConfigurationError that names the variable that makes no sense.
    """
    global _of_this_process
    if found := _bound.get():
        return found
    if _of_this_process is None:
        from tidegate.aws.clients import session

        _of_this_process = build(Settings.from_environment(os.environ), session(), now)
    return _of_this_process


@contextmanager
def bound(to: Services) -> Iterator[Services]:
    """Within it, `services()` is `to`: the embedded runtime gives each function its own role, settings and clock."""
    token = _bound.set(to)
    try:
        yield to
    finally:
        _bound.reset(token)
