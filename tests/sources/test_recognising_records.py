"""Replay is given files without being told what is in them."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from tidegate.errors import DamagedRecord
from tidegate.model import ApiCall, Invocation, ThreatFinding
from tidegate.sources import read_any

CALL = {
    "userIdentity": {"type": "IAMUser", "accountId": "111122223333", "userName": "ada"},
    "eventTime": "2026-09-01T10:00:00Z",
    "eventSource": "bedrock.amazonaws.com",
    "eventName": "Converse",
    "eventID": "call",
}
INVOCATION = {
    "schemaType": "ModelInvocationLog",
    "timestamp": "2026-09-01T10:00:00Z",
    "requestId": "invocation",
    "operation": "Converse",
    "modelId": "example.model",
    "requestMetadata": {"tenant": "t-1"},
}
THREAT = {
    "id": "threat",
    "type": "Impact:IAMUser/CostHarvesting",
    "severity": 2,
    "accountId": "111122223333",
    "region": "us-east-1",
    "updatedAt": "2026-09-01T10:00:00Z",
    "resource": {},
    "service": {},
}
CALL_ENVELOPE = {"detail-type": "AWS API Call via CloudTrail", "source": "aws.bedrock", "detail": CALL}
SIGN_IN_ENVELOPE = {"detail-type": "AWS Console Sign In via CloudTrail", "detail": CALL}
THREAT_ENVELOPE = {"detail-type": "GuardDuty Finding", "source": "aws.guardduty", "detail": THREAT}
SUBSCRIPTION = {"messageType": "DATA_MESSAGE", "logEvents": [{"message": json.dumps(INVOCATION)}] * 2}


@pytest.mark.parametrize(
    ("native", "kind"),
    [
        (CALL, ApiCall),
        (CALL_ENVELOPE, ApiCall),
        (SIGN_IN_ENVELOPE, ApiCall),
        (INVOCATION, Invocation),
        (THREAT, ThreatFinding),
        (THREAT_ENVELOPE, ThreatFinding),
    ],
)
@pytest.mark.parametrize("indent", [None, 2])
def test_every_native_form_is_recognised_alone(native: Any, kind: type, indent: int | None) -> None:
    (found,) = read_any(json.dumps(native, indent=indent).encode(), "file")
    assert type(found) is kind


def test_a_file_of_mixed_forms_is_read_in_order() -> None:
    lines = [CALL, INVOCATION, THREAT_ENVELOPE, SUBSCRIPTION, CALL_ENVELOPE, THREAT]
    found = list(read_any(gzip.compress("\n".join(map(json.dumps, lines)).encode()), "file"))
    kinds = [ApiCall, Invocation, ThreatFinding, Invocation, Invocation, ApiCall, ThreatFinding]
    assert [type(record) for record in found] == kinds


def test_a_trail_file_and_an_array_of_envelopes_are_recognised() -> None:
    assert [type(r) for r in read_any(json.dumps({"Records": [CALL, CALL]}, indent=1).encode(), "f")] == [ApiCall] * 2
    assert [type(r) for r in read_any(json.dumps([CALL_ENVELOPE, THREAT]).encode(), "f")] == [ApiCall, ThreatFinding]


def test_the_end_user_keys_are_handed_on() -> None:
    (found,) = read_any(json.dumps(INVOCATION).encode(), "file", end_user_keys=("tenant",))
    assert isinstance(found, Invocation)
    assert found.caller == "user:t-1"


def test_a_call_that_carries_another_form_in_its_parameters_stays_a_call() -> None:
    hostile = CALL | {"requestParameters": {"detail-type": "GuardDuty Finding", "schemaType": "ModelInvocationLog"}}
    (found,) = read_any(json.dumps(hostile).encode(), "file")
    assert type(found) is ApiCall


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ({"detail-type": "Findings Imported V2", "detail": {"findings": []}}, "Findings Imported V2"),
        ({"hello": "world"}, "no form known"),
        (17, "no readable JSON"),
        ("text", "no readable JSON"),
    ],
)
def test_what_is_none_of_them_says_so(line: Any, says: str) -> None:
    before, damaged, after = read_any("\n".join(map(json.dumps, [CALL, line, CALL])).encode(), "file")
    assert isinstance(damaged, DamagedRecord)
    assert says in damaged.reason
    assert damaged.original == json.dumps(line).encode()
    assert type(before) is type(after) is ApiCall
