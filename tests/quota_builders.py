"""An end user's quota in tests: the table as template.yaml has it, a clock that a test moves, what was signalled."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import boto3
from contract_builders import NOON
from deployed_template import resources
from moto import mock_aws

from tidegate_quota import Budget, Budgets, Quota
from tidegate_quota.table import Control
from tidegate_quota.usage import Ask, Refusal, Usage, admit

TABLE, MODEL = "QuotaTable", "amazon.nova-pro-v1:0"
DAY = 86_400.0  # seconds
TERM = 900_000


class Clock:
    """Seconds since the epoch."""

    def __init__(self) -> None:
        self.time = NOON.timestamp()

    def __call__(self) -> float:
        return self.time


class Signals(list[tuple[str, Mapping[str, str]]]):
    def __call__(self, name: str, facts: Mapping[str, str]) -> None:
        self.append((name, facts))

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self]


def create(dynamodb: Any) -> None:
    made = resources("AWS::DynamoDB::Table")[TABLE]
    wanted = ("AttributeDefinitions", "KeySchema", "BillingMode")
    dynamodb.create_table(TableName=TABLE, **{key: made[key] for key in wanted})


@contextmanager
def quota_table_in_moto() -> Iterator[Any]:
    """A DynamoDB client whose account holds the table and nothing else."""
    with mock_aws():
        client = boto3.client("dynamodb", "eu-central-1", aws_access_key_id="test", aws_secret_access_key="test")
        create(client)
        yield client


def quota(dynamodb: Any, clock: Callable[[], float], budget: Budget | None = None, **more: Any) -> Quota:
    given: dict[str, Any] = {"budgets": Budgets(default=budget), "clock": clock, "pause": lambda _seconds: None} | more
    return Quota(dynamodb, TABLE, **given)


def put(dynamodb: Any, user: str, **attributes: Any) -> None:
    dynamodb.put_item(TableName=TABLE, Item={"user": {"S": user}, **attributes})


def item(dynamodb: Any, key: str) -> Any:
    return dynamodb.get_item(TableName=TABLE, Key={"user": {"S": key}}).get("Item")


def asked(
    usage: Usage, request: str, at: float, *, budget: Budget | None = None, control: Control | None = None, **ask: int
) -> Usage | Refusal:
    """One call asked for, `at` seconds after noon."""
    now = int((NOON.timestamp() + at) * 1000)
    return admit(usage, control or Control(), budget or Budget(), Ask(request, **ask), now, TERM)


def taken(usage: Usage, request: str, at: float, **more: Any) -> Usage:
    answer = asked(usage, request, at, **more)
    assert isinstance(answer, Usage), answer
    return answer


def refused(usage: Usage, request: str, at: float, **more: Any) -> Refusal:
    answer = asked(usage, request, at, **more)
    assert isinstance(answer, Refusal), answer
    return answer
