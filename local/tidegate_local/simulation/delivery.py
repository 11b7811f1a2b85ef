"""Simulated calls as AWS delivers them: Bedrock log files by the hour, bodies over 100 KB apart, trail files beside.

Keys after the Bedrock user guide (S3 destination) and the CloudTrail user guide (log file name format):
AWSLogs/<account>/BedrockModelInvocationLogs/<region>/YYYY/MM/DD/HH/<time>_<hex>.json.gz and
AWSLogs/<account>/CloudTrail/<region>/YYYY/MM/DD/<account>_CloudTrail_<region>_<time>_<16 signs>.json.gz.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from isal import igzip

from tidegate_local.simulation import trail
from tidegate_local.simulation.calls import Call
from tidegate_local.simulation.rendering import record

OFFLOADED = 100_000  # bytes of a body from which on Bedrock writes it apart
BUCKET = "example-model-logs"
PER_FILE = 4_000  # records of a log file
TRAIL_SPAN = 900  # seconds of a trail file
_encode = msgspec.json.Encoder().encode


class Delivery:
    """Writes batches of calls below a folder. The same calls in the same batches give the same files."""

    def __init__(self, out: Path, account: str, region: str, *, with_trail: bool = True) -> None:
        self.out, self.account, self.region = out, account, region
        self.records = self.files = self.bytes = 0
        self._with_trail = with_trail
        logs = f"AWSLogs/{account}/BedrockModelInvocationLogs"
        self._logs, self._trail = f"{logs}/{region}", f"AWSLogs/{account}/CloudTrail/{region}"
        self._put(f"{logs}/amazon-bedrock-logs-permission-check", b"")

    def write(self, calls: Sequence[Call], also: Sequence[dict[str, Any]] = ()) -> None:
        """`also`: CloudTrail events that are no model calls."""
        ordered = sorted(calls, key=lambda call: (call.time, call.request_id))
        hours: dict[int, list[bytes]] = {}
        spans: dict[int, list[bytes]] = {}
        for call in ordered:
            hours.setdefault(int(call.time) // 3600, []).append(self._line(call))
            if self._with_trail:
                event = trail.event(call, self.account, self.region)
                spans.setdefault(int(call.time) // TRAIL_SPAN, []).append(_encode(event))
        for event in also if self._with_trail else ():
            at = datetime.fromisoformat(event["eventTime"]).timestamp()
            spans.setdefault(int(at) // TRAIL_SPAN, []).append(_encode(event))
        for hour, lines in hours.items():
            for first in range(0, len(lines), PER_FILE):
                some = b"\n".join(lines[first : first + PER_FILE]) + b"\n"
                moment = datetime.fromtimestamp(hour * 3600, UTC)
                self._put(f"{self._logs}/{moment:%Y/%m/%d/%H}/{moment:%Y%m%dT%H%M%S}000Z_{_mark(some)}.json.gz", some)
        for span, events in spans.items():
            text = b'{"Records":[' + b",".join(events) + b"]}"
            moment = datetime.fromtimestamp((span + 1) * TRAIL_SPAN, UTC)
            name = f"{self.account}_CloudTrail_{self.region}_{moment:%Y%m%dT%H%MZ}_{_mark(text)}.json.gz"
            self._put(f"{self._trail}/{moment:%Y/%m/%d}/{name}", text)
        self.records += len(ordered)

    def _line(self, call: Call) -> bytes:
        found = record(call, self.account, self.region)
        line = _encode(found)
        if len(line) < OFFLOADED:
            return line
        for part in ("input", "output"):
            body = _encode(found[part][f"{part}BodyJson"]) if part in found else b""
            if len(body) > OFFLOADED:
                moment = datetime.fromtimestamp(call.time, UTC)
                key = f"{self._logs}/{moment:%Y/%m/%d/%H}/data/{call.request_id}_{part}.json.gz"
                self._put(key, body)
                del found[part][f"{part}BodyJson"]
                found[part][f"{part}BodyS3Path"] = f"s3://{BUCKET}/{key}"
        return _encode(found)

    def _put(self, key: str, text: bytes) -> None:
        path = self.out / key
        path.parent.mkdir(parents=True, exist_ok=True)
        data = igzip.compress(text, 1, mtime=0) if key.endswith(".gz") else text
        path.write_bytes(data)
        self.files += 1
        self.bytes += len(data)


def _mark(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()[:16]
