"""Public list prices of what the template runs, kept by hand: each with what it is a price of and whose page says it.

`tidegate cost --price NAME=DOLLARS` puts another in place. Prices of models are another matter: callers/price_list.py.
"""

from __future__ import annotations

from typing import NamedTuple

AS_OF = "2025-12"  # when they were last held against AWS's pages
REGION = "us-east-1"
HOUR = "opensearch_hour_"  # before an instance type: any may be given a price


class ListPrice(NamedTuple):
    dollars: float
    per: str
    page: str  # below https://aws.amazon.com/

    @property
    def source(self) -> str:
        return f"aws.amazon.com/{self.page}"


_SQS, _LAMBDA, _TABLES = "sqs/pricing", "lambda/pricing", "dynamodb/pricing/on-demand"
_S3, _KMS, _INDEX = "s3/pricing", "kms/pricing", "opensearch-service/pricing"

LISTED: dict[str, ListPrice] = {
    "sqs_million_requests": ListPrice(0.40, "million requests, standard queues", _SQS),
    "lambda_million_requests": ListPrice(0.20, "million requests", _LAMBDA),
    "lambda_gb_second_arm64": ListPrice(0.0000133334, "GB-second, arm64", _LAMBDA),
    "dynamodb_million_reads": ListPrice(0.125, "million reads of 4 KB, strongly consistent", _TABLES),
    "dynamodb_million_writes": ListPrice(0.625, "million writes of 1 KB", _TABLES),
    "s3_thousand_puts": ListPrice(0.005, "thousand PUTs", _S3),
    "s3_thousand_gets": ListPrice(0.0004, "thousand GETs", _S3),
    "s3_gb_month": ListPrice(0.023, "GB and month, Standard", _S3),
    "kms_key_month": ListPrice(1.0, "key and month", _KMS),
    "kms_million_requests": ListPrice(3.0, "million requests", _KMS),
    "alarm_month": ListPrice(0.10, "alarm and month, standard resolution", "cloudwatch/pricing"),
    "step_thousand_transitions": ListPrice(0.025, "thousand transitions, Standard", "step-functions/pricing"),
    "secret_month": ListPrice(0.40, "secret and month", "secrets-manager/pricing"),
    f"{HOUR}r7g.large.search": ListPrice(0.167, "hour", _INDEX),
    f"{HOUR}r7g.xlarge.search": ListPrice(0.335, "hour", _INDEX),
    f"{HOUR}r7g.2xlarge.search": ListPrice(0.669, "hour", _INDEX),
    f"{HOUR}m7g.large.search": ListPrice(0.135, "hour", _INDEX),
    "opensearch_gb_month": ListPrice(0.122, "GB and month, gp3", _INDEX),
}
PRICES: dict[str, float] = {name: listed.dollars for name, listed in LISTED.items()}
