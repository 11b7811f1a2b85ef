"""enforce_surge_guardrail and restore_enforced_guardrail: both put what the account enforces on every call."""

from __future__ import annotations

from typing import Any

import pytest
from protection_builders import a_guardrail, a_version
from response_builders import ACCOUNT, REGION, a_step

from tidegate.actions import enforce_surge_guardrail as surge
from tidegate.actions import restore_enforced_guardrail as restore
from tidegate.aws.clients import AwsClients
from tidegate.errors import ChangedSince, NotProven, Refused
from tidegate.model import Step
from tidegate_local import aws_extensions

aws_extensions.install()
PLACE = f"enforced-guardrail/{ACCOUNT}/{REGION}"


@pytest.fixture
def bedrock(clients: AwsClients) -> Any:
    return clients.named("bedrock")


@pytest.fixture
def guardrail(bedrock: Any) -> str:
    arn = a_guardrail(bedrock, name="surge")
    a_version(bedrock, arn)
    return arn


def enforced(bedrock: Any) -> list[tuple[str, str]]:
    found = bedrock.list_enforced_guardrails_configuration()["guardrailsConfig"]
    return [(one["guardrailArn"], one["guardrailVersion"]) for one in found]


def put(bedrock: Any, arn: str, version: str = "1", **more: Any) -> str:
    given = {"guardrailIdentifier": arn, "guardrailVersion": version, **more.pop("narrowed", {})}
    return str(bedrock.put_enforced_guardrail_configuration(guardrailInferenceConfig=given, **more)["configId"])


def surge_step(guardrail: str) -> Step:
    return a_step("enforce_surge_guardrail", "enforced_guardrail", PLACE, guardrail=guardrail, version="1")


def test_the_surge_guardrail_is_enforced_and_removed(clients: AwsClients, bedrock: Any, guardrail: str) -> None:
    step = surge_step(guardrail)
    found = surge.snapshot(step, clients)
    changed = surge.apply(step, found, clients)
    assert surge.apply(step, found, clients) == changed
    assert surge.verify(step, found, changed, clients).facts["config"] == changed.config
    assert enforced(bedrock) == [(guardrail, "1")]
    assert not surge.undo(step, found, None, clients).already
    assert enforced(bedrock) == []
    assert surge.undo(step, found, changed, clients).already
    with pytest.raises(NotProven):
        surge.verify(step, found, changed, clients)


def test_what_the_account_enforces_itself_is_never_replaced(clients: AwsClients, bedrock: Any, guardrail: str) -> None:
    step = surge_step(guardrail)
    found = surge.snapshot(step, clients)
    own = a_guardrail(bedrock, name="own")
    a_version(bedrock, own)
    put(bedrock, own)
    with pytest.raises(Refused, match="enforces guardrail"):
        surge.snapshot(step, clients)
    with pytest.raises(ChangedSince):
        surge.apply(step, found, clients)
    assert surge.undo(step, found, None, clients).already
    assert enforced(bedrock) == [(own, "1")]


def test_a_surge_configuration_that_was_given_another_guardrail_stays(
    clients: AwsClients, bedrock: Any, guardrail: str
) -> None:
    step = surge_step(guardrail)
    found = surge.snapshot(step, clients)
    changed = surge.apply(step, found, clients)
    own = a_guardrail(bedrock, name="own")
    a_version(bedrock, own)
    put(bedrock, own, configId=changed.config)
    with pytest.raises(ChangedSince):
        surge.undo(step, found, changed, clients)


def restore_step(config: str, former: dict[str, Any]) -> Step:
    return a_step("restore_enforced_guardrail", "enforced_guardrail", f"{PLACE}/{config}", former=former)


def test_a_removed_guardrail_is_enforced_again_under_another_id(
    clients: AwsClients, bedrock: Any, guardrail: str
) -> None:
    config = put(bedrock, guardrail)
    (former,) = bedrock.list_enforced_guardrails_configuration()["guardrailsConfig"]
    bedrock.delete_enforced_guardrail_configuration(configId=config)
    step = restore_step(config, former)
    found = restore.snapshot(step, clients)
    changed = restore.apply(step, found, clients)
    assert enforced(bedrock) == [(guardrail, "1")]
    assert restore.verify(step, found, changed, clients).facts["value"]["guardrailVersion"] == "1"
    restore.undo(step, found, changed, clients)
    assert enforced(bedrock) == []
    assert restore.undo(step, found, changed, clients).already


def test_a_narrowed_configuration_covers_every_model_again(clients: AwsClients, bedrock: Any, guardrail: str) -> None:
    former = {"guardrailIdentifier": guardrail, "guardrailVersion": "1"}
    former["modelEnforcement"] = {"includedModels": ["ALL"], "excludedModels": []}  # type: ignore[assignment]
    config = put(bedrock, guardrail, narrowed={"modelEnforcement": former["modelEnforcement"]})
    excluded = {"includedModels": ["ALL"], "excludedModels": ["amazon.nova-pro-v1:0"]}
    put(bedrock, guardrail, configId=config, narrowed={"modelEnforcement": excluded})
    step = restore_step(config, former)
    found = restore.snapshot(step, clients)
    restore.apply(step, found, clients)
    (now,) = bedrock.list_enforced_guardrails_configuration()["guardrailsConfig"]
    assert (now["configId"], now["modelEnforcement"]) == (config, former["modelEnforcement"])
    restore.undo(step, found, None, clients)
    (now,) = bedrock.list_enforced_guardrails_configuration()["guardrailsConfig"]
    assert now["modelEnforcement"] == excluded


@pytest.mark.parametrize("former", [None, {"deleted": True}])
def test_without_a_former_configuration_a_person_enforces_one(clients: AwsClients, former: Any) -> None:
    with pytest.raises(Refused, match="by hand"):
        restore.snapshot(restore_step("abc", former), clients)
