"""The AWS Price List, by its Query API.

The API has endpoints in us-east-1, eu-central-1 and ap-south-1 only, whichever Region's prices are asked for.
https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/using-the-aws-price-list-query-api.html
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal, Protocol

from tidegate.aws.faults import calling
from tidegate.callers.price_list import SERVICES, told
from tidegate_quota.table import LISTED, prices_key

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ENDPOINT_REGION = "us-east-1"


class Pages(Protocol):
    def paginate(self, **asked: Any) -> Iterable[Mapping[str, Any]]: ...


class PricingClient(Protocol):
    """What we use of boto3's."""

    def get_paginator(self, operation_name: Literal["get_products"]) -> Pages: ...


class DynamoPublishedPrices:
    """In the quota table, which applications read anyway. 100 bytes a model, of 400 KB that an item may have."""

    def __init__(self, dynamodb: DynamoDBClient, table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table

    def publish(self, region: str, configuration: Mapping[str, Any]) -> None:
        with calling(f"telling applications the prices of {region}"):
            self._dynamodb.update_item(
                TableName=self._table,
                Key=prices_key(region),
                UpdateExpression=f"SET {LISTED} = :prices",
                ExpressionAttributeValues={":prices": {"S": json.dumps(configuration, sort_keys=True)}},
            )


class AwsPriceList:
    def __init__(self, pricing: PricingClient) -> None:
        self._pricing = pricing

    def products(self, region: str) -> Iterator[dict[str, Any]]:
        """Everything that Bedrock sells in a Region. Pages of a hundred."""
        for service in SERVICES:
            pages = self._pricing.get_paginator("get_products").paginate(
                ServiceCode=service,
                Filters=[{"Type": "TERM_MATCH", "Field": "regionCode", "Value": region}],
                FormatVersion="aws_v1",
            )
            with calling(f"reading the price list of {service} in {region}"):
                for page in pages:
                    yield from told(page["PriceList"])
