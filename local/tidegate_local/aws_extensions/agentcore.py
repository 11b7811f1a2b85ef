"""bedrock-agentcore-control: ListGateways and GetGateway, a service that moto lacks altogether.

There are no gateways in an embedded account. Answered at the client, where the account's other calls are checked
against IAM first. https://docs.aws.amazon.com/bedrock-agentcore-control/latest/APIReference/API_ListGateways.html
"""

from __future__ import annotations

from typing import Any

from tidegate_local.aws_extensions.answering import Answered


def answer(model: Any, params: dict[str, Any], **_: object) -> tuple[Answered, dict[str, Any]] | None:  # noqa: ARG001
    """Registered for every call, behind the check of permissions."""
    if model.service_model.service_name != "bedrock-agentcore-control" or model.name != "ListGateways":
        return None
    return Answered(), {"items": [], "ResponseMetadata": {"HTTPStatusCode": 200}}
