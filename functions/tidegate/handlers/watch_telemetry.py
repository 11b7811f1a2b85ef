"""Every 15 minutes -> calls without a log record, silent sources and unanswered probes become findings."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from tidegate.telemetry import logger, metrics
from tidegate.wiring import services


@logger.inject_lambda_context
@metrics.log_metrics
def handle(event: dict[str, Any], context: LambdaContext) -> dict[str, object]:
    watch = services().watch
    found = watch.look()
    metrics.add_metric("ProbesUnanswered", MetricUnit.Count, watch.unanswered)
    metrics.add_metric("TelemetryGaps", MetricUnit.Count, len(found))
    return {"findings": [finding.id for finding in found], "unanswered": watch.unanswered}
