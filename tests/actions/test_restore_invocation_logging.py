from __future__ import annotations

from typing import Any

import pytest
from protection_builders import ELSEWHERE, LOGGED
from response_builders import ACCOUNT, REGION, a_step

from tidegate.actions import restore_invocation_logging as action
from tidegate.aws.clients import AwsClients
from tidegate.errors import ChangedSince, NotProven, Refused
from tidegate.model import Step
from tidegate_local import aws_extensions

aws_extensions.install()
PLACE = f"logging/{ACCOUNT}/{REGION}"


def step(former: Any = LOGGED, place: str = PLACE) -> Step:
    return a_step("restore_invocation_logging", "invocation_logging", place, former=former)


@pytest.fixture
def bedrock(clients: AwsClients) -> Any:
    """Logging goes where the attacker wants it."""
    bedrock = clients.named("bedrock")
    bedrock.put_model_invocation_logging_configuration(loggingConfig=ELSEWHERE)
    return bedrock


def logged(bedrock: Any) -> Any:
    return bedrock.get_model_invocation_logging_configuration().get("loggingConfig") or None


def test_logging_goes_where_it_went_before(clients: AwsClients, bedrock: Any) -> None:
    found = action.snapshot(step(), clients)
    changed = action.apply(step(), found, clients)
    assert logged(bedrock) == LOGGED
    assert action.verify(step(), found, changed, clients).facts["value"] == LOGGED


def test_deleted_logging_is_put_again_and_undo_deletes_it(clients: AwsClients, bedrock: Any) -> None:
    bedrock.delete_model_invocation_logging_configuration()
    found = action.snapshot(step(), clients)
    changed = action.apply(step(), found, clients)
    assert logged(bedrock) == LOGGED
    assert not action.undo(step(), found, changed, clients).already
    assert logged(bedrock) is None
    assert action.undo(step(), found, changed, clients).already


def test_undo_is_exact_and_a_crash_may_hide_whether_it_was_applied(clients: AwsClients, bedrock: Any) -> None:
    found = action.snapshot(step(), clients)
    assert action.undo(step(), found, None, clients).already
    action.apply(step(), found, clients)
    action.undo(step(), found, None, clients)
    assert logged(bedrock) == ELSEWHERE


def test_apply_twice_puts_once(clients: AwsClients, bedrock: Any) -> None:
    found = action.snapshot(step(), clients)
    assert action.apply(step(), found, clients) == action.apply(step(), found, clients)


def test_what_somebody_else_configured_meanwhile_is_left_alone(clients: AwsClients, bedrock: Any) -> None:
    found = action.snapshot(step(), clients)
    changed = action.apply(step(), found, clients)
    others = {"s3Config": {"bucketName": "a-third-place"}}
    bedrock.put_model_invocation_logging_configuration(loggingConfig=others)
    with pytest.raises(ChangedSince):
        action.apply(step(), found, clients)
    with pytest.raises(ChangedSince):
        action.undo(step(), found, changed, clients)
    with pytest.raises(NotProven):
        action.verify(step(), found, changed, clients)
    assert logged(bedrock) == others


def test_flags_that_aws_adds_are_no_difference(clients: AwsClients, bedrock: Any) -> None:
    read_back = {**LOGGED, "textDataDeliveryEnabled": True, "imageDataDeliveryEnabled": True}
    bedrock.put_model_invocation_logging_configuration(loggingConfig=read_back)
    with pytest.raises(Refused, match="nothing is left"):
        action.snapshot(step(), clients)


def test_text_that_is_no_longer_delivered_is_a_difference(clients: AwsClients, bedrock: Any) -> None:
    bedrock.put_model_invocation_logging_configuration(loggingConfig=LOGGED | {"textDataDeliveryEnabled": False})
    found = action.snapshot(step(), clients)
    action.apply(step(), found, clients)
    assert logged(bedrock) == LOGGED


@pytest.mark.parametrize("former", [None, {}, {"deleted": True}, {"s3Config": "HIDDEN_DUE_TO_SECURITY_REASONS"}])
def test_without_a_former_configuration_nothing_is_invented(clients: AwsClients, bedrock: Any, former: Any) -> None:
    with pytest.raises(Refused, match="by hand"):
        action.snapshot(step(former), clients)


def test_another_region_s_logging_is_not_mistaken_for_ours(clients: AwsClients, bedrock: Any) -> None:
    with pytest.raises(Refused, match="us-west-2"):
        action.snapshot(step(place=f"logging/{ACCOUNT}/us-west-2"), clients)
