"""CloudFormation -> the index as this version needs it; on a schedule, what an upgrade left to the cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tidegate import custom_resource
from tidegate.telemetry import logger
from tidegate.wiring import services

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


@logger.inject_lambda_context
def handle(event: dict[str, Any], context: LambdaContext) -> dict[str, list[str]]:
    def remaining() -> float:
        return context.get_remaining_time_in_millis() / 1000

    if custom_resource.is_request(event):
        custom_resource.answer(
            event,
            lambda request: services().installing.take(request, remaining=remaining),
            physical_id="tidegate-index",
            remaining=remaining,
        )
        return {}
    moved = services().installing.finish(remaining=remaining)
    return {"finished": [one.name for one in moved if one.done in ("extended", "copied")]}
