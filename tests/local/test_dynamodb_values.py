"""Values of every type come back from moto's DynamoDB as they were put, and sorted as DynamoDB sorts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from tidegate_local import dynamodb_values

EVERY_TYPE: dict[str, Any] = {
    "text": {"S": "S"},
    "empty": {"S": ""},
    "number": {"N": "12.5"},
    "bytes": {"B": b"\x00\xff"},
    "texts": {"SS": ["a", "b"]},
    "numbers": {"NS": ["1", "2"]},
    "blobs": {"BS": [b"a"]},
    "map": {"M": {"S": {"S": "named as a type"}, "deep": {"M": {"L": {"L": [{"N": "1"}, {"S": "x"}]}}}}},
    "list": {"L": [{"BOOL": False}, {"NULL": True}, {"M": {}}]},
    "nothing": {"NULL": True},
    "no": {"BOOL": False},
}


@pytest.fixture
def dynamodb() -> Iterator[Any]:
    dynamodb_values.install()
    with mock_aws():
        yield boto3.client("dynamodb", "us-east-1", aws_access_key_id="AKIAEXAMPLE", aws_secret_access_key="invented")


def table(dynamodb: Any, sorted_by: str) -> None:
    keys = {"name": "S", "place": sorted_by}
    dynamodb.create_table(
        TableName="values",
        KeySchema=[
            {"AttributeName": name, "KeyType": kind} for name, kind in zip(keys, ("HASH", "RANGE"), strict=True)
        ],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": kind} for name, kind in keys.items()],
        BillingMode="PAY_PER_REQUEST",
    )


def test_every_type_is_read_as_it_was_put(dynamodb: Any) -> None:
    table(dynamodb, "S")
    item = {"name": {"S": "a"}, "place": {"S": "b"}, **EVERY_TYPE}
    dynamodb.put_item(TableName="values", Item=item)
    key = {"name": {"S": "a"}, "place": {"S": "b"}}
    assert dynamodb.get_item(TableName="values", Key=key)["Item"] == item
    assert dynamodb.scan(TableName="values")["Items"] == [item]


@pytest.mark.parametrize(("kind", "order"), [("N", ["-3", "2", "10"]), ("S", ["10", "2", "a"])])
def test_numbers_sort_as_numbers_and_texts_as_texts(dynamodb: Any, kind: str, order: list[str]) -> None:
    table(dynamodb, kind)
    for place in order[::-1]:
        dynamodb.put_item(TableName="values", Item={"name": {"S": "a"}, "place": {kind: place}})
    asked = {"KeyConditionExpression": "#name = :a", "ExpressionAttributeNames": {"#name": "name"}}
    found = dynamodb.query(TableName="values", ExpressionAttributeValues={":a": {"S": "a"}}, **asked)["Items"]
    assert [item["place"][kind] for item in found] == order


def test_conditions_and_sums_reckon_with_values(dynamodb: Any) -> None:
    table(dynamodb, "S")
    key = {"name": {"S": "a"}, "place": {"S": "b"}}
    dynamodb.put_item(TableName="values", Item={**key, "tokens": {"N": "9"}, "mode": {"S": "on"}})
    changed = dynamodb.update_item(
        TableName="values",
        Key=key,
        UpdateExpression="SET tokens = tokens + :two",
        ConditionExpression="#mode = :on AND tokens < :ten",
        ExpressionAttributeNames={"#mode": "mode"},
        ExpressionAttributeValues={":two": {"N": "2"}, ":on": {"S": "on"}, ":ten": {"N": "10"}},
        ReturnValues="ALL_NEW",
    )
    assert changed["Attributes"]["tokens"] == {"N": "11"}
