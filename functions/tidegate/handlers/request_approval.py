"""`respond` -> ask a person: {run_id, task_token} in; the answer goes to the token. No token: nobody answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tidegate.telemetry import metrics
from tidegate.wiring import services

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


@metrics.log_metrics
def handle(event: dict[str, Any], context: LambdaContext) -> dict[str, object]:
    response = services().response
    if "task_token" not in event:
        return {"next": response.unanswered(event["run_id"])}
    response.request_approval(event["run_id"], event["task_token"])
    return {}
