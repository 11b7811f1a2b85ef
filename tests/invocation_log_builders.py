"""Records of the invocation log, as they lie in its files, and what was said in them."""

from __future__ import annotations

import json
from typing import Any

from tidegate.model import Invocation
from tidegate.sources import read_invocation_file, turns

Said = list[tuple[str, str]]  # (role, text)
TOOL_CALL = {"id": "c1", "type": "function", "function": {"name": "look_up", "arguments": '{"q":"x"}'}}


def a_log_record(sent: Any = None, answered: Any = None, **more: Any) -> dict[str, Any]:
    return {
        "schemaType": "ModelInvocationLog",
        "schemaVersion": "1.0",
        "timestamp": "2026-09-01T10:00:00Z",
        "accountId": "111122223333",
        "region": "us-east-1",
        "requestId": "request-1",
        "operation": "InvokeModel",
        "modelId": "example.model",
        "identity": {"arn": "arn:aws:sts::111122223333:assumed-role/App/web-1"},
        "input": {"inputContentType": "application/json", "inputBodyJson": sent, "inputTokenCount": 9},
        "output": {"outputContentType": "application/json", "outputBodyJson": answered, "outputTokenCount": 3},
    } | more


def read_one(record: dict[str, Any]) -> Invocation:
    (found,) = read_invocation_file(json.dumps(record).encode(), "log")
    assert isinstance(found, Invocation), found
    return found


def said(sent: Any = None, answered: Any = None) -> Said:
    return [(turn.role, turn.text) for turn in turns(read_one(a_log_record(sent, answered)))]
