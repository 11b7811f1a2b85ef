"""The borders: what SQS and CloudWatch Logs hand over, and what they hear back."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from moto import mock_aws

from tidegate import wiring
from tidegate.handlers import (
    accept_log_subscription,
    batch,
    correlate,
    detect_api_calls,
    detect_invocations,
    index_documents,
)
from tidegate.messages import Message
from tidegate.sources.bedrock_invocation import read_invocation_file

CONTEXT: Any = SimpleNamespace(
    function_name="f",
    memory_limit_in_mb="512",
    invoked_function_arn="arn",
    aws_request_id="request",
    get_remaining_time_in_millis=lambda: 60_000,
)
EVENT = {"Records": [{"messageId": "m-1", "body": "one"}, {"messageId": "m-2", "body": "two"}]}


@pytest.fixture
def services() -> Iterator[Any]:
    given: Any = SimpleNamespace()
    with wiring.bound(given):
        yield given


@pytest.mark.parametrize(
    ("handler", "method"), [(detect_invocations, "log_files"), (detect_api_calls, "api_calls")], ids=["files", "calls"]
)
def test_a_queue_hears_which_messages_failed_each_once(services: Any, handler: Any, method: str) -> None:
    given: list[Message] = []

    def take(messages: list[Message]) -> list[str]:
        given.extend(messages)
        return ["m-2", "m-2"]

    services.intake = SimpleNamespace(**{method: take})
    assert handler.handle(EVENT, CONTEXT) == {"batchItemFailures": [{"itemIdentifier": "m-2"}]}
    assert given == [Message("m-1", "one"), Message("m-2", "two")]


def test_messages_that_are_no_findings_go_back(services: Any) -> None:
    services.correlation = SimpleNamespace(take=lambda findings: [])
    services.probing = None
    assert correlate.handle(EVENT, CONTEXT)["batchItemFailures"] == [
        {"itemIdentifier": "m-1"},
        {"itemIdentifier": "m-2"},
    ]


def test_the_sender_is_told_how_many_seconds_are_left(services: Any) -> None:
    def take(messages: list[Message], *, remaining: Any) -> Any:
        assert remaining() == 60
        return SimpleNamespace(indexed=3, damaged=0, failed={"m-1": "503"})

    services.indexing = SimpleNamespace(take=take)
    assert index_documents.handle(EVENT, CONTEXT) == {"batchItemFailures": [{"itemIdentifier": "m-1"}]}


def test_lines_of_a_log_group_become_a_file_that_is_read_like_bedrock_s_own(services: Any) -> None:
    record = {
        "timestamp": "2026-03-02T12:00:00Z",
        "accountId": "111122223333",
        "region": "eu-central-1",
        "requestId": "r-1",
        "operation": "Converse",
        "modelId": "anthropic.claude-3-haiku-20240307-v1:0",
    }
    payload = {"messageType": "DATA_MESSAGE", "logEvents": [{"id": "1", "timestamp": 1, "message": json.dumps(record)}]}
    event = {"awslogs": {"data": base64.b64encode(gzip.compress(json.dumps(payload).encode())).decode()}}
    written: dict[str, bytes] = {}
    services.logs = SimpleNamespace(write=lambda key, data: written.update({key: data}) or f"s3://logs/{key}")
    for _ in range(2):
        answer = accept_log_subscription.handle(event, CONTEXT)
    ((key, data),) = written.items()
    assert answer == {"written": f"s3://logs/{key}"}
    assert key.startswith("subscription/")
    assert key.endswith(".json.gz")
    assert [record.id for record in read_invocation_file(data, key)] == ["r-1"]  # type: ignore[union-attr]


def test_services_are_this_process_s_own_unless_others_are_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wiring, "_of_this_process", None)
    monkeypatch.setenv("TIDEGATE_OUTBOX_BUCKET", "outbox")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    own = wiring.services()
    assert own is wiring.services()
    assert own.settings.outbox_bucket == "outbox"
    other = wiring.build(own.settings, own.session, wiring.now)
    with wiring.bound(other):
        assert wiring.services() is other
    assert wiring.services() is own


@mock_aws
def test_a_service_that_lacks_a_setting_names_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    from tidegate.errors import ConfigurationError
    from tidegate.settings import Settings

    services = wiring.build(Settings(), boto3.Session(region_name="eu-central-1"), wiring.now)
    with pytest.raises(ConfigurationError, match="TIDEGATE_LEDGER_TABLE"):
        _ = services.ledger
    assert services.events is None
    assert services.rules.allow == ()


def test_a_message_carries_when_it_was_sent() -> None:
    sqs = {"messageId": "m", "body": "{}", "attributes": {"SentTimestamp": "1772452800123", "SenderId": "x"}}
    assert batch.messages_of({"Records": [sqs]}) == [Message("m", "{}", 1772452800.123)]
