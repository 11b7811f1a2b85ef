"""Every 5 minutes -> whether containments hold, by what the contained callers' calls did since."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.metrics import MetricUnit

from tidegate.telemetry import metrics
from tidegate.wiring import services

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


@metrics.log_metrics
def handle(event: dict[str, Any], context: LambdaContext) -> dict[str, object]:
    checked = services().response.check()
    metrics.add_metric("ContainmentsOutlived", MetricUnit.Count, len(checked.outlived))
    metrics.add_metric("ContainmentsUnanswered", MetricUnit.Count, len(checked.unanswered))
    return checked._asdict()
