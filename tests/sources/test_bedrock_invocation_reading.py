"""Invocation log records in, typed invocations out: every operation, every guardrail form, every way in."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from tidegate.errors import DamagedRecord, Permanent, Retryable
from tidegate.model import Invocation
from tidegate.sources import opened, read_invocation_file

CONVERSE_ANSWER = {
    "output": {"message": {"role": "assistant", "content": [{"text": "hi"}]}},
    "stopReason": "end_turn",
    "metrics": {"latencyMs": 900},
    "usage": {"inputTokens": 9, "outputTokens": 3, "totalTokens": 12},
}


def a_record(answer: Any = CONVERSE_ANSWER, **changes: Any) -> dict[str, Any]:
    record = {
        "schemaType": "ModelInvocationLog",
        "schemaVersion": "1.0",
        "timestamp": "2026-09-01T10:00:00Z",
        "accountId": "111122223333",
        "identity": {"arn": "arn:aws:sts::111122223333:assumed-role/App/web-1"},
        "region": "us-east-1",
        "requestId": "request-1",
        "operation": "Converse",
        "modelId": "example.model-v1:0",
        "input": {
            "inputContentType": "application/json",
            "inputBodyJson": {"messages": [{"role": "user", "content": [{"text": "hello"}]}]},
            "inputTokenCount": 9,
        },
        "output": {"outputContentType": "application/json", "outputBodyJson": answer, "outputTokenCount": 3},
    }
    return record | changes


def read_one(record: dict[str, Any], **options: Any) -> Invocation:
    (found,) = read_invocation_file(json.dumps(record).encode(), "s3://logs/file", **options)
    assert isinstance(found, Invocation), found
    return found


def test_a_converse_record_keeps_what_rules_ask_for() -> None:
    found = read_one(a_record(inferenceRegion="us-west-2"))
    assert (found.id, found.time, found.account, found.region) == (
        "request-1",
        1788256800.0,
        "111122223333",
        "us-east-1",
    )
    assert (found.operation, found.model, found.inference_region) == ("Converse", "example.model-v1:0", "us-west-2")
    assert (found.caller, found.principal.name, found.principal.session) == ("session:App/web-1", "App", "web-1")
    assert (found.input_tokens, found.output_tokens, found.stop_reason, found.latency_ms) == (9, 3, "end_turn", 900)
    assert (found.guardrail_action, found.guardrails, found.error) == ("", (), "")
    assert opened(found.output_body) == CONVERSE_ANSWER
    assert found.where == "s3://logs/file#1"


def test_a_refused_call_has_an_error_and_no_answer() -> None:
    record = a_record(errorCode="AccessDeniedException", operation="InvokeModel")
    del record["output"]
    found = read_one(record)
    assert (found.error, found.output_body, found.output_tokens) == ("AccessDeniedException", None, 0)


def test_an_inference_profile_is_kept_as_logged() -> None:
    profile = "arn:aws:bedrock:us-east-1:111122223333:inference-profile/us.example.model-v1:0"
    assert read_one(a_record(modelId=profile)).model == profile


def test_cached_tokens_are_counted_apart() -> None:
    record = a_record()
    record["input"] |= {"cacheReadInputTokenCount": 1000, "cacheWriteInputTokenCount": 20}
    assert (read_one(record).cache_read_tokens, read_one(record).cache_write_tokens) == (1000, 20)


def test_tokens_that_the_record_lacks_are_taken_from_the_answer() -> None:
    record = a_record()
    del record["input"]["inputTokenCount"], record["output"]["outputTokenCount"]
    assert (read_one(record).input_tokens, read_one(record).output_tokens) == (9, 3)


# --- who ----------------------------------------------------------------------------------------------------


def test_the_end_user_is_the_first_of_the_configured_keys() -> None:
    record = a_record(requestMetadata={"team": "docs", "sub": "u-2", "user": "u-1"})
    assert read_one(record).caller == "user:u-1"
    assert read_one(record, end_user_keys=("team",)).caller == "user:docs"
    assert read_one(record, end_user_keys=()).caller == "session:App/web-1"


@pytest.mark.parametrize(
    ("arn", "caller"),
    [
        ("arn:aws:iam::111122223333:user/team/ada", "iam-user:ada"),
        ("arn:aws:iam::111122223333:root", "root:111122223333"),
        ("arn:aws:iam::111122223333:role/jobs/Batch", "role:Batch"),
        ("arn:aws-cn:sts::111122223333:assumed-role/App/a/b", "session:App/a/b"),
        ("arn:aws:sts::111122223333:federated-user/ada", "unknown:111122223333"),
        ("", "unknown:111122223333"),
        ("nonsense", "unknown:111122223333"),
    ],
)
def test_the_caller_is_read_from_the_arn(arn: str, caller: str) -> None:
    assert read_one(a_record(identity={"arn": arn})).caller == caller


# --- how it ended -------------------------------------------------------------------------------------------

BLOCKED = {"contentPolicy": {"filters": [{"type": "PROMPT_ATTACK", "confidence": "HIGH", "action": "BLOCKED"}]}}
MASKED = {"sensitiveInformationPolicy": {"piiEntities": [{"type": "EMAIL", "match": "x", "action": "ANONYMIZED"}]}}
WATCHED = {"sensitiveInformationPolicy": {"piiEntities": [{"type": "EMAIL", "match": "x", "action": "NONE"}]}}
CLEAR = {"invocationMetrics": {"guardrailProcessingLatency": 300}}


@pytest.mark.parametrize(
    ("answer", "action"),
    [
        ({"stopReason": "guardrail_intervened", "trace": {"guardrail": {"inputAssessment": {"gr1": BLOCKED}}}}, 1),
        ({"stopReason": "end_turn", "trace": {"guardrail": {"outputAssessments": [{"gr1": MASKED}]}}}, 1),
        ({"stopReason": "end_turn", "trace": {"guardrail": {"outputAssessments": {"gr1": [BLOCKED]}}}}, 1),
        ({"stopReason": "end_turn", "trace": {"guardrail": {"inputAssessment": {"gr1": WATCHED}}}}, 0),
        ({"stopReason": "end_turn", "trace": {"guardrail": {"inputAssessment": {"gr1": CLEAR}}}}, 0),
        (
            {
                "amazon-bedrock-guardrailAction": "INTERVENED",
                "amazon-bedrock-trace": {"guardrail": {"input": {"gr1": {}}}},
            },
            1,
        ),
        ({"amazon-bedrock-guardrailAction": "NONE", "amazon-bedrock-trace": {"guardrail": {"input": {"gr1": {}}}}}, 0),
        (
            [
                {
                    "type": "content_block_delta",
                    "delta": {"text": "No."},
                    "amazon-bedrock-guardrailAction": "INTERVENED",
                },
                {"type": "message_delta", "delta": {"stop_reason": "end_turn"}},
                {
                    "type": "message_stop",
                    "amazon-bedrock-guardrailAction": "NONE",
                    "amazon-bedrock-trace": {"guardrail": {"input": {"gr1": BLOCKED}, "outputs": [{"gr1": MASKED}]}},
                },
            ],
            1,
        ),
        (
            [
                {"messageStop": {"stopReason": "guardrail_intervened"}},
                {"metadata": {"trace": {"guardrail": {"inputAssessment": {"gr1": BLOCKED}}}}},
            ],
            1,
        ),
    ],
)
def test_a_guardrail_is_seen_in_every_form(answer: Any, action: int) -> None:
    found = read_one(a_record(answer))
    assert found.guardrail_action == ("NONE", "INTERVENED")[action]
    assert found.guardrails == ("gr1",)


@pytest.mark.parametrize(
    ("answer", "reason", "latency"),
    [
        ({"type": "message", "stop_reason": "stop_sequence", "usage": {"input_tokens": 1}}, "stop_sequence", 0),
        ({"results": [{"outputText": "x", "completionReason": "FINISH"}]}, "FINISH", 0),
        ({"choices": [{"message": {"content": "x"}, "finish_reason": "length"}]}, "length", 0),
        ({"outputs": [{"text": "x", "stop_reason": "stop"}]}, "stop", 0),
        ([{"choices": [{"delta": {"content": "hey"}, "finish_reason": "stop"}]}, "[DONE]"], "stop", 0),
        (
            [
                {"type": "message_delta", "delta": {"stop_reason": "end_turn"}},
                {"type": "message_stop", "amazon-bedrock-invocationMetrics": {"invocationLatency": 1200}},
            ],
            "end_turn",
            1200,
        ),
        ([{"outputText": "x", "completionReason": "FINISH"}], "FINISH", 0),
        ([{"messageStop": {"stopReason": "end_turn"}}, {"metadata": {"metrics": {"latencyMs": 7}}}], "end_turn", 7),
        ("[DONE]", "", 0),
        ([], "", 0),
        (None, "", 0),
        ({"stopReason": 5, "usage": "x", "metrics": [], "trace": {"guardrail": []}, "choices": [5]}, "", 0),
    ],
)
def test_how_it_ended_is_read_from_every_providers_answer(answer: Any, reason: str, latency: int) -> None:
    found = read_one(a_record(answer))
    assert (found.stop_reason, found.latency_ms) == (reason, latency)


def test_a_body_logged_as_an_escaped_string_is_opened() -> None:
    found = read_one(a_record(json.dumps(CONVERSE_ANSWER)))
    assert found.stop_reason == "end_turn"
    assert opened(found.output_body) == CONVERSE_ANSWER


# --- bodies kept elsewhere ----------------------------------------------------------------------------------


def an_offloaded_record() -> dict[str, Any]:
    return a_record(
        input={"inputBodyS3Path": "s3://logs/data/1_input.json.gz", "inputTokenCount": 41234},
        output={"outputBodyS3Path": "s3://logs/data/1_output.json.gz", "outputTokenCount": 31000},
    )


def test_offloaded_bodies_are_fetched_and_inflated() -> None:
    bodies = {
        "s3://logs/data/1_input.json.gz": gzip.compress(b'{"inputText":"long"}'),
        "s3://logs/data/1_output.json.gz": json.dumps(CONVERSE_ANSWER).encode(),
    }
    found = read_one(an_offloaded_record(), fetch=bodies.__getitem__)
    assert opened(found.input_body) == {"inputText": "long"}
    assert found.stop_reason == "end_turn"


def test_offloaded_bodies_stay_away_where_nothing_fetches_them() -> None:
    found = read_one(an_offloaded_record())
    assert (found.input_body, found.output_body, found.input_tokens) == (None, None, 41234)


def test_an_offloaded_body_that_is_gone_costs_the_body_and_not_the_record() -> None:
    def fetch(path: str) -> bytes:
        raise Permanent(f"{path}: no such object")

    found = list(read_invocation_file(json.dumps(an_offloaded_record()).encode(), "file", fetch=fetch))
    assert isinstance(found[0], Invocation)
    assert [isinstance(record, DamagedRecord) for record in found[1:]] == [True, True]
    assert "1_input.json.gz" in str(found[1])


def test_a_fetch_worth_retrying_is_retried_with_the_whole_delivery() -> None:
    def fetch(path: str) -> bytes:
        raise Retryable("slow down")

    with pytest.raises(Retryable):
        list(read_invocation_file(json.dumps(an_offloaded_record()).encode(), "file", fetch=fetch))


# --- ways in ------------------------------------------------------------------------------------------------


def test_a_log_subscription_is_unpacked() -> None:
    payload = {
        "messageType": "DATA_MESSAGE",
        "logGroup": "/bedrock",
        "logEvents": [
            {"id": str(number), "timestamp": 1, "message": json.dumps(a_record(requestId=f"request-{number}"))}
            for number in range(3)
        ],
    }
    found = list(read_invocation_file(gzip.compress(json.dumps(payload).encode()), "file"))
    assert [record.id for record in found if isinstance(record, Invocation)] == ["request-0", "request-1", "request-2"]
    assert [record.where for record in found] == ["file#1.1", "file#1.2", "file#1.3"]


def test_the_control_message_of_a_subscription_holds_nothing() -> None:
    payload = {"messageType": "CONTROL_MESSAGE", "logEvents": [{"id": "", "timestamp": 1, "message": "CWL CONTROL"}]}
    assert list(read_invocation_file(json.dumps(payload).encode(), "file")) == []


def test_a_prompt_that_speaks_of_log_events_is_a_prompt() -> None:
    record = a_record()
    record["input"]["inputBodyJson"] = {"logEvents": [{"message": "x"}]}
    assert read_one(record).id == "request-1"


def test_the_permission_check_holds_nothing() -> None:
    assert list(read_invocation_file(b"", "s3://logs/amazon-bedrock-logs-permission-check")) == []


# --- damage -------------------------------------------------------------------------------------------------

GOOD = json.dumps(a_record(requestId="bad")).encode()


@pytest.mark.parametrize(
    "bad",
    [
        b"{",
        b"garbage",
        b"[]",
        GOOD[:200],
        GOOD.replace(b"hello", b"hel\xfflo"),
        GOOD.replace(b'"2026-09-01T10:00:00Z"', b'"now"'),
        GOOD.replace(b'"inputTokenCount": 9', b'"inputTokenCount": -9'),
        GOOD.replace(b'"inputTokenCount": 9', b'"inputTokenCount": ' + b"9" * 400),
        GOOD.replace(b'"hello"', b"[" * 100_000 + b"]" * 100_000),
    ],
    ids=lambda bad: repr(bad[:20]) + str(len(bad)),
)
def test_a_damaged_line_is_kept_and_its_neighbours_are_read(bad: bytes) -> None:
    before, after = (json.dumps(a_record(requestId=name)).encode() for name in ("before", "after"))
    found = list(read_invocation_file(b"\n".join([before, bad, after]), "file"))
    assert [record.id for record in found if isinstance(record, Invocation)] == ["before", "after"]
    (damaged,) = (record for record in found if isinstance(record, DamagedRecord))
    assert (damaged.original, damaged.where) == (bad, "file#2")


def test_an_unpaired_surrogate_in_a_prompt_hides_neither_prompt_nor_record() -> None:
    found = list(read_invocation_file(GOOD.replace(b"hello", b"\\ud83d hello \\ud800"), "file"))
    assert isinstance(found[0], Invocation)
    assert "hello" in str(opened(found[0].input_body))


def test_odd_metadata_is_read_as_text() -> None:
    found = read_one(a_record(requestMetadata={"user": 7, "nested": {"a": 1}}))
    assert found.caller == "user:7"
    assert set(found.metadata) == {"user", "nested"}
