"""Roles hold what their work needs: with one permission less it fails, visibly, and leaves nothing half done."""

from __future__ import annotations

import json
from typing import Any

import pytest
from deployed_account import Deployed, deployed

from tidegate.model import Run, RunStatus
from tidegate_local import story
from tidegate_local.account_state import differences

pytestmark = pytest.mark.end_to_end

GREEDY = f"user:{story.GREEDY_USER}"


def without(stack: Deployed, role: str, action: str) -> None:
    """Takes one action out of the inline policies of a function's or state machine's role."""
    iam, name, taken = stack.aws.client("iam"), stack.aws.resource(f"{role}Role"), 0
    for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
        document = iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
        statements: list[dict[str, Any]] = []
        for statement in document["Statement"]:
            actions = [statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"]
            kept = [one for one in actions if one != action]
            taken += len(actions) - len(kept)
            if kept:
                statements.append({**statement, "Action": kept})
        document["Statement"] = statements
        iam.put_role_policy(RoleName=name, PolicyName=policy, PolicyDocument=json.dumps(document))
    assert taken, f"{role} has no {action}"


def refused(stack: Deployed) -> set[str]:
    return {call.action for call in stack.aws.calls if not call.allowed}


@pytest.mark.parametrize(
    ("role", "action"),
    [
        ("ActOnCallers", "dynamodb:UpdateItem"),
        ("ThrottleCaller", "lambda:InvokeFunction"),
        ("PreserveEvidence", "s3:PutObject"),
    ],
)
def test_a_response_that_may_not_act_fails_and_changes_nothing(role: str, action: str) -> None:
    with deployed(ResponseMode="auto") as stack:
        stack.before_it()
        without(stack, role, action)
        stack.it_happens(deliver=False)
        before = stack.state()
        stack.aws.deliver()
        stack.aws.clock.advance(300)  # whatever is retried
        run: Run = stack.runs()[GREEDY]
        assert run.status is RunStatus.FAILED
        assert run.error
        assert action in refused(stack)
        assert [line for line in differences(before, stack.state()) if "QuotaTable" in line] == []


def test_detection_that_may_not_read_the_log_loses_nothing_and_goes_on_once_it_may() -> None:
    with deployed(ResponseMode="observe") as stack:
        stack.before_it()
        iam, role = stack.aws.client("iam"), stack.aws.resource("DetectInvocationsRole")
        policies = {
            name: iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
            for name in iam.list_role_policies(RoleName=role)["PolicyNames"]
        }
        without(stack, "DetectInvocations", "s3:GetObject")
        stack.it_happens()
        assert GREEDY not in stack.incidents()
        assert refused(stack) == {"s3:GetObject"}
        for name, document in policies.items():
            iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(document))
        stack.aws.clock.advance(721)
        assert stack.runs()[GREEDY].status is RunStatus.OBSERVED
        assert stack.waiting("DeliveryQueue") == 0
