"""moto's clock is the run's: dates of creation, visibility of messages, ages of log lines."""

from __future__ import annotations

import importlib
from datetime import UTC, datetime

from tidegate_local import hooks
from tidegate_local.account import current


def install() -> None:
    """`unix_time` and its kin ask `utcnow`, which many modules import by name."""
    utils = importlib.import_module("moto.core.utils")
    original = utils.utcnow
    if original is not _utcnow:
        hooks.replace("moto.core.utils:utcnow", lambda _: _utcnow)  # for modules that are imported later
        hooks.replace_imported("moto", "utcnow", original, _utcnow)


def _utcnow() -> datetime:
    """Naive, UTC, as moto's."""
    account = current()
    moment = account.clock() if account is not None else datetime.now(UTC)
    return moment.astimezone(UTC).replace(tzinfo=None)
