"""Messages become deliveries; only those that failed come back."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from contract_builders import ACCOUNT, NOON, REGION

from tidegate.detection import Delivery
from tidegate.errors import Permanent, Retryable
from tidegate.intake import Intake
from tidegate.messages import Message
from tidegate.model import ApiCall, Invocation, ServiceEvent

KEY = f"AWSLogs/{ACCOUNT}/BedrockModelInvocationLogs/{REGION}/2026/03/02/12/20260302T120000000Z_0a.json.gz"


class Seen:
    """A detection that keeps what it is given, and fails the deliveries it is told to."""

    def __init__(self, *failing: str) -> None:
        self.deliveries: list[Delivery] = []
        self.failing = failing

    def take(self, batch: Sequence[Delivery]) -> set[str]:
        self.deliveries += batch
        return {delivery.id for delivery in batch if delivery.id in self.failing}


class Files(dict[str, bytes]):
    """Log files by s3:// path; None of what is absent."""

    def read(self, bucket: str, key: str) -> bytes:
        path = f"s3://{bucket}/{key}"
        if path not in self:
            raise Permanent(f"{path} is gone")
        if self[path] == b"throttled":
            raise Retryable(f"{path}: SlowDown")
        return self[path]


def created(message: str = "m-1", *, key: str = KEY, bucket: str = "logs", size: int = 100, etag: str = "e") -> Message:
    detail = {"version": "0", "bucket": {"name": bucket}, "object": {"key": key, "size": size, "etag": etag}}
    return Message(message, json.dumps({"source": "aws.s3", "detail-type": "Object Created", "detail": detail}))


def invocation(request: str = "r-1", **given: Any) -> dict[str, Any]:
    defaults = {
        "schemaType": "ModelInvocationLog",
        "schemaVersion": "1.0",
        "timestamp": "2026-03-02T12:00:00Z",
        "accountId": ACCOUNT,
        "region": REGION,
        "requestId": request,
        "operation": "Converse",
        "modelId": "anthropic.claude-3-haiku-20240307-v1:0",
        "identity": {"arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/App/web-1"},
        "requestMetadata": {"customer": "alice"},
        "input": {"inputContentType": "application/json", "inputBodyJson": {}, "inputTokenCount": 3},
    }
    return defaults | given


def file_of(*lines: dict[str, Any] | bytes) -> bytes:
    written = [line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines]
    return gzip.compress(b"\n".join(written))


def api_call(event: str, name: str = "UpdateGuardrail") -> Message:
    detail = {
        "eventVersion": "1.11",
        "eventID": event,
        "eventTime": "2026-03-02T12:00:00Z",
        "eventSource": "bedrock.amazonaws.com",
        "eventName": name,
        "awsRegion": REGION,
        "recipientAccountId": ACCOUNT,
        "userIdentity": {"type": "IAMUser", "userName": "mallory", "accountId": ACCOUNT},
    }
    arrived = (NOON + timedelta(minutes=2)).isoformat()
    body = {"detail-type": "AWS API Call via CloudTrail", "time": arrived, "detail": detail}
    return Message(f"m-{event}", json.dumps(body))


def intake(detection: Seen, files: Files | None = None) -> Intake:
    return Intake(detection, logs=files or Files(), end_user_keys=("customer",))  # type: ignore[arg-type]


def test_a_log_file_is_one_delivery_of_its_records_named_by_place_and_content() -> None:
    seen = Seen()
    files = Files({f"s3://logs/{KEY}": file_of(invocation("r-1"), b"{not json", invocation("r-2"))})
    assert intake(seen, files).log_files([created()]) == []
    (delivery,) = seen.deliveries
    assert delivery.id == f"s3://logs/{KEY}@e"
    assert [record.id for record in delivery.records] == ["r-1", "r-2"]
    assert {record.caller for record in delivery.records} == {"user:alice"}
    assert len(delivery.damaged) == 1


def test_bodies_are_fetched_from_beside_the_log_and_from_nowhere_else() -> None:
    body = {"inputContentType": "application/json", "inputBodyS3Path": "s3://logs/AWSLogs/data/x_input.json.gz"}
    elsewhere = body | {"inputBodyS3Path": "s3://not-ours/data/x_input.json.gz"}
    files = Files(
        {
            f"s3://logs/{KEY}": file_of(invocation("near", input=body), invocation("far", input=elsewhere)),
            "s3://logs/AWSLogs/data/x_input.json.gz": gzip.compress(b'{"messages":[]}'),
            "s3://not-ours/data/x_input.json.gz": gzip.compress(b'{"messages":["no"]}'),
        }
    )
    seen = Seen()
    intake(seen, files).log_files([created()])
    near, far = (record for record in seen.deliveries[0].records if isinstance(record, Invocation))
    assert bytes(near.input_body or b"") == b'{"messages":[]}'
    assert far.input_body is None
    assert "not-ours" in seen.deliveries[0].damaged[0].reason


@pytest.mark.parametrize(
    "message",
    [
        created(key="AWSLogs/111122223333/BedrockModelInvocationLogs/x/2026/03/02/12/data/u_input.json.gz"),
        created(key="AWSLogs/amazon-bedrock-logs-permission-check", size=0),
    ],
)
def test_what_is_no_log_file_is_passed_over(message: Message) -> None:
    seen = Seen()
    assert intake(seen).log_files([message]) == []
    assert seen.deliveries == []


