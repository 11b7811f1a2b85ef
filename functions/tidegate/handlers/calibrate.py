"""Once a day -> thresholds of behaviour, from what callers' states hold of yesterday."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.metrics import MetricUnit

from tidegate.telemetry import logger, metrics
from tidegate.wiring import services

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


@logger.inject_lambda_context
@metrics.log_metrics
def handle(event: dict[str, Any], context: LambdaContext) -> dict[str, object]:
    done = services().calibrating.run()
    metrics.add_metric("CallerDaysLearned", MetricUnit.Count, done.caller_days)
    metrics.add_metric("CalibrationDrift", MetricUnit.Count, len(done.drift))
    return asdict(done)
