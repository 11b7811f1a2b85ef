"""Messages of the finding queue -> correlation; which of them have to come back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from pydantic import ValidationError

from tidegate.errors import Retryable
from tidegate.messages import Message
from tidegate.model import Finding
from tidegate.telemetry import logger

if TYPE_CHECKING:
    from tidegate.correlation import Correlation


def take_findings(messages: Iterable[Message], correlation: Correlation) -> list[str]:
    """Findings into incidents. What was sent as a finding but is none goes back, and in the end to the dead letters."""
    findings: dict[str, Finding] = {}
    failed: list[str] = []
    for message in messages:
        try:
            findings[message.id] = Finding.model_validate_json(message.body)
        except ValidationError as error:
            logger.warning("no finding", extra={"message_id": message.id, "errors": error.error_count()})
            failed.append(message.id)
    try:
        correlation.take(list(findings.values()))
    except Retryable as error:
        logger.warning("findings not correlated", extra={"reason": str(error)})
        failed += findings
    return failed
