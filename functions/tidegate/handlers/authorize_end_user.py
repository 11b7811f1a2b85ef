"""API Gateway -> whether an end user's request may come in: an authorizer's request in, its answer out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.metrics import MetricUnit

from tidegate.telemetry import metrics
from tidegate.wiring import services

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


@metrics.log_metrics
def handle(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    metrics.add_metric("EndUserRequests", MetricUnit.Count, 1)
    return services().authorizing.answer(event)
