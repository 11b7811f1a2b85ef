"""DynamoDB batches: cut to the service's limits, and what it leaves unprocessed is asked for again."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import batched
from typing import TYPE_CHECKING, Any

from tidegate.aws.faults import calling
from tidegate.errors import Retryable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

type Item = dict[str, Any]
type Sleep = Callable[[float], None]

MOST_KEYS = 100  # of BatchGetItem
MOST_WRITES = 25  # of BatchWriteItem
ATTEMPTS = 6  # 0.05 to 1.6 s of waiting in all: a table on demand catches up within that, or the batch comes back


def get_items(
    dynamodb: DynamoDBClient,
    table: str,
    keys: Sequence[Item],
    *,
    projection: str = "",
    names: dict[str, str] | None = None,
    sleep: Sleep = time.sleep,
) -> Iterator[Item]:
    """Items that exist, in no order, read consistently. Keys must be distinct.

    Raises Retryable when DynamoDB leaves keys unprocessed again and again.
    """
    for chunk in batched(keys, MOST_KEYS, strict=False):
        wanted: dict[str, Any] = {"Keys": list(chunk), "ConsistentRead": True}
        if projection:
            wanted |= {"ProjectionExpression": projection, "ExpressionAttributeNames": names or {}}
        for attempt in range(ATTEMPTS):
            with calling(f"reading {len(wanted['Keys'])} items of {table}"):
                answer = dynamodb.batch_get_item(RequestItems={table: wanted})  # type: ignore[dict-item]
            yield from answer["Responses"].get(table, [])
            left: Any = answer.get("UnprocessedKeys") or {}
            if table not in left:
                break
            wanted = left[table]
            sleep(_pause(attempt))
        else:
            raise Retryable(f"{table}: {len(wanted['Keys'])} keys stay unprocessed: throttled, try again later.")


def put_items(dynamodb: DynamoDBClient, table: str, items: Iterable[Item], *, sleep: Sleep = time.sleep) -> None:
    """Unconditional writes, for items whose content follows from their key. Keys must be distinct."""
    for chunk in batched(items, MOST_WRITES, strict=False):
        writes: Any = [{"PutRequest": {"Item": item}} for item in chunk]
        for attempt in range(ATTEMPTS):
            with calling(f"writing {len(writes)} items to {table}"):
                answer = dynamodb.batch_write_item(RequestItems={table: writes})
            left = answer.get("UnprocessedItems") or {}
            if table not in left:
                break
            writes = left[table]
            sleep(_pause(attempt))
        else:
            raise Retryable(f"{table}: {len(writes)} writes stay unprocessed: throttled, try again later.")


def query_items(dynamodb: DynamoDBClient, **query: Any) -> Iterator[Item]:
    """All pages of a query, each read only when it is wanted."""
    table = query["TableName"]
    while True:
        with calling(f"querying {table}"):
            page = dynamodb.query(**query)
        yield from page["Items"]
        if "LastEvaluatedKey" not in page:
            return
        query["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def _pause(attempt: int) -> float:
    return min(float(0.05 * 2**attempt), 1.0) * random.uniform(0.5, 1.0)
