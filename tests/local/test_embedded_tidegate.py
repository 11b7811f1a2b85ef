"""Tidegate's own template: it deploys with every choice, and lines of a log group go the way of files."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from quiet_hours import without_probes

from tidegate_local.clock import RunClock
from tidegate_local.embedded import Embedded

TEMPLATE = Path(__file__).parents[2] / "template.yaml"
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "parameters",
    [
        {"OpenSearch": "create", "OpenSearchInstanceCount": "2"},
        {"OpenSearch": "endpoint", "OpenSearchEndpoint": "https://index.example.com", "OpenSearchSigning": "aoss"},
        {"VpcSubnetIds": "subnet-0a,subnet-0b", "VpcSecurityGroupIds": "sg-0a", "NotificationEmail": "soc@example.com"},
        {"RulesParameters": "/tidegate/rules", "ResponseMode": "auto", "ThrottleCallerMode": "observe"},
    ],
    ids=["domain", "collection", "network", "rules"],
)
def test_the_template_deploys_with_every_choice(parameters: dict[str, str]) -> None:
    with Embedded(TEMPLATE, parameters, clock=RunClock(START), out_of_reach=["InstalledIndex"]) as aws:
        aws.deliver()
        assert aws.failures == []
        assert {"LogBucket", "Respond", "FindingQueue"} <= set(aws.outputs)


def test_a_log_that_is_to_be_locked_is_and_stays_readable_after_a_deletion() -> None:
    with Embedded(TEMPLATE, {"LockLogDays": "30"}, clock=RunClock(START)) as aws:
        s3, bucket = aws.client("s3"), aws.outputs["LogBucket"]
        lock = s3.get_object_lock_configuration(Bucket=bucket)["ObjectLockConfiguration"]
        retention = lock["Rule"]["DefaultRetention"]
        assert (retention["Mode"], retention["Days"]) == ("GOVERNANCE", 30)
        put = s3.put_object(Bucket=bucket, Key="AWSLogs/one.json", Body=b"{}")
        s3.delete_object(Bucket=bucket, Key="AWSLogs/one.json")
        kept = s3.get_object(Bucket=bucket, Key="AWSLogs/one.json", VersionId=put["VersionId"])
        assert kept["Body"].read() == b"{}"
        with pytest.raises(s3.exceptions.ClientError, match="AccessDenied"):
            s3.delete_object(Bucket=bucket, Key="AWSLogs/one.json", VersionId=put["VersionId"])


def test_lines_of_the_log_group_become_a_file_that_is_read_as_any_other() -> None:
    record = {
        "schemaType": "ModelInvocationLog",
        "schemaVersion": "1.0",
        "timestamp": "2026-03-02T08:59:00Z",
        "accountId": "111122223333",
        "region": "us-east-1",
        "requestId": "request-1",
        "operation": "InvokeModel",
        "modelId": "amazon.nova-lite-v1:0",
        "identity": {"arn": "arn:aws:sts::111122223333:assumed-role/app/worker"},
        "input": {"inputContentType": "application/json", "inputTokenCount": 3},
        "output": {"outputContentType": "application/json", "outputTokenCount": 4},
    }
    with Embedded(TEMPLATE, {"InvocationLogSource": "CloudWatchLogs"}, clock=RunClock(START)) as aws:
        logs, group = aws.client("logs"), "/aws/bedrock/modelinvocations"
        logs.create_log_stream(logGroupName=group, logStreamName="s")
        line = {"timestamp": int(START.timestamp() * 1000), "message": json.dumps(record)}
        logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=[line])
        aws.deliver()
        assert aws.failures == []
        assert [call for call in aws.calls if not call.allowed] == []
        listed = aws.client("s3").list_objects_v2(Bucket=aws.outputs["LogBucket"])
        [file] = listed["Contents"]
        assert file["Key"].startswith("subscription/")
        kept = {item["key"]["S"] for item in aws.client("dynamodb").scan(TableName=aws.outputs["CallerTable"])["Items"]}
        assert "111122223333/session:app/worker" in kept


def test_prices_are_fetched_once_a_day_and_kept_where_detection_reads_them() -> None:
    with Embedded(TEMPLATE, clock=RunClock(START)) as aws:
        aws.deliver()
        with without_probes(aws):
            aws.clock.advance(86_400)
            aws.deliver()
        assert [failure for failure in aws.failures if "RefreshPrices" in str(failure)] == []
        assert "pricing:GetProducts" in {call.action for call in aws.calls if call.allowed}
        kept = aws.client("dynamodb").query(
            TableName=aws.outputs["SnapshotTable"],
            KeyConditionExpression="#r = :r",
            ExpressionAttributeNames={"#r": "resource"},
            ExpressionAttributeValues={":r": {"S": "prices/us-east-1"}},
        )["Items"]
        assert "novapro" in json.loads(kept[0]["configuration"]["S"])["prices"]
