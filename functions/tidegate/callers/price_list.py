"""Products of the AWS Price List, read into prices.

Two services sell tokens. `AmazonBedrock`: attributes `model` (or `titanModel`) and `inferenceType` ("Input tokens",
"Output tokens", "Prompt cache read input tokens", ...). `AmazonBedrockFoundationModels`, the models sold through the
marketplace: `servicename` and a `usagetype` that ends in what is counted (`..._InputTokenCount-Units`,
`..._OutputTokenCount-Units`, `..._CacheReadInputTokenCount-Units`). Units are said in each price's dimension: "1K
tokens", "1M tokens", or "Units", which are a million. What is another tier (batch, flex, priority, provisioned, long
context) or another kind of thing than text is left out; of several prices for one thing the dearest counts.
Format: https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/using-the-aws-price-list-query-api.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from math import isfinite
from typing import Any

from tidegate_quota.prices import Price, reduced

SERVICES = ("AmazonBedrock", "AmazonBedrockFoundationModels")
_OTHER_TIER = re.compile(
    r"batch|flex|priority|latency|provision|reserved|custom|long.?context|lctx|image|video|speech|audio|mantle", re.I
)
_COUNTED = (
    ("cache_read", re.compile(r"cache.?read", re.I)),
    ("cache_write", re.compile(r"cache.?write(?!.*1h)", re.I)),
    ("input", re.compile(r"input.?token", re.I)),
    ("output", re.compile(r"output.?token", re.I)),
)
_UNITS = {"1k tokens": 1000.0, "1m tokens": 1.0, "units": 1.0, "million tokens": 1.0, "thousand tokens": 1000.0}


def prices_of(products: Iterable[Mapping[str, Any]]) -> dict[str, Price]:
    """By reduced name of the model. A model of which only one of input and output is listed is left out, unless it
    answers nothing: embeddings have no output."""
    rows: dict[str, dict[str, float]] = {}
    for product in products:
        attributes = attributes_of(product)
        model = attributes.get("model") or attributes.get("titanModel") or attributes.get("servicename")
        kind = _kind(attributes)
        if not isinstance(model, str) or not kind:
            continue
        row = rows.setdefault(reduced(model), {})
        for dollars in _dollars_per_million(product):
            row[kind] = max(row.get(kind, 0.0), dollars)
    return {
        name: Price(row["input"], row.get("output", 0.0), row.get("cache_read", -1.0), row.get("cache_write", -1.0))
        for name, row in rows.items()
        if "input" in row and ("output" in row or "embed" in name)
    }


def told(price_list: Iterable[Any]) -> Iterator[dict[str, Any]]:
    """The products of a page of GetProducts, each of which is JSON in a string; what is no product is left out.

    Raises ValueError for a string that is no JSON.
    """
    for entry in price_list:
        product = json.loads(entry) if isinstance(entry, str) else entry
        if isinstance(product, dict):
            yield product


def attributes_of(product: Mapping[str, Any]) -> Mapping[str, Any]:
    """What it is: service, Region, kind of usage."""
    return _part(_part(product, "product"), "attributes")


def on_demand(product: Mapping[str, Any]) -> Iterator[tuple[float, Mapping[str, Any]]]:
    """(dollars, dimension) of each price on demand; what is not in dollars, or no number, is left out."""
    for term in _part(_part(product, "terms"), "OnDemand").values():
        for dimension in _part(term, "priceDimensions").values():
            try:
                dollars = float(_get(_get(dimension, "pricePerUnit"), "USD"))
            except (TypeError, ValueError):
                continue
            if isfinite(dollars):
                yield dollars, dimension


def _kind(attributes: Mapping[str, Any]) -> str:
    said = [str(attributes.get(name) or "") for name in ("inferenceType", "usagetype")]
    if _OTHER_TIER.search(" ".join((*said, str(attributes.get("feature") or "")))):
        return ""
    if str(attributes.get("service_tier") or "standard").lower() != "standard":
        return ""
    for text in said:
        for kind, pattern in _COUNTED:
            if pattern.search(text):
                return kind
    return ""


def _dollars_per_million(product: Mapping[str, Any]) -> Iterator[float]:
    for dollars, dimension in on_demand(product):
        if unit := _UNITS.get(str(_get(dimension, "unit") or "").lower()):
            yield dollars * unit


def _get(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, Mapping) else None


def _part(value: Any, name: str) -> Mapping[str, Any]:
    part = _get(value, name)
    return part if isinstance(part, Mapping) else {}
