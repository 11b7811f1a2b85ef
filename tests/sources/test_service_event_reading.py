"""What services say of themselves: who and what it is about, as far as the event tells."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tidegate.errors import DamagedRecord
from tidegate.model import ServiceEvent
from tidegate.sources import opened, read_any, read_service_event

ENDPOINT = "arn:aws:sagemaker:us-east-1:111122223333:endpoint/answers"
QUARANTINE = "AWS_RISK_IAM_QUARANTINE"
JOB = "arn:aws:bedrock:us-east-1:111122223333:model-customization-job/example.base/abc123"


def an_event(source: str, kind: str, detail: Any, *resources: str, **changes: Any) -> dict[str, Any]:
    return {
        "version": "0",
        "id": "0b5b1a1e-0000-4000-8000-000000000001",
        "detail-type": kind,
        "source": source,
        "account": "111122223333",
        "time": "2026-09-01T10:00:00Z",
        "region": "us-east-1",
        "resources": list(resources),
        "detail": detail,
    } | changes


def exposed(*entities: str, **more: Any) -> dict[str, Any]:
    detail = {
        "eventArn": "arn:aws:health:us-east-1::event/RISK/AWS_RISK_CREDENTIALS_EXPOSED/x",
        "service": "RISK",
        "eventTypeCode": "AWS_RISK_CREDENTIALS_EXPOSED",
        "eventTypeCategory": "issue",
        "startTime": "Tue, 01 Sep 2026 09:58:00 GMT",
        "eventDescription": [{"language": "en_US", "latestDescription": "A key of yours is public."}],
        "affectedEntities": [{"entityValue": entity} for entity in entities],
    }
    return an_event("aws.health", "AWS Health Event", detail | more)


def of_sagemaker(kind: str, detail: dict[str, Any], *resources: str) -> dict[str, Any]:
    return an_event("aws.sagemaker", f"SageMaker {kind}", detail, *resources)


def read_one(event: dict[str, Any]) -> ServiceEvent:
    found = read_service_event(json.dumps(event).encode(), "queue")
    assert isinstance(found, ServiceEvent), found
    return found


def test_an_exposed_key_is_the_caller() -> None:
    found = read_one(exposed("AKIAEXAMPLE00000001"))
    assert (found.source, found.kind, found.name) == ("health", "AWS Health Event", "AWS_RISK_CREDENTIALS_EXPOSED")
    assert (found.caller, found.principal.access_key) == ("key:AKIAEXAMPLE00000001", "AKIAEXAMPLE00000001")
    assert (found.account, found.region, found.time) == ("111122223333", "us-east-1", 1788256800.0)
    assert found.resources == ("AKIAEXAMPLE00000001",)
    assert opened(found.detail)["service"] == "RISK"


def test_a_quarantined_user_is_the_caller_with_its_key() -> None:
    event = exposed(
        "AKIAEXAMPLE00000001", "arn:aws:iam::111122223333:user/ada", eventTypeCode="AWS_RISK_IAM_QUARANTINE"
    )
    found = read_one(event)
    assert (found.name, found.caller) == (QUARANTINE, "iam-user:ada")
    assert found.principal.access_key == "AKIAEXAMPLE00000001"


def test_health_says_the_same_in_two_regions_once() -> None:
    here = exposed("AKIAEXAMPLE00000001", communicationId="c-1")
    there = exposed("AKIAEXAMPLE00000001", communicationId="c-1") | {"id": "another", "region": "us-west-2"}
    assert read_one(here).id == read_one(there).id == "c-1"


def test_health_of_another_account_is_that_account_s() -> None:
    found = read_one(exposed("AKIAEXAMPLE00000001", affectedAccount="444455556666"))
    assert found.account == "444455556666"


@pytest.mark.parametrize(
    ("requester", "caller"),
    [
        ("111122223333", "unknown:111122223333"),
        ("s3.amazonaws.com", "service:s3.amazonaws.com"),
        (None, "unknown:111122223333"),
    ],
)
def test_an_object_names_its_bucket_and_who_asked(requester: str | None, caller: str) -> None:
    detail = {
        "version": "0",
        "bucket": {"name": "training"},
        "object": {"key": "sets/2026/a b.jsonl", "size": 10, "etag": "e"},
        "request-id": "r",
        "requester": requester,
        "source-ip-address": "192.0.2.7",
        "reason": "PutObject",
    }
    found = read_one(an_event("aws.s3", "Object Created", detail, "arn:aws:s3:::training"))
    assert (found.source, found.kind, found.name) == ("s3", "Object Created", "PutObject")
    assert found.resources == ("arn:aws:s3:::training/sets/2026/a b.jsonl", "arn:aws:s3:::training")
    assert found.caller == caller


def test_an_alarm_says_what_it_is_and_was() -> None:
    alarm = "arn:aws:cloudwatch:us-east-1:111122223333:alarm:answers-grounded"
    detail = {
        "alarmName": "answers-grounded",
        "state": {"value": "ALARM", "reason": "Threshold Crossed", "timestamp": "2026-09-01T09:59:59.000+0000"},
        "previousState": {"value": "OK"},
        "configuration": {"metrics": [], "description": "grounding of the support assistant"},
    }
    found = read_one(an_event("aws.cloudwatch", "CloudWatch Alarm State Change", detail, alarm))
    assert (found.name, found.status, found.resources) == ("ALARM", "OK", (alarm,))


@pytest.mark.parametrize(
    ("kind", "detail", "name", "about", "caller"),
    [
        (
            "Endpoint State Change",
            {"EndpointName": "answers", "EndpointArn": ENDPOINT, "EndpointStatus": "FAILED"},
            "FAILED",
            ENDPOINT,
            "unknown:111122223333",
        ),
        (
            "Training Job State Change",
            {
                "TrainingJobArn": "arn:t",
                "TrainingJobStatus": "Completed",
                "RoleArn": "arn:aws:iam::111122223333:role/Train",
            },
            "Completed",
            "arn:t",
            "role:Train",
        ),
        (
            "Processing Job State Change",
            {
                "ProcessingJobArn": "arn:p",
                "ProcessingJobStatus": "Completed",
                "ExitMessage": "CompletedWithViolations: 2",
            },
            "Completed",
            "arn:p",
            "unknown:111122223333",
        ),
        (
            "Model Package State Change",
            {
                "ModelPackageArn": "arn:m",
                "ModelPackageStatus": "Completed",
                "ModelApprovalStatus": "Approved",
                "UpdatedModelPackageFields": ["ModelApprovalStatus"],
                "LastModifiedBy": {"IamIdentity": {"Arn": "arn:aws:sts::111122223333:assumed-role/Ml/ada"}},
            },
            "Approved",
            "arn:m",
            "session:Ml/ada",
        ),
        (
            "Model Package State Change",
            {
                "ModelPackageArn": "arn:m",
                "ModelPackageStatus": "Completed",
                "ModelApprovalStatus": "PendingManualApproval",
            },
            "Completed",
            "arn:m",
            "unknown:111122223333",
        ),
        (
            "Model Building Pipeline Execution Status Change",
            {
                "pipelineExecutionArn": "arn:e",
                "currentPipelineExecutionStatus": "Succeeded",
                "previousPipelineExecutionStatus": "Executing",
            },
            "Succeeded",
            "arn:e",
            "unknown:111122223333",
        ),
    ],
)
def test_sagemaker_says_its_state_and_what_it_is_about(
    kind: str, detail: dict[str, Any], name: str, about: str, caller: str
) -> None:
    found = read_one(of_sagemaker(kind, detail))
    assert (found.kind, found.name, found.resources[0], found.caller) == (f"SageMaker {kind}", name, about, caller)


def test_a_pipeline_tells_what_it_was_before() -> None:
    detail = {"currentPipelineExecutionStatus": "Failed", "previousPipelineExecutionStatus": "Executing"}
    assert read_one(of_sagemaker("Model Building Pipeline Execution Status Change", detail)).status == "Executing"


def test_a_customization_job_names_its_models_and_the_role_it_runs_as() -> None:
    detail = {
        "jobName": "tune",
        "jobArn": JOB,
        "outputModelArn": "arn:aws:bedrock:us-east-1:111122223333:custom-model/tuned",
        "baseModelArn": "arn:aws:bedrock:us-east-1::foundation-model/example.base",
        "roleArn": "arn:aws:iam::111122223333:role/service-role/Customize",
        "jobStatus": "Completed",
    }
    found = read_one(an_event("aws.bedrock", "Model Customization Job State Change", detail, JOB))
    assert (found.name, found.caller) == ("Completed", "role:Customize")
    assert found.resources == (JOB, detail["outputModelArn"], detail["baseModelArn"])


def test_a_batch_job_names_its_job_and_model() -> None:
    job = "arn:aws:bedrock:us-east-1:111122223333:model-invocation-job/abc123"
    detail = {"batchJobArn": job, "batchJobName": "nightly", "batchModelId": "example.large-v1:0", "status": "Failed"}
    found = read_one(an_event("aws.bedrock", "Batch Inference Job State Change", detail, job))
    assert (found.name, found.resources) == ("Failed", (job, "example.large-v1:0"))


def test_an_event_without_an_id_gets_one_from_its_content() -> None:
    first, again = (read_one(exposed("AKIAEXAMPLE00000001") | {"id": ""}) for _ in range(2))
    other = read_one(exposed("AKIAEXAMPLE00000002") | {"id": ""})
    assert first.id == again.id != other.id


def test_replay_recognises_them_among_others() -> None:
    lines = [exposed("AKIAEXAMPLE00000001"), of_sagemaker("Endpoint State Change", {"EndpointStatus": "Deleting"})]
    found = list(read_any("\n".join(map(json.dumps, lines)).encode(), "file"))
    assert [one.name for one in found if isinstance(one, ServiceEvent)] == ["AWS_RISK_CREDENTIALS_EXPOSED", "Deleting"]


@pytest.mark.parametrize(
    "event",
    [
        an_event("aws.health", "AWS Health Event", None),
        an_event("aws.health", "AWS Health Event", []),
        an_event("aws.health", "AWS Health Event", {}, time="yesterday"),
        an_event("aws.elsewhere", "Something", {}),
        an_event("aws.s3", "Object Created", {}, account=5),
        {"source": "aws.s3"},
    ],
)
def test_an_event_that_is_none_is_kept_with_its_reason(event: dict[str, Any]) -> None:
    damaged = read_service_event(json.dumps(event).encode(), "queue")
    assert isinstance(damaged, DamagedRecord)
    assert damaged.reason
    assert damaged.original == json.dumps(event).encode()
