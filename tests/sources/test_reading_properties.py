"""Whatever the bytes: nothing is raised, nothing good is lost, nothing changes its place."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterable
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from odd_json import odd_values, paths, replaced

from tidegate.errors import DamagedRecord
from tidegate.index.events import bulk_bytes
from tidegate.model import ApiCall, Invocation, Record
from tidegate.sources import (
    new_turns,
    opened,
    read_any,
    read_api_call,
    read_invocation_file,
    read_security_hub,
    read_service_event,
    read_threat,
    read_trail_file,
    turns,
)
from tidegate.sources.contents import contents_of

READERS: list[Callable[[bytes, str], Iterable[Record | DamagedRecord]]] = [
    read_any,
    read_invocation_file,
    read_trail_file,
    lambda data, where: [read_api_call(data, where)],
    lambda data, where: [read_threat(data, where)],
    read_security_hub,
    lambda data, where: [read_service_event(data, where)],
]
TEMPLATES: list[dict[str, Any]] = [
    {
        "eventTime": "2026-09-01T10:00:00Z",
        "eventSource": "bedrock.amazonaws.com",
        "eventName": "Converse",
        "eventID": "0",
        "userIdentity": {"type": "IAMUser", "userName": "ada", "accountId": "111122223333"},
        "requestParameters": {"modelId": "example.model"},
        "additionalEventData": {"callWithBearerToken": True},
        "resources": [{"ARN": "arn:aws:example"}],
    },
    {
        "schemaType": "ModelInvocationLog",
        "timestamp": "2026-09-01T10:00:00Z",
        "requestId": "0",
        "operation": "Converse",
        "modelId": "example.model",
        "requestMetadata": {"user": "u-1"},
        "input": {"inputBodyJson": {"messages": [{"role": "user", "content": [{"text": "hello"}]}]}},
        "output": {
            "outputBodyJson": {"stopReason": "end_turn", "trace": {"guardrail": {"inputAssessment": {"g": {}}}}}
        },
    },
    {
        "id": "0",
        "type": "AttackSequence:IAM/CompromisedCredentials",
        "severity": 9,
        "accountId": "111122223333",
        "region": "us-east-1",
        "updatedAt": "2026-09-01T10:00:00Z",
        "resource": {"accessKeyDetails": {"userName": "ada"}, "modelDetails": [{"modelId": "m"}]},
        "service": {"detection": {"sequence": {"actors": [{"user": {"name": "ada"}}]}}},
    },
    {
        "schemaType": "ModelInvocationLog",
        "timestamp": "2026-09-01T10:00:00Z",
        "requestId": "0",
        "operation": "InvokeModelWithResponseStream",
        "modelId": "example.model",
        "input": {
            "inputBodyJson": {
                "system": "Rules.",
                "messages": [{"role": "user", "content": "a"}, {"role": "tool", "tool_results": [{"outputs": [{}]}]}],
                "tools": [{"function": {"name": "f"}}],
                "temperature": 0.5,
                "logit_bias": {"5": 1},
                "textToImageParams": {"text": "b"},
                "promptVariables": {"x": {"text": "c"}},
            }
        },
        "output": {
            "outputBodyJson": [
                {"type": "content_block_start", "content_block": {"type": "tool_use", "name": "f"}},
                {"type": "content_block_delta", "delta": {"text": "a", "reasoningContent": {"text": "b"}}},
                {"choices": [{"index": 0, "delta": {"tool_calls": [{"function": {"name": "f", "arguments": "{}"}}]}}]},
                {
                    "amazon-bedrock-guardrailAction": "INTERVENED",
                    "amazon-bedrock-trace": {
                        "guardrail": {
                            "modelOutput": ['{"content":"x"}'],
                            "outputs": [{"g": {"topicPolicy": {"topics": [{"name": "t", "action": "BLOCKED"}]}}}],
                        }
                    },
                    "amazon-bedrock-invocationMetrics": {"inputTokenCount": 1},
                },
                "[DONE]",
            ]
        },
    },
    {
        "Id": "0",
        "AwsAccountId": "111122223333",
        "ProductArn": "arn:aws:securityhub:us-east-1::product/aws/guardduty",
        "UpdatedAt": "2026-09-01T10:00:00Z",
        "Types": ["TTPs/Impact"],
        "Severity": {"Label": "LOW", "Normalized": 5},
        "Resources": [{"Type": "AwsIamAccessKey", "Id": "k", "Details": {"AwsIamAccessKey": {"UserName": "ada"}}}],
        "ProductFields": {"aws/guardduty/service/count": "3", "remote/ipAddressV4": "192.0.2.7"},
        "Action": {"AwsApiCallAction": {"RemoteIpDetails": {"IpAddressV4": "192.0.2.7"}}},
    },
    {
        "class_uid": 2004,
        "severity_id": 3,
        "time": 1788256800000,
        "count": 2,
        "finding_info": {"uid": "0", "types": ["t"], "last_seen_time_dt": "2026-09-01T10:00:00Z"},
        "cloud": {"account": {"uid": "111122223333"}},
        "evidences": [
            {"actor": {"user": {"uid": "x"}, "session": {"issuer": "i"}}, "src_endpoint": {"ip": "192.0.2.7"}}
        ],
        "resources": [{"type": "AwsIamAccessKey", "uid": "k", "data": {"UserName": "ada"}}],
    },
    *(
        {
            "id": "0",
            "detail-type": "Something Changed",
            "source": source,
            "account": "111122223333",
            "time": "2026-09-01T10:00:00Z",
            "region": "us-east-1",
            "resources": ["arn:aws:example"],
            "detail": detail,
        }
        for source, detail in {
            "aws.health": {"eventTypeCode": "X", "affectedEntities": [{"entityValue": "AKIAEXAMPLE"}]},
            "aws.s3": {"bucket": {"name": "b"}, "object": {"key": "k"}, "requester": "111122223333"},
            "aws.cloudwatch": {"state": {"value": "ALARM"}, "previousState": {"value": "OK"}},
            "aws.sagemaker": {"EndpointStatus": "Failed", "CreatedBy": {"IamIdentity": {"Arn": "a:b:c:d:e:f"}}},
            "aws.bedrock": {"jobStatus": "Completed", "jobArn": "j", "roleArn": "r"},
        }.items()
    ),
]
ENVELOPES: list[dict[str, Any]] = [
    {"detail-type": "AWS API Call via CloudTrail", "source": "aws.bedrock", "detail": TEMPLATES[0]},
    {"detail-type": "GuardDuty Finding", "source": "aws.guardduty", "detail": TEMPLATES[2]},
    {"detail-type": "Findings Imported V2", "source": "aws.securityhub", "detail": {"findings": [TEMPLATES[5]]}},
    {"detail-type": "Security Hub Findings - Imported", "detail": {"findings": [TEMPLATES[4], TEMPLATES[4]]}},
    {"messageType": "DATA_MESSAGE", "logEvents": [{"message": json.dumps(TEMPLATES[1])}]},
    {"Findings": [TEMPLATES[4], TEMPLATES[5]]},
]


def use(record: Record | DamagedRecord) -> None:
    """Everything that later steps do with a record on the hot path: all of it must hold."""
    if isinstance(record, DamagedRecord):
        assert record.reason
        assert record.where
        assert isinstance(record.original, bytes)
        return
    action, document, rest = bulk_bytes(record).split(b"\n")
    assert msgspec.json.decode(action)["create"]["_id"] == record.id
    assert isinstance(json.loads(document.decode()), dict)
    assert rest == b""
    if isinstance(record, Invocation):
        assert len(new_turns(record)) <= len(turns(record))
        contents = contents_of(record)
        assert len(contents.new) + len(contents.answer) + len(contents.withheld) == len(new_turns(record))
    if isinstance(record, ApiCall):
        opened(record.parameters)


@pytest.mark.parametrize("read", READERS)
@settings(max_examples=100)
@given(data=st.binary(max_size=200) | st.text(max_size=100).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_no_bytes_raise(read: Callable[[bytes, str], Iterable[Record | DamagedRecord]], data: bytes) -> None:
    for packed in (data, gzip.compress(data), b"\x1f\x8b" + data, b'{"Records":[' + data, b'{"detail":' + data + b"}"):
        for record in read(packed, "file"):
            use(record)


@settings(max_examples=600)
@given(data=st.data(), template=st.sampled_from(TEMPLATES + ENVELOPES), value=odd_values)
def test_anything_anywhere_in_a_record_is_read_or_kept(
    data: st.DataObject, template: dict[str, Any], value: Any
) -> None:
    path = data.draw(st.sampled_from(paths(template)))
    text = json.dumps(replaced(template, path, value)).encode()
    empty = value == [] and path in ((), ("logEvents",), ("Findings",))  # holds no records, and is not damaged
    assert empty or len(list(read_any(text + b"\n" + text, "file"))) >= 2
    for found in read_any(text, "file"):
        use(found)


@settings(max_examples=100)
@given(
    data=st.data(),
    kinds=st.lists(st.sampled_from(TEMPLATES[:3]), min_size=1, max_size=6),
    where=st.integers(0, 5),
    noise=st.binary(min_size=1, max_size=30).filter(lambda noise: b"\n" not in noise and bool(noise.strip())),
)
def test_good_lines_around_a_bad_one_survive_in_order(
    data: st.DataObject, kinds: list[dict[str, Any]], where: int, noise: bytes
) -> None:
    names = {"eventID", "requestId", "id"}
    lines = [
        json.dumps({key: str(number) if key in names else value for key, value in kind.items()}).encode()
        for number, kind in enumerate(kinds)
    ]
    # In front of a good line noise could begin an array or an archive: then the file is of another form.
    place = min(where, len(lines) - 1) + 1
    spoilt = [*lines[:place], noise, *lines[place:]]
    found = [record for record in read_any(b"\n".join(spoilt), "file") if not isinstance(record, DamagedRecord)]
    assert [record.id.partition("@")[0] for record in found] == [str(number) for number in range(len(lines))]


@settings(max_examples=100)
@given(cut=st.integers(1, 400), count=st.integers(1, 5), spoilt=st.integers(0, 4))
def test_a_record_cut_anywhere_leaves_the_rest_of_a_trail_file(cut: int, count: int, spoilt: int) -> None:
    records = [json.dumps(TEMPLATES[0] | {"eventID": str(number)}, separators=(",", ":")) for number in range(count)]
    place = min(spoilt, count - 1)
    broken = records[place][: min(cut, len(records[place]) - 1)]
    text = '{"Records":[' + ",".join([*records[:place], broken, *records[place + 1 :]]) + "]}"
    found = list(read_trail_file(text.encode(), "file"))
    read = [record.id for record in found if isinstance(record, ApiCall)]
    # The record after an unclosed one can be taken for a part of it only where nothing marks its beginning.
    assert set(read) >= {str(number) for number in range(count) if number not in (place, place + 1)}
    assert read == sorted(read)
    assert any(isinstance(record, DamagedRecord) for record in found)


@settings(max_examples=100)
@given(cut=st.integers(1, 120))
def test_a_torn_archive_never_loses_what_came_out(cut: int) -> None:
    lines = b"".join(json.dumps(TEMPLATES[0] | {"eventID": str(n)}).encode() + b"\n" for n in range(20))
    packed = gzip.compress(lines)
    found = list(read_any(packed[:-cut], "file"))
    assert isinstance(found[0], DamagedRecord)
    assert found[0].original == packed[:-cut]
    read = [record.id for record in found[1:] if isinstance(record, ApiCall)]
    assert read == [str(number) for number in range(len(read))]


@pytest.mark.parametrize("template", [*TEMPLATES, *ENVELOPES], ids=lambda template: str(sorted(template)[0]))
def test_a_record_cut_off_at_any_byte_is_kept_with_its_reason(template: dict[str, Any]) -> None:
    """On a line after a whole one, as a file ends whose writer died."""
    whole = json.dumps(template).encode()
    for cut in range(1, len(whole)):
        first, *rest = read_any(whole + b"\n" + whole[:cut], "file")
        assert not isinstance(first, DamagedRecord)
        damaged = rest[-1]
        assert isinstance(damaged, DamagedRecord), cut
        assert damaged.original == whole[:cut]
        for record in (first, *rest):
            use(record)


@pytest.mark.parametrize("template", TEMPLATES[:4])
def test_an_archive_cut_off_at_any_byte_gives_what_is_whole_in_it(template: dict[str, Any]) -> None:
    lines = b"".join(json.dumps(template | {"requestId": str(n)}).encode() + b"\n" for n in range(5))
    packed = gzip.compress(lines)
    for cut in range(2, len(packed)):
        first, *rest = read_any(packed[:cut], "file")
        assert isinstance(first, DamagedRecord)
        assert first.original == packed[:cut]
        for record in rest:
            use(record)
