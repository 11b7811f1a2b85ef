"""Reading what is kept unmasked: who, when and why is written down first; what can't be written down is not shown."""

from __future__ import annotations

import hashlib
import json
from typing import Annotated

import typer

from tidegate.errors import ConfigurationError
from tidegate.wiring import Services

Reason = Annotated[
    str | None, typer.Option(metavar="TEXT", help="Show the original, and keep who read it, when and why.")
]


def given(reason: str) -> str:
    """Raises ConfigurationError for a reason that says nothing."""
    if not reason.strip():
        raise ConfigurationError("--reason is empty: say why the original has to be read.")
    return reason.strip()


def note_reading(services: Services, folder: str, what: dict[str, str], *, reason: str, by: str) -> None:
    """Keeps a record in the evidence bucket, under Object Lock as everything there. `folder` ends with a slash."""
    time = services.clock()
    record = json.dumps({**what, "by": by, "reason": given(reason), "time": time.isoformat()}).encode()
    digest = hashlib.sha256(record).hexdigest()[:16]
    services.evidence.keep(f"{folder}{time:%Y/%m/%d}/{time:%H%M%S}-{digest}.json", record)
