"""Answers at the client, for services that moto lacks altogether, or whose operations it knows too loosely."""

from __future__ import annotations

import json
from typing import Any, NamedTuple


class Answered(NamedTuple):
    """What botocore looks at of an HTTP response."""

    status_code: int = 200


type Answer = tuple[Answered, dict[str, Any]]


class Fault(Exception):
    """An error of the service, in its own words."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code, self.status = code, status


def answered(value: dict[str, Any], status: int = 200) -> Answer:
    return Answered(status), {**value, "ResponseMetadata": {"HTTPStatusCode": status, "HTTPHeaders": {}}}


def failed(fault: Fault) -> Answer:
    return answered({"Error": {"Code": fault.code, "Message": str(fault)}}, fault.status)


def given(params: dict[str, Any]) -> dict[str, Any]:
    """The body of a request in JSON, as it would go over the wire."""
    body = params.get("body") or b"{}"
    found: dict[str, Any] = json.loads(body)
    return found


def security_backend() -> Any:
    """moto's backend of Security Hub: what is kept in it is forgotten with the rest of the account."""
    from moto.securityhub.models import securityhub_backends

    from tidegate_local.account import ACCOUNT, REGION  # which makes sessions, and they ask here

    return securityhub_backends[ACCOUNT][REGION]
