"""A guardrail in the embedded account under the id that the logs give it.

No API of AWS makes one under a given id: it is made, and renamed in the store of `aws_extensions/guardrails.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moto.bedrock.models import bedrock_backends

from tidegate_local.agent_seed import AgentAccount


def put_guardrail(aws: AgentAccount, identifier: str, configuration: Mapping[str, Any]) -> None:
    """`configuration`: as CreateGuardrail takes it."""
    made = aws.client("bedrock").create_guardrail(**configuration)
    stored: dict[str, dict[str, dict[str, Any]]]
    stored = vars(bedrock_backends[aws.account][aws.region])["_tidegate_guardrails"]
    versions = stored.pop(made["guardrailId"])
    arn = f"arn:aws:bedrock:{aws.region}:{aws.account}:guardrail/{identifier}"
    stored[identifier] = {
        version: each | {"guardrailId": identifier, "guardrailArn": arn} for version, each in versions.items()
    }
