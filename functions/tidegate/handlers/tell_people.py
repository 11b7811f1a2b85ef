"""SQS -> tell: one incident to one channel, or one message to the topic."""

from __future__ import annotations

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from tidegate.handlers.batch import PartialFailures, SqsEvent, messages_of, partial_failures
from tidegate.notices.telling import tell_messages
from tidegate.telemetry import logger, metrics
from tidegate.wiring import services


@logger.inject_lambda_context
@metrics.log_metrics
def handle(event: SqsEvent, context: LambdaContext) -> PartialFailures:
    failed = tell_messages(services(), messages_of(event))
    metrics.add_metric("NoticesFailed", MetricUnit.Count, len(failed))
    return partial_failures(failed)
