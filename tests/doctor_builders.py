"""An account that `tidegate doctor` looks at: what AWS answers, as a table that a test changes in one place."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ClientError

from tidegate.actions import ACTIONS, Family
from tidegate_local.command_line.doctor import CHECKS
from tidegate_local.doctor import Answer, Patient, examined
from tidegate_local.doctor.quotas import RATES
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


def quotas(value: float) -> dict[str, Any]:
    """Every rate that the doctor asks for, at so many a second."""
    return {"Quotas": [{"QuotaName": rate.name, "Value": value} for rate in RATES]}


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
    "service-quotas.list_service_quotas": quotas(1000),
}  # fmt: skip


def absent(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": ""}}, "Get")


def a_user(policy: Mapping[str, Any]) -> dict[str, Any]:
    return {"UserDetailList": [{"UserName": "app", "UserPolicyList": [{"PolicyDocument": policy}]}]}


def an_api_key(**changes: Any) -> dict[str, Any]:
    given = {"ServiceName": "bedrock.amazonaws.com", "Status": "Active", "ServiceSpecificCredentialId": "ACCA1"}
    return {"ServiceSpecificCredentials": [given | changes]}


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
