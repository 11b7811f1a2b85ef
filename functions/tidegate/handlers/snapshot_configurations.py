"""Once a day -> guardrails, logging, agents, aliases and pointers as they are, into the snapshots."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from tidegate.telemetry import logger, metrics
from tidegate.wiring import services


@logger.inject_lambda_context
@metrics.log_metrics
def handle(event: dict[str, Any], context: LambdaContext) -> dict[str, object]:
    taken = services().snapshotting(context.invoked_function_arn.split(":")[4]).take()
    metrics.add_metric("ConfigurationsRead", MetricUnit.Count, sum(taken.read.values()))
    metrics.add_metric("ConfigurationsChangedUnseen", MetricUnit.Count, len(taken.changed))
    metrics.add_metric("ConfigurationsNotRead", MetricUnit.Count, len(taken.failed))
    return {"read": taken.read, "first": len(taken.first), "changed": taken.changed, "failed": taken.failed}
