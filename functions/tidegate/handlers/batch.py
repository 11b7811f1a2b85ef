"""What SQS hands to a function, and what it wants to hear: which messages failed.

Not the batch processor of powertools: that goes message by message, while a batch here is folded as one, with one
write a caller.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tidegate.messages import Message

type SqsEvent = dict[str, Any]
type PartialFailures = dict[str, list[dict[str, str]]]


def messages_of(event: SqsEvent) -> list[Message]:
    return [Message(record["messageId"], record["body"], _sent(record)) for record in event["Records"]]


def _sent(record: dict[str, Any]) -> float | None:
    """SQS keeps it through redelivery; a message that was redriven from the dead letters is sent anew."""
    milliseconds = record.get("attributes", {}).get("SentTimestamp")
    return int(milliseconds) / 1000 if milliseconds else None


def partial_failures(failed: Iterable[str]) -> PartialFailures:
    return {"batchItemFailures": [{"itemIdentifier": message} for message in dict.fromkeys(failed)]}
