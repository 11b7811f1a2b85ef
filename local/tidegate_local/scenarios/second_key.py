"""A second stolen key is found out after the first was contained, and then the owner's new key is used.

The second is stopped by one more response. The new key, which Tidegate made for the owner, is left alone although a
detector finds its first use odd.
"""

from __future__ import annotations

from tidegate.model import Finding
from tidegate_local.scenarios.scenario import Scenario, Stage

_USERS = ("builder", "reporter")


def prepare(stage: Stage) -> None:
    iam = stage.client("iam")
    for user in _USERS:
        iam.create_user(UserName=user)
        stage.kept[user] = iam.create_access_key(UserName=user)["AccessKey"]["AccessKeyId"]


def attack(stage: Stage) -> Finding:
    return _used(stage, "builder", stage.kept["builder"], "the key of builder hammers models from 203.0.113.7")


def the_second(stage: Stage) -> Finding:
    title = "the key of reporter hammers models, from the address of the thief of builder's key"
    return _used(stage, "reporter", stage.kept["reporter"], title, f"key:{stage.kept['builder']}")


def the_owner(stage: Stage) -> Finding:
    """Its application reads the new key in Secrets Manager and goes on."""
    (new,) = set(_keys(stage, "builder")) - {stage.kept["builder"]}
    return _used(stage, "builder", new, "builder calls models with a key that was never used before")


def state(stage: Stage) -> dict[str, str]:
    iam, seen = stage.client("iam"), {}
    for user in _USERS:
        stolen, keys = stage.kept[user], _keys(stage, user)
        seen[f"stolen key of {user}"] = keys.pop(stolen, "deleted")
        seen[f"new key of {user}"] = ", ".join(keys.values()) or "none"
        policies = iam.list_user_policies(UserName=user)["PolicyNames"]
        seen[f"policies of {user}"] = ", ".join(policies) or "none"
    return seen


about = Scenario(
    "second_key",
    "A second stolen key is stopped by one more response; the new key of the first one's owner is left alone.",
    stays=tuple(f"{which} key of {user}" for user in _USERS for which in ("stolen", "new")),
    later=(the_second, the_owner),
)


def _used(stage: Stage, user: str, key: str, title: str, *beside: str) -> Finding:
    return stage.found("llmjacking", title, caller=f"iam-user:{user}", related=(f"key:{key}", *beside))


def _keys(stage: Stage, user: str) -> dict[str, str]:
    listed = stage.client("iam").list_access_keys(UserName=user)["AccessKeyMetadata"]
    return {one["AccessKeyId"]: one["Status"] for one in listed}
