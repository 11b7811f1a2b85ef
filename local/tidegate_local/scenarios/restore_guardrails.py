"""A guardrail is weakened: it is put back as the daily snapshot read it, and stays so."""

from __future__ import annotations

from tidegate.model import Finding
from tidegate_local.scenarios.scenario import Scenario, Stage

about = Scenario("restore_guardrails", "A guardrail is weakened; it is restored from our own snapshot.")
_GUARDRAIL = {
    "name": "answers",
    "blockedInputMessaging": "This can't be asked here.",
    "blockedOutputsMessaging": "This can't be answered here.",
}
_STRONG = [
    {"type": "PROMPT_ATTACK", "inputStrength": "HIGH", "outputStrength": "NONE"},
    {"type": "HATE", "inputStrength": "HIGH", "outputStrength": "HIGH"},
]
_WEAK = [{"type": "HATE", "inputStrength": "LOW", "outputStrength": "LOW"}]


def prepare(stage: Stage) -> None:
    """The daily snapshot reads it as it is."""
    made = stage.client("bedrock").create_guardrail(**_GUARDRAIL, contentPolicyConfig={"filtersConfig": _STRONG})
    stage.kept["guardrail"] = made["guardrailArn"]
    stage.services.snapshotting(stage.aws.account).take()


def attack(stage: Stage) -> Finding:
    arn = stage.kept["guardrail"]
    filters = {"filtersConfig": _WEAK}
    stage.client("bedrock").update_guardrail(guardrailIdentifier=arn, **_GUARDRAIL, contentPolicyConfig=filters)
    title = "guardrail answers weakened: 3 protections lost"
    return stage.found("guardrail_weakened", title, caller="iam-user:mallory", resource=arn)


def state(stage: Stage) -> dict[str, str]:
    now = stage.client("bedrock").get_guardrail(guardrailIdentifier=stage.kept["guardrail"])
    filters = now.get("contentPolicy", {}).get("filters", [])
    return {"guardrail answers": ", ".join(f"{one['type']} {one['inputStrength']}" for one in filters)}
