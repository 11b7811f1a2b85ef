"""A playbook's limit and block stop an end user at the application's door and in its client, and undo opens both."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from deployed_account import Deployed, deployed, over_quota

from tidegate.model import RunStatus
from tidegate_local import story
from tidegate_quota import Budget, Budgets, Quota, QuotaRefused

pytestmark = pytest.mark.end_to_end
APPLICATION = "chat-application"


@pytest.fixture(scope="module")
def stack() -> Iterator[Deployed]:
    with deployed(ResponseMode="auto", EndUserAuthorizer="charge", RulesParameters="/tidegate/rules") as made:
        rules = '[[end_user]]\nuser = "partner-*"\ncalls_per_minute = 1\n'
        made.aws.client("ssm").put_parameter(Name="/tidegate/rules/quotas", Value=rules, Type="String")
        made.before_it()
        yield made


@pytest.fixture(scope="module")
def role(stack: Deployed) -> str:
    """A role of the application, which has the policy that the stack offers."""
    iam = stack.aws.client("iam")
    its_tasks = {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [its_tasks]})
    made = iam.create_role(RoleName=APPLICATION, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    iam.attach_role_policy(RoleName=APPLICATION, PolicyArn=stack.aws.outputs["ApplicationQuotaPolicy"])
    return str(made)


def client(stack: Deployed, role: str) -> Any:
    return stack.aws.session_of_role(role, "task").client("dynamodb")


def application(stack: Deployed, role: str) -> Quota:
    table = stack.aws.outputs["QuotaTable"]
    budgets = Budgets(default=Budget(calls_per_minute=600, burst_calls=20))
    clock = stack.aws.clock
    return Quota(client(stack, role), table, budgets=budgets, clock=lambda: clock().timestamp())


def at_the_door(stack: Deployed, user: str, request_id: str) -> dict[str, Any]:
    event = {"version": "2.0", "type": "REQUEST", "headers": {"x-end-user": user},
             "requestContext": {"requestId": request_id}}  # fmt: skip
    answer: dict[str, Any] = stack.aws.invoke("AuthorizeEndUser", event)
    return answer


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
    dynamodb, table = client(stack, role), stack.aws.outputs["QuotaTable"]
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
