"""Price lists as AWS publishes them, read from files: what the template runs, in another Region or on another day.

Two forms of one list, each of one service: what `aws pricing get-products` answers ({"PriceList": [...]}, each product
JSON in a string), and a bulk offer file ({"products": {SKU: ...}, "terms": {"OnDemand": {SKU: ...}}}).
https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/reading-an-offer.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from tidegate.callers.price_list import attributes_of, on_demand, told
from tidegate.errors import ConfigurationError
from tidegate_local.list_prices import HOUR

LARGEST = 500_000_000  # bytes; the offer file of OpenSearch in all Regions has some 30 MB
# Before a kind of usage stands its Region (EUC1-, eu-central-1-), but in us-east-1 not always. IA- is a table class.
_REGION = r"(?:(?!IA-)[A-Z]{2,4}\d?-|[a-z]{2}(?:-[a-z]+)+-\d-)?"
_THOUSAND, _MILLION = 1e3, 1e6


class Sold(NamedTuple):
    """Which product a price is of. `times`: how many of AWS's units one of ours is."""

    service: str  # servicecode
    usage: str  # usagetype behind its Region, a pattern
    times: float = 1.0
    also: tuple[str, str] = ("", "")  # an attribute and its value, where the usage alone doesn't tell


SOLD = {
    "sqs_million_requests": Sold("AWSQueueService", r"Requests.*", _MILLION, ("queueType", "Standard")),
    "lambda_million_requests": Sold("AWSLambda", r"Request-ARM", _MILLION),
    "lambda_gb_second_arm64": Sold("AWSLambda", r"Lambda-GB-Second-ARM"),
    "dynamodb_million_reads": Sold("AmazonDynamoDB", r"ReadRequestUnits", _MILLION),
    "dynamodb_million_writes": Sold("AmazonDynamoDB", r"WriteRequestUnits", _MILLION),
    "s3_thousand_puts": Sold("AmazonS3", r"Requests-Tier1", _THOUSAND),
    "s3_thousand_gets": Sold("AmazonS3", r"Requests-Tier2", _THOUSAND),
    "s3_gb_month": Sold("AmazonS3", r"TimedStorage-ByteHrs"),
    "kms_key_month": Sold("awskms", r"KMS-Keys"),
    "kms_million_requests": Sold("awskms", r"KMS-Requests", _MILLION),
    "alarm_month": Sold("AmazonCloudWatch", r"CW:AlarmMonitorUsage"),
    "step_thousand_transitions": Sold("AmazonStates", r"StateTransition", _THOUSAND),
    "secret_month": Sold("AWSSecretsManager", r"AWSSecretsManager-Secrets"),
    "opensearch_gb_month": Sold("AmazonES", r"ES:GP3-Storage"),
}
NODES = Sold("AmazonES", r"ESInstance:.+")  # by instanceType
_USAGES = {name: re.compile(_REGION + sold.usage) for name, sold in (SOLD | {HOUR: NODES}).items()}


class Listed(NamedTuple):
    """What one file says."""

    file: str
    region: str
    published: str  # day
    prices: dict[str, float]


def read(file: Path) -> Listed:
    """Raises ConfigurationError for what is no price list, or none of what the template runs in one Region."""
    document = _document(file)
    found: dict[str, dict[str, float]] = {}  # Region -> name -> dollars
    try:
        for product in _products(document):
            attributes = attributes_of(product)
            name, dollars = _name(attributes), _dollars(product)
            if name and dollars:
                prices = found.setdefault(str(attributes.get("regionCode") or "a Region that it doesn't name"), {})
                prices[name] = max(prices.get(name, 0.0), dollars * _times(name))
    except ValueError as error:
        raise ConfigurationError(f"{file}: a product in it is no JSON ({error}): fetch the list anew.") from error
    if not found:
        raise ConfigurationError(
            f"{file} is a price list, but of nothing that Tidegate runs: it reckons with {', '.join(_services())}."
        )
    if len(found) > 1:
        raise ConfigurationError(
            f"{file} has prices of {len(found)} Regions ({', '.join(sorted(found)[:4])}, ...): give a list of one, by "
            "--filters Type=TERM_MATCH,Field=regionCode,Value=REGION, or the offer file of that Region."
        )
    ((region, prices),) = found.items()
    return Listed(str(file), region, _published(document), prices)


def _document(file: Path) -> dict[str, Any]:
    try:
        if file.stat().st_size > LARGEST:
            raise ConfigurationError(f"{file} is larger than {LARGEST // 1_000_000} MB: give the list of one Region.")
        document = json.loads(file.read_bytes())
    except OSError as error:
        raise ConfigurationError(f"{file} can't be read: {error.strerror or error}.") from error
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(f"{file} is no JSON ({error}): AWS gives its lists as CSV too.") from error
    if not isinstance(document, dict) or not ({"PriceList", "products"} & document.keys()):
        raise ConfigurationError(
            f"{file} is no price list: neither the answer of `aws pricing get-products` (PriceList) nor an offer file "
            "(products, terms)."
        )
    if document.get("NextToken"):
        raise ConfigurationError(f"{file} is one page of several: leave --max-items and --no-paginate out.")
    return document


def _products(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Each as GetProducts tells it."""
    listed, terms = document.get("PriceList"), document.get("terms")
    if isinstance(listed, list):
        yield from told(listed)
    sold = terms.get("OnDemand") if isinstance(terms, Mapping) else None
    products = document.get("products")
    if isinstance(products, Mapping) and isinstance(sold, Mapping):
        for sku, product in products.items():
            yield {"product": product, "terms": {"OnDemand": sold.get(sku)}}


def _name(attributes: Mapping[str, Any]) -> str:
    """Ours of the product; empty for what we don't reckon with."""
    service, usage = attributes.get("servicecode"), str(attributes.get("usagetype") or "")
    if service == NODES.service and _USAGES[HOUR].fullmatch(usage):
        return f"{HOUR}{attributes.get('instanceType')}"
    for name, sold in SOLD.items():
        attribute, value = sold.also
        if service == sold.service and _USAGES[name].fullmatch(usage) and attributes.get(attribute, "") == value:
            return name
    return ""


def _times(name: str) -> float:
    return SOLD[name].times if name in SOLD else 1.0


def _dollars(product: Mapping[str, Any]) -> float:
    """Of the first tier that costs anything: free tiers and discounts for quantity are left out."""
    tiers = [(_begins(dimension), dollars) for dollars, dimension in on_demand(product) if dollars > 0]
    return min(tiers)[1] if tiers else 0.0


def _begins(dimension: Mapping[str, Any]) -> float:
    try:
        return float(dimension.get("beginRange") or 0)
    except (TypeError, ValueError):
        return 0.0


def _services() -> tuple[str, ...]:
    return tuple(dict.fromkeys(sold.service for sold in SOLD.values()))


def _published(document: Mapping[str, Any]) -> str:
    """The day, where it is said: by the file, or by its latest product."""
    said = [document.get("publicationDate")]
    if isinstance(listed := document.get("PriceList"), list):
        said += [product.get("publicationDate") for product in told(listed)]
    return max((str(each)[:10] for each in said if each), default="a day that it doesn't name")
