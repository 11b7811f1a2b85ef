"""Every 15 minutes -> start `release` for runs whose schedule was lost, delete the stopped keys that are due."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tidegate.wiring import services

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


def handle(event: dict[str, Any], context: LambdaContext) -> dict[str, object]:
    response = services().response
    return {"released": response.sweep(), "deleted": response.delete_stopped_keys()}
