"""HTTP API -> the responder's page: a request of format 2.0 in, a page out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tidegate.console.api_event import event_answer, nobody, request_of
from tidegate.telemetry import logger
from tidegate.wiring import services

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


@logger.inject_lambda_context
def handle(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    request = request_of(event, services().settings)
    return event_answer(services().console.answer(request)) if request else nobody()
