"""A limit by throttle_caller is met where the application asks; the authorizer that only looks, under its own role."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from deployed_account import Deployed, deployed
from end_users_at_the_door import at_the_door, quotas_of, role_of_application

from tidegate.model import RunStatus
from tidegate_local import story
from tidegate_local.native_records import converse
from tidegate_quota import Budget, Budgets, Quota, QuotaRefused

pytestmark = pytest.mark.end_to_end
AUTHORIZER = "tidegate-AuthorizeEndUserRole-embedded"
MOST = 100  # calls at one moment


@pytest.fixture(scope="module")
def looking() -> Iterator[Deployed]:
    """The authorizer only looks; the application's client counts. A user may make 60 calls a minute."""
    with deployed(
        ResponseMode="auto", EndUserAuthorizer="check", EndUserCallsPerMinute="60", CallsPerHour="100"
    ) as made:
        made.before_it()
        yield made


def over_its_hour(now: datetime) -> Iterator[dict[str, Any]]:
    """150 calls of one end user, half again of what an hour may hold: too much, and nothing worse."""
    who = {"user": story.GREEDY_USER, "application": "support-assistant"}
    for n in range(150):
        at = now - timedelta(seconds=20 * n)
        question = f"Where is order {4000 + n}?"
        yield converse(at, story.ASSISTANT[1], story.MIDDLE, question, "On its way.", tokens=(30, 90), metadata=who)


def refusal(quotas: Quota, user: str, request: str) -> str:
    """Why the call isn't let through; empty when it is."""
    try:
        quotas.charge(user, request, settled=True)
    except QuotaRefused as refused:
        return refused.reason
    return ""


def let_through(quotas: Quota, user: str, request: str) -> int:
    """How many calls of many at one moment; the others are refused for their rate."""
    answers = [refusal(quotas, user, f"{request}-{number}") for number in range(MOST)]
    assert set(answers) == {"", "calls_per_minute"}
    return answers.count("")


def test_a_limit_is_met_in_the_client_and_at_the_door_and_undo_gives_the_whole_quota_back(looking: Deployed) -> None:
    """Sixty at one moment before, six under the limit of a tenth, sixty again afterwards."""
    greedy, clock = story.GREEDY_USER, looking.aws.clock
    quotas = quotas_of(looking, role_of_application(looking), Budgets(default=Budget(calls_per_minute=60)))
    assert let_through(quotas, greedy, "before") == 60
    clock.advance(600)
    assert at_the_door(looking, greedy, "r1")["context"]["limitedTo"] == 100
    looking.log(*over_its_hour(clock()))
    looking.aws.deliver()
    run = looking.runs()[f"user:{greedy}"]
    assert [receipt.step.action for receipt in looking.receipts(run)] == ["limit_end_user"]
    assert run.status is RunStatus.CONTAINED, (run.error, looking.aws.failures)
    assert at_the_door(looking, greedy, "r2")["context"]["limitedTo"] == 10
    assert let_through(quotas, greedy, "limited") == 6
    refused = at_the_door(looking, greedy, "r3")
    assert (refused["isAuthorized"], refused["context"]["reason"]) == (False, "calls_per_minute")
    assert at_the_door(looking, "alice", "r4")["isAuthorized"]
    assert looking.undo(run).status is RunStatus.RELEASED
    clock.advance(600)
    assert at_the_door(looking, greedy, "r5")["context"]["limitedTo"] == 100
    assert let_through(quotas, greedy, "after") == 60


def test_an_authorizer_that_only_looks_has_no_right_to_count(looking: Deployed) -> None:
    """Under its own role: it read for every request above, and wrote nothing."""
    assert [call for call in looking.aws.calls if not call.allowed] == []
    asked = {call.action for call in looking.aws.calls if call.role == AUTHORIZER}
    assert "dynamodb:BatchGetItem" in asked
    assert not {action for action in asked if action.startswith("dynamodb:") and action != "dynamodb:BatchGetItem"}
    with pytest.raises(ClientError, match="not authorized"):
        looking.aws.session_of_role(AUTHORIZER, "AuthorizeEndUser").client("dynamodb").update_item(
            TableName=looking.aws.outputs["QuotaTable"],
            Key={"user": {"S": "usage|mallory"}},
            UpdateExpression="SET calls = :none",
            ExpressionAttributeValues={":none": {"N": "0"}},
        )
