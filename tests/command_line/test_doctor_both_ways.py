"""Each check of the doctor on an account that is well, on one that isn't, and where it may not look."""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from deployed_template import listed, resources, template

from tidegate.actions import ACTIONS, Family
from tidegate_local import asking, doctor_pages
from tidegate_local.command_line.doctor import CHECKS
from tidegate_local.doctor import Answer, Patient, State, examined, grants, quotas
from tidegate_local.stack import Stack

NOW = datetime(2026, 9, 14, 9, 0, tzinfo=UTC)
OWN, TRAINING = "tidegate-evidence", "training-data"
KEY = "arn:aws:kms:eu-west-1:111122223333:key/0001"
ON_READ_ONLY = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
BEDROCK = [{"Field": "resources.type", "Equals": [
    "AWS::Bedrock::AgentAlias", "AWS::Bedrock::KnowledgeBase", "AWS::Bedrock::FlowAlias"]}]  # fmt: skip
S3 = [{"Field": "resources.type", "Equals": ["AWS::S3::Object"]}]
RULE = {
    "Name": "tidegate-calls",
    "State": ON_READ_ONLY,
    "EventPattern": '{"detail-type": ["AWS API Call via CloudTrail"]}',
}
TRAIL = {"Name": "all", "TrailARN": "arn:all", "IsMultiRegionTrail": True, "LogFileValidationEnabled": True}
LOGGED = {"loggingConfig": {"s3Config": {"bucketName": "log"}, "textDataDeliveryEnabled": True}}
DETECTOR = {"Status": "ENABLED", "FindingPublishingFrequency": "FIFTEEN_MINUTES",
            "Features": [{"Name": "AI_PROTECTION", "Status": "ENABLED"}]}  # fmt: skip
