"""IAM at the client: what a policy says happens, as it is at the moment of the call."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from tidegate_local.embedded import Embedded
from tidegate_local.policy_language import PolicyError, decide
from tidegate_local.resource_arns import UnknownCall, needs


def statement(effect: str = "Allow", **more: Any) -> dict[str, Any]:
    action = {} if "NotAction" in more else {"Action": "*"}
    return {"Version": "2012-10-17", "Statement": [{"Effect": effect, "Resource": "*", **action, **more}]}


CONTEXT = {
    "aws:userid": "AROAEXAMPLE:mallory",
    "aws:PrincipalArn": "arn:aws:iam::111122223333:role/app",
    "aws:TokenIssueTime": "2026-03-02T09:00:00+00:00",
    "aws:SourceIp": "192.0.2.7",
    "s3:max-keys": "10",
    "aws:TagKeys": ["team", "cost"],
}


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ({"StringEquals": {"aws:userid": "AROAEXAMPLE:mallory"}}, True),
        ({"StringEquals": {"AWS:UserID": ["other", "AROAEXAMPLE:mallory"]}}, True),
        ({"StringNotEquals": {"aws:userid": ["other", "AROAEXAMPLE:mallory"]}}, False),
        ({"StringLike": {"aws:userid": "AROAEXAMPLE:*"}}, True),
        ({"StringNotLike": {"aws:userid": "AROAEXAMPLE:*"}}, False),
        ({"StringEquals": {"aws:absent": "x"}}, False),
        ({"StringNotEquals": {"aws:absent": "x"}}, True),
        ({"StringEqualsIfExists": {"aws:absent": "x"}}, True),
        ({"Null": {"aws:absent": "true"}}, True),
        ({"Null": {"aws:userid": "true"}}, False),
        ({"DateLessThan": {"aws:TokenIssueTime": "2026-03-02T10:00:00Z"}}, True),
        ({"DateGreaterThan": {"aws:TokenIssueTime": "2026-03-02T10:00:00Z"}}, False),
        ({"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}, True),
        ({"NotIpAddress": {"aws:SourceIp": "192.0.2.0/24"}}, False),
        ({"NumericLessThanEquals": {"s3:max-keys": "10"}}, True),
        ({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/a*"}}, True),
        ({"ForAllValues:StringEquals": {"aws:TagKeys": ["team", "cost", "x"]}}, True),
        ({"ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}}, False),
        ({"ForAnyValue:StringEquals": {"aws:TagKeys": ["team"]}}, True),
        ({"StringEquals": {"aws:userid": "${aws:userid}"}}, True),
    ],
)
def test_conditions_hold_as_documented(condition: dict[str, Any], holds: bool) -> None:
    assert (decide([statement(Condition=condition)], "s3:GetObject", "arn", CONTEXT) is True) is holds


def test_an_operator_that_is_not_understood_is_an_error() -> None:
    with pytest.raises(PolicyError, match="BinaryEquals"):
        decide([statement(Condition={"BinaryEquals": {"k": "v"}})], "s3:GetObject", "arn", {"k": "v"})


def test_a_deny_wins_wherever_it_stands() -> None:
    deny = statement("Deny", NotAction="sts:*")
    assert decide([deny, statement()], "s3:GetObject", "arn", {}) is False
    assert decide([statement(), deny], "sts:AssumeRole", "arn", {}) is True
    assert decide([], "s3:GetObject", "arn", {}) is None


def test_not_resource_speaks_of_the_rest() -> None:
    document = {"Statement": [{"Effect": "Allow", "Action": "s3:*", "NotResource": "arn:aws:s3:::evidence/*"}]}
    assert decide([document], "s3:GetObject", "arn:aws:s3:::evidence/a", {}) is None
    assert decide([document], "s3:GetObject", "arn:aws:s3:::other/a", {}) is True


@given(st.text(max_size=20))
def test_a_pattern_without_wildcards_matches_only_itself(text: str) -> None:
    plain = text.replace("*", "").replace("?", "").replace("$", "")
    document = {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": plain}]}
    assert decide([document], "a:b", plain, {}) is True
    assert decide([document], "a:b", plain + "x", {}) is None


def test_a_call_of_an_unknown_service_is_an_error() -> None:
    with pytest.raises(UnknownCall, match="quantum"):
        needs("quantum", "Leap", {}, lambda kind, name: name)


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "expected"),
    [
        ("dynamodb", "Query", {"TableName": "t", "IndexName": "i"}, ["dynamodb:Query table/t/index/i"]),
        (
            "dynamodb",
            "TransactWriteItems",
            {"TransactItems": [{"Put": {"TableName": "t"}}, {"ConditionCheck": {"TableName": "u"}}]},
            ["dynamodb:PutItem table/t", "dynamodb:ConditionCheckItem table/u"],
        ),
        ("s3", "ListObjectsV2", {"Bucket": "b", "Prefix": "p"}, ["s3:ListBucket b"]),
        ("s3", "HeadObject", {"Bucket": "b", "Key": "k"}, ["s3:GetObject b/k"]),
        (
            "s3",
            "PutObject",
            {"Bucket": "b", "Key": "k", "ObjectLockMode": "GOVERNANCE"},
            ["s3:PutObject b/k", "s3:PutObjectRetention b/k"],
        ),
        ("sqs", "SendMessageBatch", {"QueueUrl": "https://sqs/1/q"}, ["sqs:SendMessage q"]),
        (
            "scheduler",
            "CreateSchedule",
            {"GroupName": "g", "Name": "s", "Target": {"RoleArn": "arn:aws:iam::111122223333:role/r"}},
            ["scheduler:CreateSchedule schedule/g/s", "iam:PassRole role/r"],
        ),
        (
            "bedrock-agent",
            "UpdateAgentAlias",
            {"agentId": "A", "agentAliasId": "B"},
            ["bedrock:UpdateAgentAlias agent-alias/A/B"],
        ),
        ("bedrock-runtime", "Converse", {"modelId": "m"}, ["bedrock:InvokeModel foundation-model/m"]),
        ("sts", "GetCallerIdentity", {}, []),
    ],
)
def test_a_call_needs_the_actions_and_resources_of_the_authorization_reference(
    service: str, operation: str, parameters: dict[str, Any], expected: list[str]
) -> None:
    found = needs(service, operation, parameters, lambda kind, name: f"arn:aws:iam::111122223333:{kind}/{name}")
    assert [f"{one.action} {one.resource.split(':', 5)[-1]}" for one in found] == expected


def allow(aws: Embedded, role: str, *statements: dict[str, Any]) -> None:
    document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    aws.client("iam").put_role_policy(RoleName=role, PolicyName="test", PolicyDocument=document)


def a_role(aws: Embedded) -> str:
    aws.client("iam").create_role(RoleName="app", Path="/team/", AssumeRolePolicyDocument="{}")
    allow(aws, "app", {"Effect": "Allow", "Action": "dynamodb:*", "Resource": "*"})
    return "app"


def test_denying_one_session_leaves_the_other_working(small: Embedded) -> None:
    role, table = a_role(small), small.outputs["Things"]
    mallory = small.session_of_role(role, "mallory").client("dynamodb")
    alice = small.session_of_role(role, "alice").client("dynamodb")
    mallory.get_item(TableName=table, Key={"id": {"S": "a"}})
    role_id = small.client("iam").get_role(RoleName=role)["Role"]["RoleId"]
    deny = statement("Deny", Condition={"StringLike": {"aws:userid": f"{role_id}:mallory"}})
    small.client("iam").put_role_policy(RoleName=role, PolicyName="deny", PolicyDocument=json.dumps(deny))
    with pytest.raises(ClientError, match="not authorized to perform: dynamodb:GetItem") as refused:
        mallory.get_item(TableName=table, Key={"id": {"S": "a"}})
    assert refused.value.response["Error"]["Code"] == "AccessDeniedException"
    alice.get_item(TableName=table, Key={"id": {"S": "a"}})
    assert [call.allowed for call in small.calls] == [True, False, True]


def test_revoking_older_sessions_spares_newer_ones(small: Embedded) -> None:
    role, table = a_role(small), small.outputs["Things"]
    older = small.session_of_role(role, "worker").client("dynamodb")
    small.clock.advance(60)
    deny = statement("Deny", Condition={"DateLessThan": {"aws:TokenIssueTime": small.clock().isoformat()}})
    small.client("iam").put_role_policy(RoleName=role, PolicyName="deny", PolicyDocument=json.dumps(deny))
    newer = small.session_of_role(role, "worker").client("dynamodb")
    newer.get_item(TableName=table, Key={"id": {"S": "a"}})
    with pytest.raises(ClientError):
        older.get_item(TableName=table, Key={"id": {"S": "a"}})


def test_an_inactive_key_is_refused_and_a_users_policies_count(small: Embedded) -> None:
    iam = small.client("iam")
    iam.create_user(UserName="bob")
    key = iam.create_access_key(UserName="bob")["AccessKey"]["AccessKeyId"]
    bob = small.session_of_key(key).client("s3")
    with pytest.raises(ClientError, match="s3:ListAllMyBuckets") as refused:
        bob.list_buckets()
    assert refused.value.response["Error"]["Code"] == "AccessDenied"
    iam.put_user_policy(UserName="bob", PolicyName="p", PolicyDocument=json.dumps(statement(Action="s3:*")))
    bob.list_buckets()
    iam.update_access_key(UserName="bob", AccessKeyId=key, Status="Inactive")
    with pytest.raises(ClientError, match="security token"):
        bob.list_buckets()


def test_a_boundary_limits_what_a_policy_gives(small: Embedded) -> None:
    role, table = a_role(small), small.outputs["Things"]
    document = json.dumps(statement(Action="s3:*"))
    arn = small.client("iam").create_policy(PolicyName="limit", PolicyDocument=document)["Policy"]["Arn"]
    client = small.session_of_role(role, "s").client("dynamodb")
    small.client("iam").put_role_permissions_boundary(RoleName=role, PermissionsBoundary=arn)
    with pytest.raises(ClientError):
        client.get_item(TableName=table, Key={"id": {"S": "a"}})
    small.client("iam").delete_role_permissions_boundary(RoleName=role)
    client.get_item(TableName=table, Key={"id": {"S": "a"}})
