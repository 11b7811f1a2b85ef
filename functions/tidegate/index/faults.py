"""What OpenSearch refuses, as errors of ours: whether trying again may help."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from opensearchpy.exceptions import ConnectionError as NoAnswer
from opensearchpy.exceptions import TransportError

from tidegate.errors import Permanent, Retryable


def passing(error: TransportError) -> bool:
    """Whether waiting may help: no answer, throttled, or trouble on the other side."""
    if isinstance(error, NoAnswer):  # time-outs are a kind of it
        return True
    return isinstance(error.status_code, int) and (error.status_code == 429 or error.status_code >= 500)


def reason(error: TransportError) -> str:
    details: Any = error.info
    if isinstance(details, dict) and isinstance(details.get("error"), dict):
        details = details["error"].get("reason", "")
    return f"{error.status_code} {error.error}: {details}"[:1000]


@contextmanager
def asking(what: str) -> Iterator[None]:
    """Raises Retryable or Permanent for what OpenSearch refuses within it; `what` is done ("installing the index")."""
    try:
        yield
    except TransportError as error:
        kind = Retryable if passing(error) else Permanent
        raise kind(f"{what}: {reason(error)}") from error
