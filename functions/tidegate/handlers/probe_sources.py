"""Every hour -> a harmless record of our own through each source, to see that it comes out where it should."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from tidegate.telemetry import logger, metrics
from tidegate.wiring import services


@logger.inject_lambda_context
@metrics.log_metrics
def handle(event: dict[str, Any], context: LambdaContext) -> dict[str, object]:
    account = context.invoked_function_arn.split(":")[4]
    ours = services()
    sent = ours.probing.send(
        ours.probe_sender, account=account, region=ours.settings.region, number=lambda: str(uuid4())
    )
    metrics.add_metric("ProbesSent", MetricUnit.Count, len(sent))
    return {"sent": sent}
