"""Functions of the small account: what a test needs to see arrives in `seen`."""

from __future__ import annotations

import json
from typing import Any

seen: list[Any] = []
broken: set[str] = set()  # object keys whose messages are reported as failed
failing: list[str] = []  # one exception message is taken at each call of `sweep`


def take(event: dict[str, Any], context: Any) -> dict[str, Any]:
    failures = []
    for record in event["Records"]:
        key = json.loads(record["body"])["detail"]["object"]["key"]
        seen.append(key)
        if key in broken:
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}


def sweep(event: dict[str, Any], context: Any) -> dict[str, Any]:
    seen.append(event)
    if failing:
        raise RuntimeError(failing.pop())
    return {"by": context.function_name, "event": event}
