"""An end user of an application runs over quota; the user alone is stopped, not the role that all of them share."""

from __future__ import annotations

from tidegate.model import Finding
from tidegate_local.scenarios.scenario import Scenario, Stage

about = Scenario("throttle_caller", "An end user runs over quota; that user alone is stopped.")


def prepare(stage: Stage) -> None:
    """Nothing to prepare: the quota table is there, and nobody is in it."""


def attack(stage: Stage) -> Finding:
    title = "user mallory made 4,100 calls in an hour, 600 are allowed"
    return stage.found("quota_abuse", title, caller="user:mallory", related=("session:app/web-1", "role:app"))


def state(stage: Stage) -> dict[str, str]:
    table = stage.aws.outputs["QuotaTable"]
    item = stage.client("dynamodb").get_item(TableName=table, Key={"user": {"S": "mallory"}}).get("Item", {})
    blocked = item.get("blocked", {}).get("BOOL", False)
    limits = sorted(name for name in item if name not in ("user", "blocked", "blocked_run"))
    return {"user mallory": "blocked" if blocked else f"limited ({', '.join(limits)})" if limits else "may call models"}
