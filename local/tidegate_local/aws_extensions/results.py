"""Answering a request, the way every extension does it."""

from __future__ import annotations

import copy
from typing import Any

_STATUSES = {"ResourceNotFoundException": 404, "ConflictException": 409}


def result(value: dict[str, Any]) -> Any:
    """An answer that shares nothing with what is kept."""
    from moto.core.responses import ActionResult

    return ActionResult(copy.deepcopy(value))


def refusal(code: str, message: str) -> Exception:
    """An error of the service, with the HTTP status that AWS gives it."""
    from moto.core.exceptions import JsonRESTError

    error: Any = JsonRESTError(code, message)
    error.code = _STATUSES.get(code, 400)
    return error  # type: ignore[no-any-return]
