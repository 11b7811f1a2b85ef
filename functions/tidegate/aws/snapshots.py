"""ConfigurationSnapshots over DynamoDB."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tidegate.aws.faults import calling

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class DynamoSnapshots:
    """Item: resource (S), at (S: event time padded so that it sorts, then the event id), configuration (S: JSON).

    Kept without a term: a guardrail left alone for two years still has its former state.
    """

    def __init__(self, dynamodb: DynamoDBClient, table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table

    def before(self, resource: str, time: float) -> dict[str, Any] | None:
        with calling(f"reading the snapshots of {resource}"):
            page = self._dynamodb.query(
                TableName=self._table,
                KeyConditionExpression="#resource = :resource AND #at < :time",
                ExpressionAttributeNames={"#resource": "resource", "#at": "at"},
                ExpressionAttributeValues={":resource": {"S": resource}, ":time": {"S": _sortable(time)}},
                ScanIndexForward=False,
                Limit=1,
                ConsistentRead=True,
            )
        return dict(json.loads(page["Items"][0]["configuration"]["S"])) if page["Items"] else None

    def record(self, resource: str, time: float, event_id: str, configuration: Mapping[str, Any]) -> None:
        with calling(f"recording a snapshot of {resource}"):
            self._dynamodb.put_item(
                TableName=self._table,
                Item={
                    "resource": {"S": resource},
                    "at": {"S": f"{_sortable(time)}#{event_id}"},
                    "configuration": {"S": json.dumps(dict(configuration), sort_keys=True)},
                },
            )


def _sortable(time: float) -> str:
    """Seconds since the epoch, to the microsecond, of one width until the year 2286."""
    return f"{time:017.6f}"
