"""`respond` -> plan: {incident_id, generation} in, what the state machine goes on with out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tidegate.telemetry import metrics
from tidegate.wiring import services

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


@metrics.log_metrics
def handle(event: dict[str, Any], context: LambdaContext) -> dict[str, object]:
    return services().response.plan(event["incident_id"], int(event["generation"]))
