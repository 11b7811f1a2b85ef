"""Apply, then undo: the principal and the quota table are byte for byte as they were, whatever was there before."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from moto import mock_aws
from response_builders import ASSUMED_BY_BEDROCK, REGION, a_step, clients_of, quota_table

from tidegate.actions import action_named
from tidegate.aws.clients import AwsClients

STATEMENTS = some.fixed_dictionaries(
    {
        "Effect": some.sampled_from(["Allow", "Deny"]),
        "Action": some.sampled_from(["s3:GetObject", "bedrock:*", ["sqs:SendMessage", "sqs:ReceiveMessage"]]),
        "Resource": some.just("*"),
    }
)
DOCUMENTS = some.builds(
    lambda statements, space: json.dumps({"Version": "2012-10-17", "Statement": statements}, indent=space),
    some.lists(STATEMENTS, min_size=1, max_size=3),
    some.sampled_from([None, 1, 4]),
)
POLICIES = some.dictionaries(some.sampled_from(["own", "Own", "a.b", "TidegateOther"]), DOCUMENTS, max_size=3)
NUMBERS = some.integers(min_value=0, max_value=10**9).map(lambda number: {"N": str(number)})
ITEMS = some.none() | some.fixed_dictionaries(
    {},
    optional={
        "tokens": NUMBERS,
        "blocked": some.just({"BOOL": False}),
        "note": some.text(max_size=9).map(lambda t: {"S": t}),
    },
)
LEVERS = [
    ("block_end_user", "end_user", "mallory", {}),
    ("limit_end_user", "end_user", "mallory", {}),
    ("deny_role_session", "role_session", "app/alice", {}),
    ("deny_role", "role", "app", {}),
    ("revoke_older_sessions", "role", "app", {"before": "2026-03-02T09:00:00+00:00"}),
    ("deny_iam_user", "iam_user", "builder", {}),
    ("deny_iam_user", "iam_user", "builder", {"deny": "escalation"}),
]


def state(clients: AwsClients) -> dict[str, Any]:
    iam = clients.iam
    role = {
        n: iam.get_role_policy(RoleName="app", PolicyName=n)["PolicyDocument"]
        for n in iam.list_role_policies(RoleName="app")["PolicyNames"]
    }
    user = {
        n: iam.get_user_policy(UserName="builder", PolicyName=n)["PolicyDocument"]
        for n in iam.list_user_policies(UserName="builder")["PolicyNames"]
    }
    return {"role": role, "user": user, "quota": clients.dynamodb.scan(TableName=clients.quota_table)["Items"]}


@pytest.mark.parametrize(("action", "kind", "target", "parameters"), LEVERS)
@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(role=POLICIES, user=POLICIES, item=ITEMS, twice=some.booleans())
def test_apply_then_undo_changes_nothing(
    monkeypatch: pytest.MonkeyPatch,
    action: str,
    kind: str,
    target: str,
    parameters: dict[str, Any],
    role: dict[str, str],
    user: dict[str, str],
    item: dict[str, Any] | None,
    twice: bool,
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        clients = clients_of(boto3.Session(region_name=REGION))
        quota_table(clients)
        clients.iam.create_role(RoleName="app", AssumeRolePolicyDocument=ASSUMED_BY_BEDROCK)
        clients.iam.create_user(UserName="builder")
        for name, document in role.items():
            clients.iam.put_role_policy(RoleName="app", PolicyName=name, PolicyDocument=document)
        for name, document in user.items():
            clients.iam.put_user_policy(UserName="builder", PolicyName=name, PolicyDocument=document)
        if item is not None:
            clients.dynamodb.put_item(TableName=clients.quota_table, Item={"user": {"S": "mallory"}, **item})
        before = state(clients)
        module, step = action_named(action), a_step(action, kind, target, **parameters)
        found = module.snapshot(step, clients)
        changed = module.apply(step, found, clients)
        assert state(clients) != before
        if twice:
            changed = module.apply(step, found, clients)
        module.undo(step, found, changed, clients)
        assert state(clients) == before
        assert module.undo(step, found, changed, clients).already
