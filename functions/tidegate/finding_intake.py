"""Messages of the finding queue -> correlation; which of them have to come back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from pydantic import ValidationError

from tidegate.errors import Permanent, Retryable
from tidegate.messages import Message
from tidegate.model import Finding
from tidegate.probing import CALLER, FINDING, Probing
from tidegate.telemetry import logger

if TYPE_CHECKING:
    from tidegate.correlation import Correlation


def take_findings(messages: Iterable[Message], correlation: Correlation, probing: Probing | None = None) -> list[str]:
    """Findings into incidents. What was sent as a finding but is none goes back, and in the end to the dead letters.

    `probing`: knows which of them are probes of our own; they are answered and become no incident.
    """
    findings: dict[str, Finding] = {}
    failed: list[str] = []
    for message in messages:
        try:
            finding = Finding.model_validate_json(message.body)
        except ValidationError as error:
            logger.warning("no finding", extra={"message_id": message.id, "errors": error.error_count()})
            failed.append(message.id)
            continue
        try:
            probe = probing is not None and finding.caller.startswith(CALLER) and _answered(probing, message)
        except Retryable as error:
            logger.warning("probe not answered", extra={"message_id": message.id, "reason": str(error)})
            failed.append(message.id)
            continue
        except Permanent as error:
            logger.error("probes not known", extra={"message_id": message.id, "reason": str(error)})
            probe = False  # then it is a finding as every other
        if not probe:
            findings[message.id] = finding
    try:
        correlation.take(list(findings.values()))
    except Retryable as error:
        logger.warning("findings not correlated", extra={"reason": str(error)})
        failed += findings
    return failed


def _answered(probing: Probing, message: Message) -> bool:
    return probing.answers(FINDING, message.body.encode("utf-8", "surrogatepass"), lambda _path: [])
