"""CallerStates and Deliveries over DynamoDB: what detection remembers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from tidegate.aws.batches import Item, get_items, put_items
from tidegate.aws.faults import calling
from tidegate.ports import Stored

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class DynamoCallerStates:
    """Item: key (S), data (B), revision (N), forget_at (N, TTL)."""

    def __init__(self, dynamodb: DynamoDBClient, table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table

    def load(self, keys: Sequence[str]) -> dict[str, Stored]:
        found = dict.fromkeys(keys, Stored(b"", 0))
        for item in get_items(self._dynamodb, self._table, [{"key": {"S": key}} for key in found]):
            found[item["key"]["S"]] = Stored(item["data"]["B"], int(item["revision"]["N"]))
        return found

    def save(self, key: str, data: bytes, *, revision: int, forget_at: float) -> None:
        item: Item = {
            "key": {"S": key},
            "data": {"B": data},
            "revision": {"N": str(revision + 1)},
            "forget_at": {"N": str(int(forget_at))},
        }
        with calling(f"saving the state of {key}"):
            if revision == 0:
                self._dynamodb.put_item(
                    TableName=self._table,
                    Item=item,
                    ConditionExpression="attribute_not_exists(#key)",
                    ExpressionAttributeNames={"#key": "key"},
                )
            else:
                self._dynamodb.put_item(
                    TableName=self._table,
                    Item=item,
                    ConditionExpression="revision = :read",
                    ExpressionAttributeValues={":read": {"N": str(revision)}},
                )

    def every(self) -> Iterator[tuple[str, bytes]]:
        """Reads the whole table: half a read unit for each 4 KB, once a day."""
        start: dict[str, Any] = {}
        while True:
            with calling("reading the states of all callers"):
                page = self._dynamodb.scan(
                    TableName=self._table,
                    ProjectionExpression="#key, #data",
                    ExpressionAttributeNames={"#key": "key", "#data": "data"},
                    **start,
                )
            for item in page["Items"]:
                yield item["key"]["S"], item["data"]["B"]
            if not (last := page.get("LastEvaluatedKey")):
                return
            start = {"ExclusiveStartKey": last}


class DynamoDeliveries:
    """Item: id (S), forget_at (N, TTL)."""

    def __init__(self, dynamodb: DynamoDBClient, table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table

    def done(self, ids: Sequence[str]) -> set[str]:
        keys = [{"id": {"S": delivery}} for delivery in dict.fromkeys(ids)]
        names = {"#id": "id"}
        return {item["id"]["S"] for item in get_items(self._dynamodb, self._table, keys, projection="#id", names=names)}

    def mark_done(self, ids: Sequence[str], *, forget_at: float) -> None:
        forget = {"N": str(int(forget_at))}
        put_items(
            self._dynamodb,
            self._table,
            ({"id": {"S": delivery}, "forget_at": forget} for delivery in dict.fromkeys(ids)),
        )
