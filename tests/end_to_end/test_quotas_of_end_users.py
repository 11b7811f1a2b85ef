"""A playbook's limit and block stop an end user at the application's door and in its client, and undo opens both."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError
from deployed_account import Deployed, deployed, over_quota
from end_users_at_the_door import at_the_door, quotas_of, role_of_application

from tidegate.model import RunStatus
from tidegate_local import story
from tidegate_quota import Budget, Budgets, Quota, QuotaRefused

pytestmark = pytest.mark.end_to_end


@pytest.fixture(scope="module")
def stack() -> Iterator[Deployed]:
    with deployed(ResponseMode="auto", EndUserAuthorizer="charge", RulesParameters="/tidegate/rules") as made:
        rules = '[[end_user]]\nuser = "partner-*"\ncalls_per_minute = 1\n'
        made.aws.client("ssm").put_parameter(Name="/tidegate/rules/quotas", Value=rules, Type="String")
        made.before_it()
        yield made


@pytest.fixture(scope="module")
def role(stack: Deployed) -> str:
    return role_of_application(stack)


def application(stack: Deployed, role: str) -> Quota:
    return quotas_of(stack, role, Budgets(default=Budget(calls_per_minute=600, burst_calls=20)))


def test_a_block_shuts_the_door_and_the_client_and_undo_opens_both(stack: Deployed, role: str) -> None:
    greedy, quotas = story.GREEDY_USER, application(stack, role)
    assert at_the_door(stack, greedy, "r1")["isAuthorized"]
    quotas.charge(greedy, "r2")
    stack.aws.clock.advance(600)
    stack.log(*over_quota(stack.aws.clock()))
    stack.aws.deliver()
    run = stack.runs()[f"user:{greedy}"]
    assert run.status is RunStatus.CONTAINED
    assert at_the_door(stack, greedy, "r3") == {"isAuthorized": False, "context": {"reason": "blocked"}}
    with pytest.raises(QuotaRefused, match="blocked"):
        quotas.charge(greedy, "r4")
    assert at_the_door(stack, "alice", "r5")["isAuthorized"]
    (receipt,) = stack.receipts(run)
    assert receipt.proof is not None
    assert "last_charged" in str(receipt.proof)
    assert stack.undo(run).status is RunStatus.RELEASED
    assert at_the_door(stack, greedy, "r6")["isAuthorized"]
    assert not quotas.charge(greedy, "r7").repeated


def test_the_rules_say_what_a_user_may_at_the_door(stack: Deployed) -> None:
    assert at_the_door(stack, "partner-7", "r1")["isAuthorized"]
    assert at_the_door(stack, "partner-7", "r2")["context"]["reason"] == "calls_per_minute"


def test_an_application_can_count_and_can_unblock_nobody(stack: Deployed, role: str) -> None:
    dynamodb, table = stack.aws.session_of_role(role, "task").client("dynamodb"), stack.aws.outputs["QuotaTable"]
    for key in ("mallory", "usage"):
        with pytest.raises(ClientError, match="not authorized"):
            dynamodb.update_item(
                TableName=table,
                Key={"user": {"S": key}},
                UpdateExpression="SET blocked = :no",
                ExpressionAttributeValues={":no": {"BOOL": False}},
            )
    for operation in ("delete_item", "get_item"):
        with pytest.raises(ClientError, match="not authorized"):
            getattr(dynamodb, operation)(TableName=table, Key={"user": {"S": "usage|mallory"}})
