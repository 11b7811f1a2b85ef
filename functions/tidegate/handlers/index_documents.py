"""SQS -> index: document objects of the outbox into OpenSearch."""

from __future__ import annotations

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from tidegate.handlers.batch import PartialFailures, SqsEvent, messages_of, partial_failures
from tidegate.telemetry import logger, metrics
from tidegate.wiring import services


@logger.inject_lambda_context
@metrics.log_metrics
def handle(event: SqsEvent, context: LambdaContext) -> PartialFailures:
    sent = services().indexing.take(messages_of(event), remaining=lambda: context.get_remaining_time_in_millis() / 1000)
    metrics.add_metric("DocumentsIndexed", MetricUnit.Count, sent.indexed)
    metrics.add_metric("DocumentsDamaged", MetricUnit.Count, sent.damaged)
    return partial_failures(sent.failed)
