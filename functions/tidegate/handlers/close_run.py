"""`respond` and `release` -> how a run ended, and what a release has to undo."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tidegate.telemetry import metrics
from tidegate.wiring import services

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


@metrics.log_metrics
def handle(event: dict[str, Any], context: LambdaContext) -> dict[str, object]:
    response, outcome = services().response, event["outcome"]
    match outcome:
        case "releasing":
            return {"steps": response.begin_release(event["run_id"], event["reason"])}
        case "released":
            run = response.end_release(event["run_id"], event["reason"], event["by"])
        case "release_failed":
            run = response.leave_release(event["run_id"], event["reason"], event["by"])
        case _:
            run = response.close(event["incident_id"], int(event["generation"]), outcome, event.get("error", ""))
    return {"run_id": run.id, "status": run.status.value}
