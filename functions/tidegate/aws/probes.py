"""Probes leave by the ways that what they stand for comes: the log bucket, the default bus, the finding queue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tidegate.aws.faults import calling
from tidegate.errors import Retryable

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient

    from tidegate.aws.objects import S3LogFiles
    from tidegate.model import Finding
    from tidegate.ports import FindingQueue


class AwsProbeSender:
    """tidegate.probing.ProbeSender."""

    def __init__(self, logs: S3LogFiles, events: EventBridgeClient, findings: FindingQueue) -> None:
        self._logs = logs
        self._events = events
        self._findings = findings

    def log_file(self, key: str, content: bytes) -> None:
        self._logs.write(key, content)

    def event(self, source: str, detail_type: str, detail: str) -> None:
        with calling(f"sending a probe as {detail_type}"):
            answer = self._events.put_events(Entries=[{"Source": source, "DetailType": detail_type, "Detail": detail}])
        if answer.get("FailedEntryCount"):
            reason = answer["Entries"][0].get("ErrorCode", "unknown")
            raise Retryable(f"the bus did not take the probe {detail_type}: {reason}; the next is sent in an hour.")

    def finding(self, finding: Finding) -> None:
        self._findings.send([finding])
