"""A playbook's state machine -> one phase of one step on what is shared: {run_id, step_id, phase} in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tidegate.actions import Family
from tidegate.wiring import services

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


def handle(event: dict[str, Any], context: LambdaContext) -> dict[str, str]:
    by = event.get("by", "")
    receipt = services().response.act(event["run_id"], event["step_id"], event["phase"], Family.DATA, by)
    return {"step_id": receipt.id, "status": receipt.status.value}
