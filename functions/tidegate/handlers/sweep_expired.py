"""Every 15 minutes -> start `release` for runs whose time is over, should their schedule be lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tidegate.wiring import services

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


def handle(event: dict[str, Any], context: LambdaContext) -> dict[str, object]:
    return {"released": services().response.sweep()}
