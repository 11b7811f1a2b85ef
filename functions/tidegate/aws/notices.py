"""What is to be told, over SQS, and what was told, over DynamoDB."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from tidegate.aws.faults import calling
from tidegate.ports import Told

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_sqs import SQSClient

KEPT = 400 * 86_400  # seconds after it was begun
MOST_MAIL = 200_000  # bytes: a message of SQS takes 256 KiB in all


class NoticeQueue:
    """Notifier and News: what is handed over here is tried for an hour, then becomes a dead letter with an alarm."""

    def __init__(self, sqs: SQSClient, url: str, channels: Sequence[str]) -> None:
        self._sqs, self._url, self._channels = sqs, url, channels

    def tell(self, subject: str, text: str, *, deduplication: str) -> None:
        text = text.encode("utf-8", "replace")[:MOST_MAIL].decode(errors="ignore")
        self._send({"channel": "sns", "subject": subject, "text": text, "deduplication": deduplication})

    def __call__(self, incident_id: str) -> None:
        for channel in self._channels:
            self._send({"channel": channel, "incident_id": incident_id})

    def _send(self, notice: Mapping[str, str]) -> None:
        with calling(f"handing over a notice for {notice['channel']}"):
            self._sqs.send_message(QueueUrl=self._url, MessageBody=json.dumps(notice))


class DynamoNotices:
    """Items: incident_id, channel, body (JSON), revision, forget_at."""

    def __init__(self, dynamodb: DynamoDBClient, table: str) -> None:
        self._dynamodb, self._table = dynamodb, table

    def get(self, incident_id: str, channel: str) -> Told | None:
        key = {"incident_id": {"S": incident_id}, "channel": {"S": channel}}
        with calling(f"reading what {channel} was told of {incident_id}"):
            answer = self._dynamodb.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        return Told.model_validate_json(answer["Item"]["body"]["S"]) if "Item" in answer else None

    def save(self, told: Told) -> Told:
        stored = told.model_copy(update={"revision": told.revision + 1})
        with calling(f"keeping what {told.channel} was told of {told.incident_id}"):
            self._dynamodb.put_item(
                TableName=self._table,
                Item={
                    "incident_id": {"S": stored.incident_id},
                    "channel": {"S": stored.channel},
                    "body": {"S": stored.model_dump_json()},
                    "revision": {"N": str(stored.revision)},
                    "forget_at": {"N": str(int(stored.begun.timestamp()) + KEPT)},
                },
                ConditionExpression="attribute_not_exists(incident_id) OR revision = :former",
                ExpressionAttributeValues={":former": {"N": str(told.revision)}},
            )
        return stored