def test_a_log_prefix_that_is_called_data_hides_no_log_files() -> None:
    seen = Seen()
    key = f"org/data/{KEY}"
    intake(seen, Files({f"s3://logs/{key}": file_of(invocation())})).log_files([created(key=key)])
    assert len(seen.deliveries) == 1


def test_only_messages_that_can_t_be_read_now_come_back_and_the_rest_goes_on() -> None:
    seen = Seen()
    files = Files({f"s3://logs/{KEY}": file_of(invocation()), "s3://logs/slow.json.gz": b"throttled"})
    messages = [
        created("m-gone", key="gone.json.gz"),
        created("m-slow", key="slow.json.gz"),
        Message("m-odd", '{"detail": 7}'),
        created("m-good"),
    ]
    assert intake(seen, files).log_files(messages) == ["m-gone", "m-slow", "m-odd"]
    assert len(seen.deliveries) == 1


def test_one_file_under_two_messages_is_one_delivery_and_both_fail_with_it() -> None:
    files = Files({f"s3://logs/{KEY}": file_of(invocation())})
    seen = Seen(f"s3://logs/{KEY}@e")
    assert intake(seen, files).log_files([created("m-1"), created("m-2")]) == ["m-1", "m-2"]
    assert len(seen.deliveries) == 1


def test_an_api_call_is_a_delivery_named_by_its_event() -> None:
    seen = Seen("api/e-2")
    assert intake(seen).api_calls([api_call("e-1"), api_call("e-2")]) == ["m-e-2"]
    first = seen.deliveries[0]
    assert first.id == "api/e-1"
    assert isinstance(first.records[0], ApiCall)
    assert first.records[0].name == "UpdateGuardrail"


@pytest.mark.parametrize("body", ["", "{}", "no json", '{"detail": {"eventID": "e-1"}}', '{"detail": "\ud800"}'])
def test_a_damaged_event_is_a_delivery_too_so_that_it_is_kept(body: str) -> None:
    seen = Seen()
    for take in (intake(seen).api_calls, intake(seen).threats, intake(seen).service_events):
        assert take([Message("m-1", body)]) == []
    assert [len(delivery.damaged) for delivery in seen.deliveries] == [1, 1, 1]
    assert [delivery.source for delivery in seen.deliveries] == ["cloudtrail", "guardduty", "service_event"]
    assert seen.deliveries[0].records == []


def hub_event(*uids: str) -> Message:
    findings = [
        {
            "class_uid": 2004,
            "finding_info": {"uid": uid, "types": ["Unusual Behaviors/User"], "modified_time": 1772452800000},
            "cloud": {"account": {"uid": ACCOUNT}, "region": REGION},
        }
        for uid in uids
    ]
    body = {"source": "aws.securityhub", "detail-type": "Findings Imported V2", "detail": {"findings": findings}}
    return Message("m-hub", json.dumps(body))


def test_an_event_of_security_hub_is_one_delivery_however_many_findings_it_holds() -> None:
    seen = Seen()
    assert intake(seen).threats([hub_event("a", "b"), hub_event("a", "b"), hub_event("a")]) == []
    both, one = seen.deliveries
    assert [record.id.split("@")[0] for record in both.records] == ["securityhub/a", "securityhub/b"]
    assert one.id == "threat/securityhub/a@2026-03-02T12:00:00.000Z"


def test_a_damaged_finding_leaves_its_neighbours_and_says_where_it_came_from() -> None:
    seen = Seen()
    assert intake(seen).threats([hub_event("a", "")]) == []
    (delivery,) = seen.deliveries
    assert (len(delivery.records), len(delivery.damaged), delivery.source) == (1, 1, "security_hub")


def test_a_service_s_event_is_a_delivery_named_by_its_id() -> None:
    seen = Seen("event/e-2")
    detail = {"alarmName": "answers", "state": {"value": "ALARM"}}
    kind = {"source": "aws.cloudwatch", "detail-type": "CloudWatch Alarm State Change", "detail": detail}
    events = [
        Message(f"m-{id_}", json.dumps(kind | {"id": id_, "time": "2026-03-02T12:00:00Z", "account": ACCOUNT}))
        for id_ in ("e-1", "e-2")
    ]
    assert intake(seen).service_events(events) == ["m-e-2"]
    assert isinstance(seen.deliveries[0].records[0], ServiceEvent)
    assert [delivery.id for delivery in seen.deliveries] == ["event/e-1", "event/e-2"]


def test_nothing_in_nothing_out() -> None:
    seen = Seen()
    assert intake(seen).log_files([]) == []
    assert seen.deliveries == []


def test_when_it_came_into_the_queue_is_when_it_arrived_and_names_nothing() -> None:
    sent = NOON.timestamp() + 120
    for take, message in (("api_calls", api_call("e-1")), ("log_files", created())):
        seen, later = Seen(), Seen()
        files = Files({f"s3://logs/{KEY}": file_of(invocation())})
        getattr(intake(seen, files), take)([message._replace(sent=sent)])
        getattr(intake(later, files), take)([message])
        assert seen.deliveries[0].arrived == sent
        assert later.deliveries[0].arrived is None  # a replay's
        assert seen.deliveries[0].id == later.deliveries[0].id
