"""functions/tidegate/probe_cases.json: of each detector's events file the smallest case that fires, to go along.

`python -m tidegate_local.probe_cases` writes it; a test compares it with events/.
"""

from __future__ import annotations

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from tidegate.model import ApiCall, Invocation, ServiceEvent
from tidegate.probe_cases import FILE, steps
from tidegate.probing import API_CALL, INVOCATION_LOG, SERVICE_EVENT, THREAT

EVENTS = Path(__file__).parents[2] / "events"


def text() -> str:
    """One case a line."""
    lines = [
        json.dumps(_case(json.loads(file.read_text())), ensure_ascii=False) for file in sorted(EVENTS.glob("*.json"))
    ]
    return "[\n" + ",\n".join(lines) + "\n]\n"


def _case(told: dict[str, Any]) -> dict[str, Any]:
    smallest = min(told["fires"], key=lambda case: (len(json.dumps(case)), case["name"]))
    rules = {"rules": smallest["rules"]} if "rules" in smallest else {}
    kept = {"detector": told["detector"], "path": _path(smallest), "name": smallest["name"]}
    return {**kept, **rules, "records": smallest["records"]}


def _path(case: dict[str, Any]) -> str:
    """Where the last record arrives: that function runs the case. The watch looks at what CloudTrail told."""
    *_, last = steps(case["name"], case["records"])
    if isinstance(last, datetime):
        return API_CALL
    record = last.records[-1]
    if isinstance(record, Invocation):
        return INVOCATION_LOG
    if isinstance(record, ApiCall):
        return API_CALL
    return SERVICE_EVENT if isinstance(record, ServiceEvent) else THREAT


def main() -> int:
    FILE.write_text(text())
    return 0


if __name__ == "__main__":
    sys.exit(main())
