"""Once a day -> what models cost in this Region, from the AWS Price List."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tidegate.wiring import services

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


def handle(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    return {"models_priced": services().pricing.refresh()}
