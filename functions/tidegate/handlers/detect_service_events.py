"""SQS -> detect: one batch of what services say of themselves on the bus in, findings and documents out."""

from __future__ import annotations

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from tidegate.handlers.batch import PartialFailures, SqsEvent, messages_of, partial_failures
from tidegate.telemetry import logger, metrics
from tidegate.wiring import services


@logger.inject_lambda_context
@metrics.log_metrics
def handle(event: SqsEvent, context: LambdaContext) -> PartialFailures:
    messages = messages_of(event)
    failed = services().intake.service_events(messages)
    metrics.add_metric("Deliveries", MetricUnit.Count, len(messages))
    metrics.add_metric("DeliveriesFailed", MetricUnit.Count, len(failed))
    return partial_failures(failed)
