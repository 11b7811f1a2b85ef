"""The Price List is fetched, kept by Region and time, and read by the function that judges."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from tidegate.aws.prices import AwsPriceList
from tidegate.errors import Permanent
from tidegate.pricing import Pricing
from tidegate_local.aws_extensions import price_list
from tidegate_local.memory import MemoryConfigurationSnapshots
from tidegate_quota.prices import Prices, resource_of

NOW = datetime(2026, 9, 1, 10, tzinfo=UTC)
REGION = "eu-west-1"


class InventedPricing:
    """GetProducts as the embedded account answers it, a page a service."""

    def __init__(self, *, empty: bool = False) -> None:
        self.asked: list[dict] = []
        self._empty = empty

    def get_paginator(self, operation_name: str) -> InventedPricing:
        assert operation_name == "get_products"
        return self

    def paginate(self, **asked):
        self.asked.append(asked)
        answer = price_list.answered({"body": json.dumps(asked).encode()})
        yield {"PriceList": [] if self._empty else [*answer["PriceList"], "[]"]}


class Told(dict):
    """What applications are told, by Region."""

    publish = dict.__setitem__


def test_a_list_is_kept_by_region_and_time():
    pricing, snapshots, told = InventedPricing(), MemoryConfigurationSnapshots(), Told()

    priced = Pricing(AwsPriceList(pricing), snapshots, told, lambda: NOW, REGION).refresh()

    kept = Prices.from_configuration(snapshots.before(resource_of(REGION), NOW.timestamp() + 1))
    assert priced == 4
    assert told == {REGION: snapshots.before(resource_of(REGION), NOW.timestamp() + 1)}
    assert kept.of("amazon.nova-pro-v1:0").price[:2] == pytest.approx((0.9, 3.6))
    assert kept.of("eu.anthropic.claude-sonnet-4-5-20250929-v1:0").price[:2] == pytest.approx((3.3, 16.5))
    assert kept.as_of == NOW.timestamp()
    assert [one["ServiceCode"] for one in pricing.asked] == ["AmazonBedrock", "AmazonBedrockFoundationModels"]
    assert all(one["Filters"][0]["Value"] == REGION for one in pricing.asked)
    assert snapshots.before(resource_of("us-east-1"), NOW.timestamp() + 1) is None


def test_a_list_without_prices_never_replaces_one():
    snapshots = MemoryConfigurationSnapshots()
    Pricing(AwsPriceList(InventedPricing()), snapshots, Told(), lambda: NOW, REGION).refresh()
    before = snapshots.before(resource_of(REGION), NOW.timestamp() + 1e6)

    with pytest.raises(Permanent, match="names no price"):
        Pricing(AwsPriceList(InventedPricing(empty=True)), snapshots, Told(), lambda: NOW, REGION).refresh()

    assert snapshots.before(resource_of(REGION), NOW.timestamp() + 1e6) == before
