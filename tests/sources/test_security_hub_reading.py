"""Findings of both Security Hubs in, the same typed findings as GuardDuty's own out."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tidegate.errors import DamagedRecord
from tidegate.model import ThreatFinding
from tidegate.sources import opened, read_any, read_security_hub, read_threat

NATIVE_ID = "47d378053fd45fd6a018f06a0f776dba"
NATIVE_ARN = f"arn:aws:guardduty:us-east-1:111122223333:detector/d1de9a7e/finding/{NATIVE_ID}"
GUARDRAIL = "arn:aws:bedrock:us-east-1:111122223333:guardrail/gr1abcdef234"
MODEL = "arn:aws:bedrock:us-east-1::foundation-model/example.large-v1:0"


def an_ocsf_finding(**changes: Any) -> dict[str, Any]:
    return {
        "class_uid": 2004,
        "class_name": "Detection Finding",
        "category_uid": 2,
        "activity_id": 1,
        "severity_id": 2,
        "severity": "Low",
        "status": "New",
        "time": 1788256860000,
        "count": 3,
        "metadata": {"product": {"name": "GuardDuty", "vendor_name": "AWS"}, "version": "1.6.0"},
        "finding_info": {
            "uid": NATIVE_ARN,
            "title": "An unusual model was invoked.",
            "types": ["Impact:IAMUser/AnomalousModelInvocation"],
            "first_seen_time_dt": "2026-09-01T09:50:00.000Z",
            "last_seen_time_dt": "2026-09-01T09:59:00.500Z",
            "modified_time_dt": "2026-09-01T10:01:00.000Z",
        },
        "cloud": {"account": {"uid": "111122223333"}, "region": "us-east-1", "provider": "AWS"},
        "evidences": [
            {
                "actor": {
                    "user": {"name": "ada", "uid": "AIDAEXAMPLE", "type": "IAMUser", "credential_uid": "AKIAEXAMPLE"}
                },
                "src_endpoint": {"ip": "192.0.2.7"},
            }
        ],
        "resources": [{"type": "AwsIamAccessKey", "uid": "AKIAEXAMPLE"}, {"uid": MODEL}, {"uid": GUARDRAIL}],
    } | changes


def an_asff_finding(**changes: Any) -> dict[str, Any]:
    return {
        "SchemaVersion": "2018-10-08",
        "Id": NATIVE_ARN,
        "ProductArn": "arn:aws:securityhub:us-east-1::product/aws/guardduty",
        "ProductName": "GuardDuty",
        "GeneratorId": "arn:aws:guardduty:us-east-1:111122223333:detector/d1de9a7e",
        "AwsAccountId": "111122223333",
        "Region": "us-east-1",
        "Types": ["TTPs/Impact/Impact:IAMUser-AnomalousModelInvocation"],
        "FirstObservedAt": "2026-09-01T09:50:00.000Z",
        "LastObservedAt": "2026-09-01T09:59:00.500Z",
        "CreatedAt": "2026-09-01T10:00:00.000Z",
        "UpdatedAt": "2026-09-01T10:01:00.000Z",
        "Severity": {"Product": 2, "Label": "LOW", "Normalized": 20},
        "Title": "An unusual model was invoked.",
        "ProductFields": {"aws/guardduty/service/count": "3", "aws/guardduty/service/archived": "false"},
        "Resources": [
            {
                "Type": "AwsIamAccessKey",
                "Id": "AWS::IAM::AccessKey:AKIAEXAMPLE",
                "Details": {
                    "AwsIamAccessKey": {"PrincipalId": "AIDAEXAMPLE", "PrincipalType": "IAMUser", "UserName": "ada"}
                },
            },
            {"Type": "Other", "Id": MODEL},
            {"Type": "Other", "Id": GUARDRAIL},
        ],
        "Action": {
            "ActionType": "AWS_API_CALL",
            "AwsApiCallAction": {"Api": "InvokeModel", "RemoteIpDetails": {"IpAddressV4": "192.0.2.7"}},
        },
        "RecordState": "ACTIVE",
        "Workflow": {"Status": "NEW"},
    } | changes


def an_envelope(*findings: dict[str, Any]) -> dict[str, Any]:
    kind = "Security Hub Findings - Imported" if "AwsAccountId" in findings[0] else "Findings Imported V2"
    return {"detail-type": kind, "source": "aws.securityhub", "detail": {"findings": list(findings)}}


def read_one(finding: dict[str, Any]) -> ThreatFinding:
    (found,) = read_security_hub(json.dumps(an_envelope(finding)).encode(), "queue")
    assert isinstance(found, ThreatFinding), found
    return found


def the_native_one() -> ThreatFinding:
    finding = {
        "schemaVersion": "2.0",
        "accountId": "111122223333",
        "region": "us-east-1",
        "id": NATIVE_ID,
        "arn": NATIVE_ARN,
        "type": "Impact:IAMUser/AnomalousModelInvocation",
        "resource": {
            "accessKeyDetails": {
                "accessKeyId": "AKIAEXAMPLE",
                "principalId": "AIDAEXAMPLE",
                "userType": "IAMUser",
                "userName": "ada",
            },
            "modelDetails": [{"modelId": MODEL}],
            "bedrockGuardrailDetails": {"guardrails": [{"arn": GUARDRAIL}]},
        },
        "service": {
            "count": 3,
            "eventFirstSeen": "2026-09-01T09:50:00.000Z",
            "eventLastSeen": "2026-09-01T09:59:00.500Z",
            "action": {"awsApiCallAction": {"remoteIpDetails": {"ipAddressV4": "192.0.2.7"}}},
        },
        "severity": 2,
        "updatedAt": "2026-09-01T10:01:00.000Z",
        "title": "An unusual model was invoked.",
    }
    found = read_threat(json.dumps({"detail-type": "GuardDuty Finding", "detail": finding}).encode(), "queue")
    assert isinstance(found, ThreatFinding)
    return found


SAME = [
    "finding_id",
    "time",
    "first_seen",
    "account",
    "region",
    "type",
    "severity",
    "title",
    "caller",
    "principal",
    "addresses",
    "models",
    "guardrails",
    "archived",
    "count",
]


@pytest.mark.parametrize("finding", [an_ocsf_finding(), an_asff_finding()], ids=["ocsf", "asff"])
def test_what_guardduty_found_is_the_same_finding_through_a_hub(finding: dict[str, Any]) -> None:
    found, native = read_one(finding), the_native_one()
    assert {name: getattr(found, name) for name in SAME} == {name: getattr(native, name) for name in SAME}
    assert (found.product, native.product) == ("securityhub", "guardduty")
    assert found.id != native.id  # both copies are kept and can be searched; they are one finding to detectors
    assert opened(found.detail)


def test_one_event_may_hold_several_findings() -> None:
    other = an_ocsf_finding(finding_info={"uid": "another", "title": "t"})
    envelope = an_envelope(an_ocsf_finding(), {"class_uid": 2004}, other)
    first, damaged, last = read_security_hub(json.dumps(envelope).encode(), "queue")
    assert isinstance(first, ThreatFinding)
    assert isinstance(last, ThreatFinding)
    assert isinstance(damaged, DamagedRecord)
    assert (first.finding_id, last.finding_id, last.where) == (NATIVE_ID, "another", "queue.3")


def test_another_product_s_finding_keeps_its_own_id_and_type() -> None:
    found = read_one(
        an_asff_finding(
            Id="scanner/17",
            ProductArn="arn:aws:securityhub:us-east-1:111122223333:product/example/scanner",
            Types=["Unusual Behaviors/User"],
            Severity={"Label": "HIGH"},
            ProductFields={},
        )
    )
    assert (found.finding_id, found.type, found.severity) == ("scanner/17", "Unusual Behaviors/User", 8.0)


@pytest.mark.parametrize(
    ("resources", "caller"),
    [
        ([{"Type": "AwsIamAccessKey", "Id": "AWS::IAM::AccessKey:AKIAEXAMPLE"}], "key:AKIAEXAMPLE"),
        ([{"Type": "AwsIamUser", "Id": "arn:aws:iam::111122223333:user/team/ada"}], "iam-user:ada"),
        ([{"Type": "AwsIamRole", "Id": "arn:aws:iam::111122223333:role/jobs/Batch"}], "role:Batch"),
        ([{"Type": "AwsS3Bucket", "Id": "arn:aws:s3:::training"}], "unknown:111122223333"),
        ([], "unknown:111122223333"),
    ],
)
def test_whoever_the_resources_name_is_the_caller(resources: list[dict[str, str]], caller: str) -> None:
    assert read_one(an_asff_finding(Resources=resources)).caller == caller


def test_a_session_among_the_actors_is_a_session() -> None:
    actor = {
        "user": {"uid": "AROAEXAMPLE:i-0abc", "type": "AssumedRole", "credential_uid": "ASIAEXAMPLE"},
        "session": {"issuer": "arn:aws:iam::111122223333:role/App"},
    }
    assert read_one(an_ocsf_finding(evidences=[{"actor": actor}])).caller == "session:App/i-0abc"


@pytest.mark.parametrize(
    "finding",
    [
        an_ocsf_finding(status="Suppressed"),
        an_asff_finding(RecordState="ARCHIVED"),
        an_asff_finding(Workflow={"Status": "SUPPRESSED"}),
    ],
)
def test_what_people_closed_is_archived(finding: dict[str, Any]) -> None:
    assert read_one(finding).archived


@pytest.mark.parametrize(
    ("severity_id", "severity"), [(1, 1.0), (2, 2.0), (3, 5.0), (4, 8.0), (5, 9.5), (6, 10.0), (99, 2.0)]
)
def test_severities_are_on_guardduty_s_scale(severity_id: int, severity: float) -> None:
    assert read_one(an_ocsf_finding(severity_id=severity_id)).severity == severity


def test_what_the_apis_answer_is_read_as_well() -> None:
    answer = {"Findings": [an_asff_finding(), an_ocsf_finding()]}
    found = list(read_any(json.dumps(answer, indent=2).encode(), "file"))
    assert [one.finding_id for one in found if isinstance(one, ThreatFinding)] == [NATIVE_ID, NATIVE_ID]


@pytest.mark.parametrize(
    "envelope",
    [
        {"detail-type": "Findings Imported V2", "detail": {}},
        {"detail-type": "Findings Imported V2", "detail": {"findings": "none"}},
        {"detail-type": "Findings Imported V2", "detail": {"findings": []}},
        an_envelope(an_ocsf_finding(finding_info={})),
        an_envelope(an_ocsf_finding(cloud=5)),
        an_envelope(an_ocsf_finding(finding_info={"uid": "x", "last_seen_time": 10**30})),
        an_envelope(an_asff_finding(UpdatedAt=None, LastObservedAt="yesterday")),
        {"detail-type": "Findings Imported V2", "detail": {"findings": [5]}},
    ],
)
def test_a_finding_that_is_none_is_kept_with_its_reason(envelope: dict[str, Any]) -> None:
    (damaged,) = read_security_hub(json.dumps(envelope).encode(), "queue")
    assert isinstance(damaged, DamagedRecord)
    assert damaged.reason
    assert damaged.original
