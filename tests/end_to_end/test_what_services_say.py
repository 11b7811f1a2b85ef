"""Findings of Security Hub and the events of services come by rules, queues and functions of their own to the index."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from deployed_account import Deployed, deployed

pytestmark = pytest.mark.end_to_end

WATCHED = "acme-training"
HUB = "Findings Imported V2"
ALARM = "CloudWatch Alarm State Change"
LISTENED_TO: list[tuple[str, str, dict[str, Any], str]] = [
    ("aws.health", "AWS Health Event", {"eventTypeCode": "AWS_RISK_CREDENTIALS_EXPOSED"}, "health"),
    ("aws.health", "AWS Health Event", {"eventTypeCode": "AWS_RISK_IAM_QUARANTINE"}, "health"),
    ("aws.s3", "Object Created", {"bucket": {"name": WATCHED}, "object": {"key": "a"}}, "s3"),
    ("aws.s3", "Object Deleted", {"bucket": {"name": WATCHED}, "object": {"key": "a"}}, "s3"),
    ("aws.cloudwatch", ALARM, {"state": {"value": "ALARM"}}, "cloudwatch"),
    ("aws.sagemaker", "SageMaker Endpoint State Change", {"EndpointStatus": "FAILED"}, "sagemaker"),
    ("aws.sagemaker", "SageMaker Processing Job State Change", {"ProcessingJobStatus": "Completed"}, "sagemaker"),
    ("aws.bedrock", "Batch Inference Job State Change", {"status": "Completed"}, "bedrock"),
    ("aws.bedrock", "Model Customization Job State Change", {"jobStatus": "Completed"}, "bedrock"),
]
PASSED_OVER: list[tuple[str, str, dict[str, Any]]] = [
    ("aws.health", "AWS Health Event", {"eventTypeCode": "AWS_EC2_MAINTENANCE_SCHEDULED"}),
    ("aws.s3", "Object Created", {"bucket": {"name": "elsewhere"}, "object": {"key": "a"}}),
    ("aws.cloudwatch", ALARM, {"state": {"value": "OK"}}),
    ("aws.sagemaker", "SageMaker Notebook Instance State Change", {}),
]


@pytest.fixture(scope="module")
def stack() -> Iterator[Deployed]:
    with deployed(ResponseMode="observe", WatchedBuckets=WATCHED) as stack:
        for source, kind, detail, _ in LISTENED_TO:
            stack.aws.put_event(source=source, detail_type=kind, detail=detail)
        for source, kind, detail in PASSED_OVER:
            stack.aws.put_event(source=source, detail_type=kind, detail=detail)
        for class_uid in (2003, 2004):
            stack.aws.put_event(source="aws.securityhub", detail_type=HUB, detail=a_hub_finding(class_uid))
        stack.aws.put_event(
            source="aws.securityhub", detail_type="Security Hub Findings - Imported", detail=a_posture_finding()
        )
        stack.aws.deliver()
        yield stack


def a_hub_finding(class_uid: int) -> dict[str, Any]:
    return {
        "findings": [
            {
                "class_uid": class_uid,
                "severity_id": 4,
                "time": 1789365600000,
                "finding_info": {"uid": f"uid-{class_uid}", "title": "t", "types": ["Unusual Behaviors/User"]},
                "cloud": {"account": {"uid": "111122223333"}, "region": "us-east-1"},
            }
        ]
    }


def a_posture_finding() -> dict[str, Any]:
    finding = {
        "Id": "uid-asff",
        "ProductArn": "arn:aws:securityhub:us-east-1::product/example/scanner",
        "AwsAccountId": "111122223333",
        "Types": ["TTPs/Impact"],
        "Severity": {"Label": "HIGH"},
        "Title": "t",
        "UpdatedAt": "2026-09-14T06:00:00Z",
    }
    return {"findings": [finding]}


def events(stack: Deployed) -> list[dict[str, Any]]:
    return [one for (index, _), one in stack.documents().items() if index.startswith("tidegate-events")]


def test_what_is_listened_to_is_searchable_and_nothing_else_is(stack: Deployed) -> None:
    said = sorted(one["metadata"]["log_name"] for one in events(stack) if one["metadata"]["log_name"] != "cloudtrail")
    assert said == sorted([source for *_, source in LISTENED_TO] + ["securityhub"] * 2)
    assert stack.aws.failures == []


def test_the_posture_of_the_account_stays_with_security_hub(stack: Deployed) -> None:
    found = {one["finding_info"]["uid"] for one in events(stack) if one["metadata"]["log_name"] == "securityhub"}
    assert found == {"uid-2004", "uid-asff"}


def test_the_functions_of_these_sources_may_do_what_they_do(stack: Deployed) -> None:
    assert [call for call in stack.aws.calls if not call.allowed] == []
