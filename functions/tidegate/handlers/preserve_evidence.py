"""`respond` -> evidence: {run_id} in, the manifest's reference out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tidegate.wiring import services

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


def handle(event: dict[str, Any], context: LambdaContext) -> dict[str, str]:
    return {"evidence_ref": services().response.preserve_evidence(event["run_id"])}
