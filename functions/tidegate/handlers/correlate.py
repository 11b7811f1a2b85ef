"""SQS -> correlate: findings in, incidents out, and a response started for each that asks for one."""

from __future__ import annotations

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from tidegate.finding_intake import take_findings
from tidegate.handlers.batch import PartialFailures, SqsEvent, messages_of, partial_failures
from tidegate.telemetry import logger, metrics
from tidegate.wiring import services


@logger.inject_lambda_context
@metrics.log_metrics
def handle(event: SqsEvent, context: LambdaContext) -> PartialFailures:
    messages = messages_of(event)
    failed = take_findings(messages, services().correlation, services().probing)
    metrics.add_metric("Findings", MetricUnit.Count, len(messages))
    metrics.add_metric("FindingsFailed", MetricUnit.Count, len(failed))
    return partial_failures(failed)