ENCRYPTED = {"ServerSideEncryptionConfiguration": {"Rules": [
    {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": KEY}}]}}  # fmt: skip
BLOCKED = {"PublicAccessBlockConfiguration": {"BlockPublicAcls": True, "BlockPublicPolicy": True}}
LOCKED = {"ObjectLockConfiguration": {"ObjectLockEnabled": "Enabled"}}
ALARM = {"AlarmName": "tidegate-RespondFailed", "StateValue": "OK"}
NARROW = {"Statement": [{"Effect": "Allow", "Action": "bedrock:InvokeModel", "Resource": "*"}]}
ALL = {"Statement": [{"Effect": "Allow", "Action": "bedrock:*", "Resource": "*"}]}
ROLE = "arn:aws:iam::111122223333:role/tidegate-role"
HANDLERS = (*(f"act_on_{family}" for family in Family), "plan_response")
FUNCTIONS = [{"FunctionName": name, "Handler": f"tidegate.handlers.{name}.handle", "Role": ROLE,
              "Environment": {"Variables": {"TIDEGATE_STACK": "tidegate"}}} for name in HANDLERS]  # fmt: skip
CALLS = '{"Resource": "arn:aws:states:::lambda:invoke", "Then": "arn:aws:states:::states:startExecution.sync:2"}'
NEEDED = {need for one in ACTIONS.values() for need in (*one.about.permissions, *one.about.reads)} | {
    "lambda:InvokeFunction", "states:StartExecution"}  # fmt: skip
BOUNDED = {"Role": {"PermissionsBoundary": {"PermissionsBoundaryArn": "arn:aws:iam::111122223333:policy/narrow"}}}


def granting(*actions: str, effect: str = "Allow", **more: Any) -> dict[str, Any]:
    """A policy on some resource, as roles of the template have them, unless `more` says another."""
    statement = {"Effect": effect, "Action": sorted(actions), "Resource": "arn:aws:s3:::some"}
    return {"Statement": [statement | more]}


# What an account that is well answers, by service and operation.
WELL: Mapping[str, Any] = {
    "sqs.get_queue_attributes": {"Attributes": {"ApproximateNumberOfMessages": "0"}},
    "cloudwatch.describe_alarms": {"MetricAlarms": [ALARM]},
    "events.list_rules": {"Rules": [RULE]},
    "cloudtrail.describe_trails": {"trailList": [TRAIL]},
    "cloudtrail.get_trail_status": {"IsLogging": True},
    "cloudtrail.get_event_selectors": {"AdvancedEventSelectors": [{"FieldSelectors": BEDROCK}, {"FieldSelectors": S3}]},
    "bedrock.get_model_invocation_logging_configuration": LOGGED,
    "bedrock.list_enforced_guardrails_configuration": {"guardrailsConfig": [{"guardrailId": "gr-1"}]},
    "bedrock.list_guardrails": {"guardrails": []},
    "guardduty.list_detectors": {"DetectorIds": ["d-1"]},
    "guardduty.get_detector": DETECTOR,
    "s3.get_bucket_versioning": {"Status": "Enabled"},
    "s3.get_bucket_encryption": ENCRYPTED,
    "s3.get_public_access_block": BLOCKED,
    "s3.get_object_lock_configuration": LOCKED,
    "ec2.describe_vpc_endpoints": {"VpcEndpoints": [
        {"ServiceName": "com.amazonaws.eu-west-1.bedrock-runtime", "State": "available"}]},
    "iam.get_account_authorization_details": {"UserDetailList": [
        {"UserName": "app", "UserPolicyList": [{"PolicyDocument": NARROW}]}]},
    "iam.list_users": {"Users": [{"UserName": "app"}]},
    "iam.list_service_specific_credentials": {"ServiceSpecificCredentials": []},
    "lambda.get_account_settings": {"AccountLimit": {"ConcurrentExecutions": 1000}},
    "lambda.list_functions": {"Functions": FUNCTIONS},
    "stepfunctions.describe_state_machine": {"roleArn": ROLE, "definition": CALLS},
    "iam.get_role": {"Role": {}},
    "iam.list_role_policies": {"PolicyNames": ["own"]},
    "iam.get_role_policy": {"PolicyDocument": granting(*NEEDED)},
    "iam.list_attached_role_policies": {"AttachedPolicies": []},
    "iam.get_policy": {"Policy": {"DefaultVersionId": "v1"}},
    "iam.get_policy_version": {"PolicyVersion": {"Document": granting("s3:GetObject")}},
}  # fmt: skip


def absent(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": ""}}, "Get")


def a_user(policy: Mapping[str, Any]) -> dict[str, Any]:
    return {"UserDetailList": [{"UserName": "app", "UserPolicyList": [{"PolicyDocument": policy}]}]}


def an_api_key(**changes: Any) -> dict[str, Any]:
    given = {"ServiceName": "bedrock.amazonaws.com", "Status": "Active", "ServiceSpecificCredentialId": "ACCA1"}
    return {"ServiceSpecificCredentials": [given | changes]}


# Check, what AWS answers instead, and what has to be said of it.
ILL: list[tuple[str, str, Any, State, str]] = [
    (
        "dead_letters",
        "sqs.get_queue_attributes",
        {"Attributes": {"ApproximateNumberOfMessages": "3"}},
        State.BAD,
        "IndexDeadLetters: 3",
    ),
    (
        "alarms",
        "cloudwatch.describe_alarms",
        {"MetricAlarms": [ALARM | {"StateValue": "ALARM"}]},
        State.BAD,
        "tidegate-RespondFailed",
    ),
    ("alarms", "cloudwatch.describe_alarms", {"MetricAlarms": []}, State.BAD, "not there"),
    ("rules", "events.list_rules", {"Rules": []}, State.BAD, "not there"),
    ("rules", "events.list_rules", {"Rules": [RULE | {"State": "DISABLED"}]}, State.BAD, "tidegate-calls"),
    ("rules", "events.list_rules", {"Rules": [RULE | {"State": "ENABLED"}]}, State.WARN, "read-only"),
    ("global_events", "events.list_rules", {"Rules": []}, State.BAD, "us-east-1"),
    ("trail", "cloudtrail.describe_trails", {"trailList": []}, State.BAD, "no trail"),
    ("trail", "cloudtrail.get_trail_status", {"IsLogging": False}, State.BAD, "no trail"),
    (
        "trail",
        "cloudtrail.describe_trails",
        {"trailList": [TRAIL | {"IsMultiRegionTrail": False}]},
        State.WARN,
        "every Region",
    ),
    (
        "trail",
        "cloudtrail.describe_trails",
        {"trailList": [TRAIL | {"LogFileValidationEnabled": False}]},
        State.WARN,
        "signs",
    ),
    ("data_events", "cloudtrail.get_event_selectors", {"EventSelectors": []}, State.WARN, "AWS::Bedrock::AgentAlias"),
    (
        "data_events",
        "cloudtrail.get_event_selectors",
        {"AdvancedEventSelectors": [{"FieldSelectors": BEDROCK}]},
        State.WARN,
        "S3 data events",
    ),
    ("invocation_logging", "bedrock.get_model_invocation_logging_configuration", {}, State.BAD, "own Region"),
    (
        "invocation_logging",
        "bedrock.get_model_invocation_logging_configuration",
        {"loggingConfig": {"s3Config": {}, "textDataDeliveryEnabled": False}},
        State.BAD,
        "own Region",
    ),
    ("invocation_logging", "bedrock.get_model_invocation_logging_configuration@us-west-2", {}, State.WARN, "us-west-2"),
    (
        "invocation_logging",
        "bedrock.get_model_invocation_logging_configuration@us-west-2",
        absent("AccessDenied"),
        State.UNKNOWN,
        "us-west-2",
    ),
    ("guardduty", "guardduty.list_detectors", {"DetectorIds": []}, State.BAD, "is off"),
    ("guardduty", "guardduty.get_detector", DETECTOR | {"Status": "DISABLED"}, State.BAD, "disabled"),
    (
        "guardduty",
        "guardduty.get_detector",
        DETECTOR | {"FindingPublishingFrequency": "SIX_HOURS"},
        State.WARN,
        "every hours",
    ),
    (
        "guardduty",
        "guardduty.get_detector",
        DETECTOR | {"Features": [{"Name": "S3_DATA_EVENTS", "Status": "ENABLED"}]},
        State.WARN,
        "AI protection",
    ),
    ("buckets", "s3.get_bucket_versioning", {}, State.WARN, "training-data lacks versioning"),
    (
        "buckets",
        "s3.get_bucket_encryption",
        absent("ServerSideEncryptionConfigurationNotFoundError"),
        State.WARN,
        "a customer-managed key",
    ),
    (
        "buckets",
        "s3.get_bucket_encryption",
        {
            "ServerSideEncryptionConfiguration": {
                "Rules": [
                    {
                        "ApplyServerSideEncryptionByDefault": {
                            "KMSMasterKeyID": "arn:aws:kms:eu-west-1:111122223333:alias/aws/s3"
                        }
                    }
                ]
            }
        },
        State.WARN,
        "a customer-managed key",
    ),
    (
        "buckets",
        "s3.get_public_access_block",
        absent("NoSuchPublicAccessBlockConfiguration"),
        State.WARN,
        "a public access block",
    ),
    (
        "buckets",
        "s3.get_object_lock_configuration",
        absent("ObjectLockConfigurationNotFoundError"),
        State.WARN,
        "training-data lacks Object Lock",
    ),
    (
        "guardrails",
        "bedrock.list_enforced_guardrails_configuration",
        {"guardrailsConfig": []},
        State.WARN,
        "no guardrail",
    ),
    ("endpoints", "ec2.describe_vpc_endpoints", {"VpcEndpoints": []}, State.WARN, "no private endpoint"),
    ("broad_permissions", "iam.get_account_authorization_details", a_user(ALL), State.WARN, "user app"),
    ("api_keys", "iam.list_service_specific_credentials", an_api_key(), State.BAD, "never expire: app"),
    (
        "api_keys",
        "iam.list_service_specific_credentials",
        an_api_key(ExpirationDate=NOW + timedelta(days=365)),
        State.WARN,
        "90 days",
    ),
    (
        "quotas",
        "lambda.get_account_settings",
        {"AccountLimit": {"ConcurrentExecutions": 10}},
        State.BAD,
        "10 functions",
    ),
    (
        "quotas",
        "lambda.get_account_settings",
        {"AccountLimit": {"ConcurrentExecutions": 400}},
        State.WARN,
        "400 functions",
    ),
    (
        "quotas",
        "lambda.get_account_settings",
        {"AccountLimit": {"ConcurrentExecutions": 1000, "UnreservedConcurrentExecutions": 60}},
        State.BAD,
        "60 of them unreserved",
    ),
    ("log_buckets", "s3.get_bucket_versioning", {}, State.WARN, "the log in log lacks versioning"),
    (
        "log_buckets",
        "s3.get_object_lock_configuration",
        absent("ObjectLockConfigurationNotFoundError"),
        State.WARN,
        "the log in log lacks Object Lock",
    ),
    (
        "log_buckets",
        "bedrock.get_model_invocation_logging_configuration@us-west-2",
        {"loggingConfig": {"cloudWatchConfig": {"largeDataDeliveryS3Config": {"bucketName": "large"}}}},
        State.OK,
        "large, log",
    ),
    (
        "log_buckets",
        "bedrock.get_model_invocation_logging_configuration@us-west-2",
        absent("AccessDenied"),
        State.UNKNOWN,
        "not asked where the log goes: us-west-2",
    ),
    (
        "log_buckets",
        "s3.get_bucket_versioning",
        absent("AccessDenied"),
        State.UNKNOWN,
        "log: Get answered AccessDenied",
    ),
    ("log_buckets", "s3.get_bucket_versioning", absent("NoSuchBucket"), State.BAD, "no such bucket"),
    ("log_buckets", "bedrock.get_model_invocation_logging_configuration", {}, State.UNKNOWN, "goes to a bucket"),
    ("grants", "lambda.list_functions", {"Functions": FUNCTIONS[1:]}, State.BAD, "no function act_on_callers"),
    ("grants", "iam.get_role", absent("NoSuchEntity"), State.BAD, "the role of Respond is gone"),
    (
        "grants",
        "iam.get_role_policy",
        {"PolicyDocument": granting(*NEEDED - {"iam:PutRolePolicy"})},
        State.BAD,
        "act_on_callers lost, or is denied, iam:PutRolePolicy",
    ),
    (
        "grants",
        "iam.get_role_policy",
        {"PolicyDocument": granting(*NEEDED - {"lambda:InvokeFunction"})},
        State.BAD,
        "Respond lost, or is denied, lambda:InvokeFunction",
    ),
    ("grants", "iam.get_role", BOUNDED, State.BAD, "the permissions boundary of act_on_callers keeps it from"),
]


class Aws:
    """A session whose clients answer from a table; an exception in it is raised."""

    def __init__(self, answers: Mapping[str, Any]) -> None:
        self._answers = answers

    def client(self, service: str, region_name: str) -> Any:
        def asked(operation: str) -> Any:
            name = f"{service}.{operation}"
            answer = self._answers.get(f"{name}@{region_name}", self._answers.get(name))
            assert answer is not None, f"the doctor asks {name}"
            if isinstance(answer, Exception):
                raise answer
            return answer

        class Client:
            def __getattr__(self, operation: str) -> Any:
                return lambda **_given: asked(operation)

            def get_paginator(self, operation: str) -> Any:
                return SimpleNamespace(paginate=lambda **_given: [asked(operation)])

        return Client()


def answered(check: str, **instead: Any) -> list[Answer]:
    outputs = {"EvidenceBucket": OWN, "IndexDeadLetters": "https://sqs/index", "Respond": "arn:respond"}
    stack = Stack("tidegate", Aws({**WELL, **instead}), outputs, "eu-west-1")  # type: ignore[arg-type]
    patient = Patient(stack, NOW, (TRAINING,), ("eu-west-1", "us-west-2"))
    return [answer for _, answer in examined(patient, [one for one in CHECKS if one.id == check])]


ASKING_AWS = sorted({check for check, *_ in ILL})


def test_every_check_that_asks_aws_is_tried() -> None:
    assert {check.id for check in CHECKS} - set(ASKING_AWS) == {"sources", "index"}


@pytest.mark.parametrize("check", ASKING_AWS)
def test_an_account_that_is_well_is_said_to_be(check: str) -> None:
    assert {answer.state for answer in answered(check)} == {State.OK}


@pytest.mark.parametrize(("check", "operation", "answer", "state", "said"), ILL)
def test_what_is_not_well_is_named_with_how_to_mend_it(
    check: str, operation: str, answer: Any, state: State, said: str
) -> None:
    found = answered(check, **{operation: answer})
    assert any(one.state is state and said in one.what for one in found), found
    assert all(one.mend for one in found if one.state in (State.BAD, State.WARN))


ATTACHED = {"AttachedPolicies": [{"PolicyArn": "arn:aws:iam::111122223333:policy/added"}]}


def grants_with(attached: Mapping[str, Any]) -> set[State]:
    added = {"iam.list_attached_role_policies": ATTACHED}
    return {one.state for one in answered("grants", **added, **{"iam.get_policy_version": {"PolicyVersion": attached}})}


def test_a_denial_on_everything_takes_a_grant_and_one_on_some_or_under_a_condition_does_not() -> None:
    denying = {"effect": "Deny", "Resource": "*"}
    assert grants_with({"Document": granting("iam:*", **denying)}) == {State.BAD, State.OK}
    assert grants_with({"Document": granting("iam:*", effect="Deny")}) == {State.OK}
    elsewhere = {"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}}
    assert grants_with({"Document": granting("iam:*", **denying, Condition=elsewhere)}) == {State.OK}


def test_a_boundary_that_lets_all_needs_through_is_well() -> None:
    wide = {"PolicyVersion": {"Document": granting("*")}}
    found = answered("grants", **{"iam.get_role": BOUNDED, "iam.get_policy_version": wide})
    assert [one.state for one in found] == [State.OK]


def test_functions_of_another_stack_in_the_account_are_not_taken_for_ours() -> None:
    others = [one | {"Environment": {"Variables": {"TIDEGATE_STACK": "another"}}} for one in FUNCTIONS]
    found = answered("grants", **{"lambda.list_functions": {"Functions": others}})
    assert sum(one.state is State.BAD for one in found) == len(HANDLERS)


def test_what_a_stack_without_an_option_is_not_granted_is_not_missed() -> None:
    variables = {"TIDEGATE_STACK": "tidegate", "TIDEGATE_GATEWAY_KEYS": "false", "TIDEGATE_USER_POOL": "pool"}
    functions = [one | {"Environment": {"Variables": variables}} for one in FUNCTIONS]
    policy = {"PolicyDocument": granting(*(need for need in NEEDED if not need.startswith(("apigateway", "cognito"))))}
    found = answered("grants", **{"lambda.list_functions": {"Functions": functions}, "iam.get_role_policy": policy})
    lost = " ".join(one.what for one in found if one.state is State.BAD)
    assert "cognito-idp:AdminGetUser" in lost
    assert "apigateway" not in lost


@pytest.mark.parametrize("name", HANDLERS)
def test_options_are_those_on_which_the_template_grants(name: str) -> None:
    logical = name.title().replace("_", "")
    variables = resources("AWS::Serverless::Function")["PlanResponse"]["Environment"]["Variables"]
    always, only_with = set[str](), dict[str, str]()
    for policy in resources("AWS::IAM::Role")[f"{logical}Role"]["Policies"]:
        for statement in policy["PolicyDocument"]["Statement"]:
            condition, given, *_ = statement.get("Fn::If", ("", statement))
            for action in listed(given["Action"]):
                if condition:
                    only_with[action] = json.dumps(template()["Conditions"][condition])
                else:
                    always.add(action)
    for action in NEEDED & (only_with.keys() | always):
        option = grants.option_of(action)
        assert bool(option) is (action not in always), action
        if option:
            assert json.dumps(variables[option]) in only_with[action]


def test_what_the_queues_may_run_at_once_is_what_the_template_says() -> None:
    at_once = [
        event["Properties"]["ScalingConfig"]["MaximumConcurrency"]
        for function in resources("AWS::Serverless::Function").values()
        for event in function.get("Events", {}).values()
        if "ScalingConfig" in event["Properties"]
    ]
    assert sum(at_once) == quotas.AT_ONCE


@pytest.mark.parametrize("check", ASKING_AWS)
def test_what_may_not_be_asked_is_unknown_and_never_well(check: str) -> None:
    refused = ClientError({"Error": {"Code": "AccessDeniedException", "Message": ""}}, "DescribeThis")
    found = answered(check, **dict.fromkeys(WELL, refused))
    assert {answer.state for answer in found} == {State.UNKNOWN}
    if check not in ("invocation_logging", "log_buckets"):  # asked Region by Region: they name those they couldn't ask
        assert found[0].mend == "Ask with credentials that may call DescribeThis."


@pytest.mark.parametrize("check", ASKING_AWS)
def test_a_network_that_fails_is_unknown(check: str) -> None:
    away = EndpointConnectionError(endpoint_url="https://aws")
    assert {answer.state for answer in answered(check, **dict.fromkeys(WELL, away))} == {State.UNKNOWN}


@pytest.mark.parametrize(
    ("health", "age_hours", "state", "said"),
    [
        ("green", 1, State.OK, "1.0 hours old"),
        ("red", 1, State.BAD, "red"),
        ("green", 48, State.WARN, "48.0 hours old"),
        ("green", None, State.UNKNOWN, "no event yet"),
    ],
)
def test_the_index_is_current_or_not(
    monkeypatch: pytest.MonkeyPatch, health: str, age_hours: int | None, state: State, said: str
) -> None:
    newest = None if age_hours is None else (NOW - timedelta(hours=age_hours)).timestamp() * 1000
    node = SimpleNamespace(
        cluster=SimpleNamespace(health=lambda: {"status": health}),
        search=lambda **_given: {"aggregations": {"newest": {"value": newest}}},
    )
    monkeypatch.setattr(asking, "client_of", lambda _services: node)
    patient = Patient(Stack("tidegate", None, {}, "eu-west-1"), NOW)  # type: ignore[arg-type]
    patient.__dict__["services"] = SimpleNamespace(settings=SimpleNamespace(opensearch_endpoint="https://index"))
    (check,) = [one for one in CHECKS if one.id == "index"]
    assert any(answer.state is state and said in answer.what for _, answer in examined(patient, [check]))


def test_without_an_index_that_is_said() -> None:
    patient = Patient(Stack("tidegate", None, {}, "eu-west-1"), NOW)  # type: ignore[arg-type]
    patient.__dict__["services"] = SimpleNamespace(settings=SimpleNamespace(opensearch_endpoint=""))
    (check,) = [one for one in CHECKS if one.id == "index"]
    ((_, answer),) = examined(patient, [check])
    assert (answer.state, "no index" in answer.what) == (State.WARN, True)


def test_the_page_of_the_doctor_says_what_the_checks_say() -> None:
    assert doctor_pages.PAGE.read_text("utf-8") == doctor_pages.page(), "make docs writes it anew"


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_a_check_says_what_it_looks_at_and_each_trouble_how_it_is_mended(check: Any) -> None:
    assert inspect.getdoc(check.look)
    troubles = doctor_pages.troubles(check)
    assert troubles
    assert all(what.strip(". ") and mend.strip(". ") for _, what, mend in troubles)
