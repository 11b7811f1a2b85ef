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

import re
from collections.abc import Iterable, Iterator, Mapping
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
        attributes = _part(_part(product, "product"), "attributes")
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
    for term in _part(_part(product, "terms"), "OnDemand").values():
        for dimension in _part(term, "priceDimensions").values():
            unit = _UNITS.get(str(_get(dimension, "unit") or "").lower())
            dollars = _get(_get(dimension, "pricePerUnit"), "USD")
            try:
                if unit and dollars is not None:
                    yield float(dollars) * unit
            except (TypeError, ValueError):
                continue  # not a number: as if it weren't listed


def _get(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, Mapping) else None


def _part(value: Any, name: str) -> Mapping[str, Any]:
    part = _get(value, name)
    return part if isinstance(part, Mapping) else {}
