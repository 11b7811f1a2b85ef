"""What the embedded account says of its quotas: AWS's defaults, in the form of its documentation."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tidegate_local.doctor.quotas import RATES
from tidegate_local.embedded import Embedded


def values(aws: Embedded, service: str, **given: Any) -> dict[str, float]:
    pages = aws.client("service-quotas").get_paginator("list_service_quotas").paginate(ServiceCode=service, **given)
    return {quota["QuotaName"]: quota["Value"] for page in pages for quota in page["Quotas"]}


@pytest.mark.parametrize("rate", RATES, ids=lambda rate: rate.of)
def test_a_rate_that_the_doctor_asks_for_is_there_and_is_at_least_what_aws_gives(small: Embedded, rate: Any) -> None:
    assert values(small, rate.service)[rate.name] >= rate.least


def test_pages_hold_as_many_as_were_asked_for(small: Embedded) -> None:
    client = small.client("service-quotas")
    first = client.list_service_quotas(ServiceCode="states", MaxResults=1)
    second = client.list_service_quotas(ServiceCode="states", MaxResults=1, NextToken=first["NextToken"])
    assert "NextToken" not in second
    together = [quota["QuotaName"] for quota in (*first["Quotas"], *second["Quotas"])]
    assert together == list(values(small, "states"))


def test_an_unknown_service_is_refused_as_aws_does(small: Embedded) -> None:
    with pytest.raises(ClientError, match="NoSuchResourceException"):
        small.client("service-quotas").list_service_quotas(ServiceCode="nothing-of-ours")


def test_what_a_function_has_reserved_is_not_free_for_others(small: Embedded) -> None:
    client = small.client("lambda")
    before = client.get_account_settings()
    name = client.list_functions()["Functions"][0]["FunctionName"]
    client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=40)
    limit = client.get_account_settings()["AccountLimit"]
    assert limit["ConcurrentExecutions"] == before["AccountLimit"]["ConcurrentExecutions"] == 1000
    assert limit["UnreservedConcurrentExecutions"] == before["AccountLimit"]["UnreservedConcurrentExecutions"] - 40
    assert before["AccountUsage"]["FunctionCount"] == len(client.list_functions()["Functions"])
