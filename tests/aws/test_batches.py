"""Batches are cut to DynamoDB's limits, and what it leaves unprocessed is asked for again."""

from __future__ import annotations

from typing import Any

import pytest

from tidegate.aws.batches import ATTEMPTS, get_items, put_items, query_items
from tidegate.errors import Retryable


class Stingy:
    """A DynamoDB that takes at most `takes` of each batch, and answers queries two items a page."""

    def __init__(self, takes: int) -> None:
        self.takes = takes
        self.read: list[int] = []
        self.written: list[str] = []

    def batch_get_item(self, *, RequestItems: Any) -> Any:
        ((table, wanted),) = RequestItems.items()
        assert wanted["ConsistentRead"]
        keys = wanted["Keys"]
        self.read.append(len(keys))
        left = keys[self.takes :]
        unprocessed = {table: {**wanted, "Keys": left}} if left else {}
        return {"Responses": {table: keys[: self.takes]}, "UnprocessedKeys": unprocessed}

    def batch_write_item(self, *, RequestItems: Any) -> Any:
        ((table, writes),) = RequestItems.items()
        self.written += [write["PutRequest"]["Item"]["id"]["S"] for write in writes[: self.takes]]
        left = writes[self.takes :]
        return {"UnprocessedItems": {table: left} if left else {}}

    def query(self, *, ExclusiveStartKey: int = 0, **_: Any) -> Any:
        page: dict[str, Any] = {"Items": [{"n": ExclusiveStartKey}, {"n": ExclusiveStartKey + 1}]}
        return page | ({"LastEvaluatedKey": ExclusiveStartKey + 2} if ExclusiveStartKey < 4 else {})


def keys(count: int) -> list[dict[str, Any]]:
    return [{"id": {"S": str(number)}} for number in range(count)]


def test_every_key_is_read_though_some_stay_unprocessed_at_first() -> None:
    dynamodb, pauses = Stingy(takes=60), []
    found = list(get_items(dynamodb, "T", keys(230), sleep=pauses.append))  # type: ignore[arg-type]
    assert [item["id"]["S"] for item in found] == [str(number) for number in range(230)]
    assert dynamodb.read == [100, 40, 100, 40, 30]
    assert len(pauses) == 2


def test_every_item_is_written_though_some_stay_unprocessed_at_first() -> None:
    dynamodb = Stingy(takes=10)
    put_items(dynamodb, "T", keys(60), sleep=lambda _: None)  # type: ignore[arg-type]
    assert sorted(dynamodb.written, key=int) == [str(number) for number in range(60)]


def test_a_table_that_takes_nothing_is_given_up_for_now() -> None:
    pauses: list[float] = []
    with pytest.raises(Retryable, match="unprocessed"):
        list(get_items(Stingy(takes=0), "T", keys(3), sleep=pauses.append))  # type: ignore[arg-type]
    with pytest.raises(Retryable, match="unprocessed"):
        put_items(Stingy(takes=0), "T", keys(3), sleep=pauses.append)  # type: ignore[arg-type]
    assert len(pauses) == 2 * ATTEMPTS
    assert max(pauses) <= 1


def test_a_query_reads_on_only_while_it_is_asked() -> None:
    pages = query_items(Stingy(0), TableName="T")  # type: ignore[arg-type]
    assert next(pages) == {"n": 0}
    assert [item["n"] for item in pages] == [1, 2, 3, 4, 5]
