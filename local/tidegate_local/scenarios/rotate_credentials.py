"""An access key is used from an attacker's address: it is stopped, its user may not escalate, a new key is made."""

from __future__ import annotations

from tidegate.model import Finding
from tidegate_local.scenarios.scenario import Scenario, Stage

about = Scenario(
    "rotate_credentials",
    "A stolen access key is stopped and replaced, and its user can't escalate.",
    stays=("stolen key",),
)


def prepare(stage: Stage) -> None:
    iam = stage.client("iam")
    iam.create_user(UserName="builder")
    stage.kept["key"] = iam.create_access_key(UserName="builder")["AccessKey"]["AccessKeyId"]


def attack(stage: Stage) -> Finding:
    title = "the key of builder hammers models from 203.0.113.7"
    return stage.found("llmjacking", title, caller="iam-user:builder", related=(f"key:{stage.kept['key']}",))


def state(stage: Stage) -> dict[str, str]:
    """The old key stays inactive when the rest is undone, and the new one stays."""
    iam = stage.client("iam")
    keys = {one["AccessKeyId"]: one["Status"] for one in iam.list_access_keys(UserName="builder")["AccessKeyMetadata"]}
    policies = iam.list_user_policies(UserName="builder")["PolicyNames"]
    return {"stolen key": keys.get(stage.kept["key"], "deleted"), "policies of builder": ", ".join(policies) or "none"}
