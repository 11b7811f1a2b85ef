from __future__ import annotations

import pytest
from response_builders import OWN_POLICY, a_step, policies_of

from tidegate.actions import deny_iam_user as action
from tidegate.actions import inline_policy
from tidegate.aws.clients import AwsClients
from tidegate.errors import ChangedSince, Refused

STEP = a_step("deny_iam_user", "iam_user", "builder")
ESCALATION = a_step("deny_iam_user", "iam_user", "builder", number=2, deny="escalation")


@pytest.fixture(autouse=True)
def user(clients: AwsClients) -> None:
    clients.iam.create_user(UserName="builder")


def test_the_user_is_denied_models_and_escalation_and_released(clients: AwsClients) -> None:
    found = action.snapshot(STEP, clients)
    changed = action.apply(STEP, found, clients)
    assert action.verify(STEP, found, changed, clients).facts["denied"] == "builder"
    assert "bedrock:*" in policies_of(clients)["TidegateContainment"]["Statement"][0]["Action"]
    action.undo(STEP, found, changed, clients)
    assert policies_of(clients) == {}


def test_while_a_key_is_rotated_the_application_goes_on_calling_models(clients: AwsClients) -> None:
    found = action.snapshot(ESCALATION, clients)
    action.apply(ESCALATION, found, clients)
    denied = policies_of(clients)["TidegateContainment"]["Statement"][0]["Action"]
    assert "iam:Create*" in denied
    assert not [name for name in denied if name.startswith("bedrock")]


def test_a_user_without_room_for_the_statement_is_refused(clients: AwsClients) -> None:
    clients.iam.put_user_policy(UserName="builder", PolicyName="own", PolicyDocument=OWN_POLICY % ("x" * 1_600))
    with pytest.raises(Refused, match=r"2,048 characters.*access keys inactive"):
        action.snapshot(STEP, clients)


def test_our_statement_alone_fits_a_user_twice() -> None:
    """The narrower of the two statements is there during a rotation; a throttle may have to come on top."""
    both = action.policy.with_statement(
        action.policy.with_statement(None, action._statement(STEP)), action._statement(ESCALATION)
    )
    assert len(both) < inline_policy.USER_LIMIT


def test_every_verb_may_be_said_twice(clients: AwsClients) -> None:
    found = action.snapshot(STEP, clients)
    assert action.apply(STEP, found, clients) == action.apply(STEP, found, clients)
    action.undo(STEP, found, None, clients)
    assert action.undo(STEP, found, None, clients).already


def test_undo_refuses_when_someone_edited_our_statement(clients: AwsClients) -> None:
    found = action.snapshot(STEP, clients)
    changed = action.apply(STEP, found, clients)
    edited = changed.document.replace('"iam:Add*",', "")
    clients.iam.put_user_policy(UserName="builder", PolicyName="TidegateContainment", PolicyDocument=edited)
    with pytest.raises(ChangedSince):
        action.undo(STEP, found, changed, clients)


@pytest.mark.parametrize("name", ["nobody", "a b", "x/y", "*"])
def test_an_unknown_or_impossible_user_is_refused(clients: AwsClients, name: str) -> None:
    with pytest.raises(Refused):
        action.snapshot(a_step("deny_iam_user", "iam_user", name), clients)
