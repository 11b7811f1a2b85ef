"""The quota table over DynamoDB: one read of both items of a user, conditional writes of its usage.

A lost condition brings the item as it is with it (`ReturnValuesOnConditionCheckFailure`), so that another try needs no
read. A write whose answer was lost is found done on the next try: what is written is the same for the same request.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from tidegate_quota.prices import Price, Prices
from tidegate_quota.table import LISTED, Control, key_of, prices_key, usage_key
from tidegate_quota.usage import Usage

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# A user waits for it: away after some 3 s, where botocore's own limits are minutes.
PATIENCE = Config(connect_timeout=1, read_timeout=1, retries={"mode": "standard", "total_max_attempts": 2})
_TRIES = 16  # of one write; each time somebody else's went through
_LONGEST_PAUSE = 0.1  # seconds


class QuotaTableAway(Exception):
    """DynamoDB did not answer, or refused. `error`: its code."""

    def __init__(self, doing: str, error: str) -> None:
        super().__init__(f"{doing}: {error}")
        self.doing = doing
        self.error = error


class Contended(Exception):
    """So many calls of one user at the same moment that none of this process's writes went through."""


class QuotaTable:
    def __init__(self, dynamodb: DynamoDBClient, name: str, pause: Callable[[float], None] = time.sleep) -> None:
        self._dynamodb = dynamodb
        self._name = name
        self._pause = pause

    def read(self, user: str) -> tuple[Control, Usage]:
        """Raises QuotaTableAway, ValueError for a budget written into the table that makes no sense."""
        control, usage = key_of(user), usage_key(user)
        with _asking("reading a quota"):
            found: dict[str, Any] = {}
            left: Any = {self._name: {"Keys": [control, usage], "ConsistentRead": True}}
            for attempt in range(_TRIES):
                answer = self._dynamodb.batch_get_item(RequestItems=left)
                found |= {item["user"]["S"]: item for item in answer["Responses"].get(self._name, [])}
                left = answer.get("UnprocessedKeys")
                if not left:
                    return Control.of(found.get(control["user"]["S"])), Usage.of(found.get(usage["user"]["S"]))
                self._wait(attempt)
        raise QuotaTableAway("reading a quota", "UnprocessedKeys")

    def change(self, user: str, read: Usage, step: Callable[[Usage], Usage | None]) -> Usage | None:
        """Writes what `step` makes of the usage; None when it makes nothing. `read`: as last seen, of whatever age.

        What `step` raises goes up. Raises QuotaTableAway, Contended.
        """
        for attempt in range(_TRIES):
            wanted = step(read)
            if wanted is None:
                return None
            newer = self._write(user, read, wanted)
            if newer is None:
                return wanted
            read = newer
            self._wait(attempt)
        raise Contended

    def count_refusals(self, user: str, count: int, forget_at: int) -> None:
        with _asking("counting refusals"):
            self._dynamodb.update_item(
                TableName=self._name,
                Key=usage_key(user),
                UpdateExpression="SET forget_at = :forget ADD refused :count",
                ExpressionAttributeValues={":count": {"N": str(count)}, ":forget": {"N": str(forget_at)}},
            )

    def _write(self, user: str, read: Usage, wanted: Usage) -> Usage | None:
        """None when it is written, else the usage that somebody else has written since."""
        item = wanted.written()
        names = {f"#{name}": name for name in item}
        values: dict[str, Any] = {f":{name}": value for name, value in item.items()}
        update = "SET " + ", ".join(f"#{name} = :{name}" for name in item)
        if "token_level" not in item:
            names["#token_level"] = "token_level"
            update += " REMOVE #token_level"
        if read.revision:
            condition, values[":read"] = "#revision = :read", {"N": str(read.revision)}
        else:
            condition = "attribute_not_exists(#revision)"
        try:
            with _asking("writing usage"):
                self._dynamodb.update_item(
                    TableName=self._name,
                    Key=usage_key(user),
                    UpdateExpression=update,
                    ConditionExpression=condition,
                    ExpressionAttributeNames=names,
                    ExpressionAttributeValues=values,
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
        except self._dynamodb.exceptions.ConditionalCheckFailedException as error:
            found: Any = error.response
            return Usage.of(found.get("Item"))
        return None

    def _wait(self, attempt: int) -> None:
        self._pause(random.uniform(0, min(_LONGEST_PAUSE, 0.002 * 2**attempt)))


def listed_prices(
    dynamodb: DynamoDBClient, table: str, region: str, written: Iterable[tuple[str, Price]] = ()
) -> Prices:
    """`written` first, then the price list that Tidegate fetched for this Region, then estimates. QuotaTableAway."""
    key = prices_key(region)
    with _asking("reading prices"):
        answer = dynamodb.batch_get_item(RequestItems={table: {"Keys": [key]}})
    found = answer["Responses"].get(table)
    return Prices.from_configuration(json.loads(found[0][LISTED]["S"]) if found else None, written)


@contextmanager
def _asking(doing: str) -> Iterator[None]:
    """Whatever DynamoDB or the way to it has: whether calls go on without it is for the application to choose."""
    try:
        yield
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        if code == "ConditionalCheckFailedException":
            raise
        raise QuotaTableAway(doing, code) from error
    except BotoCoreError as error:
        raise QuotaTableAway(doing, type(error).__name__) from error
