"""Two guardrails are weakened at once: one incident, one plan, and each is put back in a round of its own.

What is found is found by the detector, in CloudTrail's events; nothing is handed to the response.
"""

from __future__ import annotations

from typing import Any

from tidegate_local.native_records import Identity
from tidegate_local.scenarios.scenario import Scenario, Stage

about = Scenario(
    "two_guardrails",
    "Two guardrails are weakened by one administrator; one plan restores each in a round of its own.",
)
_ADMIN = Identity("PlatformAdmin", "AROATIDEADMIN0000001", "ASIATIDEADMIN0000001", "m.rivera", "198.51.100.21")
_NAMES = ("answers", "summaries")
_STRONG = [
    {"type": "PROMPT_ATTACK", "inputStrength": "HIGH", "outputStrength": "NONE"},
    {"type": "HATE", "inputStrength": "HIGH", "outputStrength": "HIGH"},
]
_WEAK = [{"type": "HATE", "inputStrength": "LOW", "outputStrength": "LOW"}]


def prepare(stage: Stage) -> None:
    """The daily snapshot reads both as they are."""
    bedrock = stage.client("bedrock")
    stage.kept["arns"] = {
        name: bedrock.create_guardrail(**_configured(name, _STRONG))["guardrailArn"] for name in _NAMES
    }
    stage.services.snapshotting(stage.aws.account).take()


def attack(stage: Stage) -> str:
    for name, arn in stage.kept["arns"].items():
        update = {"guardrailIdentifier": arn, **_configured(name, _WEAK)}
        stage.client("bedrock").update_guardrail(**update)
        response = {"guardrailId": arn.rpartition("/")[2], "guardrailArn": arn, "version": "DRAFT"}
        stage.logged(_ADMIN, "bedrock", "UpdateGuardrail", parameters=update, response=response)
    return "the session m.rivera of PlatformAdmin lowers the filters of two guardrails"


def state(stage: Stage) -> dict[str, str]:
    return {f"guardrail {name}": _filters(stage, arn) for name, arn in stage.kept["arns"].items()}


def _configured(name: str, filters: list[dict[str, str]]) -> dict[str, Any]:
    return {
        "name": name,
        "blockedInputMessaging": "This can't be asked here.",
        "blockedOutputsMessaging": "This can't be answered here.",
        "contentPolicyConfig": {"filtersConfig": filters},
    }


def _filters(stage: Stage, arn: str) -> str:
    now = stage.client("bedrock").get_guardrail(guardrailIdentifier=arn)
    return ", ".join(f"{one['type']} {one['inputStrength']}" for one in now.get("contentPolicy", {}).get("filters", []))
