"""A guardrail, invocation logging and what an attacker makes of them, in an account in moto."""

from __future__ import annotations

import json
from typing import Any

STRONG: dict[str, Any] = {
    "name": "answers",
    "blockedInputMessaging": "This can't be asked here.",
    "blockedOutputsMessaging": "This can't be answered here.",
    "contentPolicyConfig": {
        "filtersConfig": [
            {"type": "HATE", "inputStrength": "HIGH", "outputStrength": "HIGH"},
            {"type": "PROMPT_ATTACK", "inputStrength": "HIGH", "outputStrength": "NONE"},
        ]
    },
    "wordPolicyConfig": {"wordsConfig": [{"text": "project tern"}]},
}
WEAK: dict[str, Any] = {
    **{name: value for name, value in STRONG.items() if name != "wordPolicyConfig"},
    "contentPolicyConfig": {"filtersConfig": [{"type": "HATE", "inputStrength": "LOW", "outputStrength": "LOW"}]},
}
LOGGED: dict[str, Any] = {"s3Config": {"bucketName": "invocations", "keyPrefix": "bedrock"}}
ELSEWHERE: dict[str, Any] = {"s3Config": {"bucketName": "somewhere-else"}}


def a_guardrail(bedrock: Any, **changes: Any) -> str:
    return str(bedrock.create_guardrail(**(STRONG | changes))["guardrailArn"])


def put_guardrail(bedrock: Any, arn: str, configuration: dict[str, Any]) -> None:
    bedrock.update_guardrail(guardrailIdentifier=arn, **configuration)


def a_version(bedrock: Any, arn: str) -> str:
    return str(bedrock.create_guardrail_version(guardrailIdentifier=arn)["version"])


def record_before(snapshots: Any, resource: str, configuration: dict[str, Any], time: float) -> None:
    """What the daily snapshot saw."""
    snapshots.record(resource, time, "read", json.loads(json.dumps(configuration)))
