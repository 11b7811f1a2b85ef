"""FindingQueue over SQS."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from tidegate.aws.faults import calling
from tidegate.errors import Retryable
from tidegate.model import Finding

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

MOST_MESSAGES = 10  # of SendMessageBatch
MOST_BYTES = 250_000  # of its bodies together: below the 256 KiB that held for years


class SqsFindingQueue:
    """One finding as JSON a message."""

    def __init__(self, sqs: SQSClient, url: str) -> None:
        self._sqs = sqs
        self._url = url

    def send(self, findings: Iterable[Finding]) -> None:
        """Raises Retryable when the queue took only a part: sending all of them again is safe, ids are derived."""
        for entries in _filled(finding.model_dump_json() for finding in findings):
            with calling(f"sending {len(entries)} findings"):
                answer = self._sqs.send_message_batch(QueueUrl=self._url, Entries=entries)
            if failed := answer.get("Failed"):
                reasons = ", ".join(sorted({entry["Code"] for entry in failed}))
                raise Retryable(f"{len(failed)} of {len(entries)} findings were not sent: {reasons}; try again later.")


def _filled(bodies: Iterable[str]) -> Iterator[list[Any]]:
    entries: list[Any] = []
    size = 0
    for body in bodies:
        length = len(body.encode())
        if entries and (len(entries) == MOST_MESSAGES or size + length > MOST_BYTES):
            yield entries
            entries, size = [], 0
        entries.append({"Id": str(len(entries)), "MessageBody": body})
        size += length
    if entries:
        yield entries
