"""An application of the account that asks the quota table: its role, its client, and the authorizer at its door."""

from __future__ import annotations

import json
from typing import Any

from deployed_account import Deployed

from tidegate_quota import Budgets, Quota

APPLICATION = "chat-application"


def role_of_application(stack: Deployed) -> str:
    """A role that has the policy that the stack offers; its ARN."""
    iam = stack.aws.client("iam")
    its_tasks = {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [its_tasks]})
    made = iam.create_role(RoleName=APPLICATION, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    iam.attach_role_policy(RoleName=APPLICATION, PolicyArn=stack.aws.outputs["ApplicationQuotaPolicy"])
    return str(made)


def quotas_of(stack: Deployed, role: str, budgets: Budgets) -> Quota:
    clock, dynamodb = stack.aws.clock, stack.aws.session_of_role(role, "task").client("dynamodb")
    return Quota(dynamodb, stack.aws.outputs["QuotaTable"], budgets=budgets, clock=lambda: clock().timestamp())


def at_the_door(stack: Deployed, user: str, request_id: str) -> dict[str, Any]:
    event = {"version": "2.0", "type": "REQUEST", "headers": {"x-end-user": user},
             "requestContext": {"requestId": request_id}}  # fmt: skip
    answer: dict[str, Any] = stack.aws.invoke("AuthorizeEndUser", event)
    return answer
