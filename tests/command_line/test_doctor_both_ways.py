"""Each check of the doctor on an account that is well, on one that isn't, and where it may not look."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from deployed_template import resources
from doctor_builders import (
    ALARM,
    ALL,
    BEDROCK,
    BOUNDED,
    DETECTOR,
    FUNCTIONS,
    NEEDED,
    NOW,
    RULE,
    TRAIL,
    WELL,
    a_user,
    absent,
    an_api_key,
    answered,
    granting,
    quotas,
)

from tidegate_local.command_line.doctor import CHECKS
from tidegate_local.doctor import State
from tidegate_local.doctor import quotas as quota_checks

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
    ("rates", "service-quotas.list_service_quotas", quotas(149), State.WARN, "starts of state machines: 149 a second"),
    ("rates", "service-quotas.list_service_quotas", quotas(799), State.WARN, "steps of state machines: 799 a second"),
    ("rates", "service-quotas.list_service_quotas", quotas(749), State.WARN, "deliveries of EventBridge: 749 a second"),
    ("rates", "service-quotas.list_service_quotas", {"Quotas": []}, State.UNKNOWN, "doesn't name 'StartExecution"),
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


def test_what_the_queues_may_run_at_once_is_what_the_template_says() -> None:
    at_once = [
        event["Properties"]["ScalingConfig"]["MaximumConcurrency"]
        for function in resources("AWS::Serverless::Function").values()
        for event in function.get("Events", {}).values()
        if "ScalingConfig" in event["Properties"]
    ]
    assert sum(at_once) == quota_checks.AT_ONCE


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
