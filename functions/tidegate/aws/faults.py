"""What AWS refused, in our own words: who meets it learns whether trying again can help."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import ClientError, ConnectionError, HTTPClientError

from tidegate.errors import Conflict, Retryable

_THROTTLED = {
    "InternalError",
    "InternalFailure",
    "InternalServerError",
    "LimitExceededException",
    "ProvisionedThroughputExceeded",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestTimeout",
    "ServiceUnavailable",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingError",
    "ThrottlingException",
    "TooManyRequestsException",
    "TransactionInProgressException",
}
_LOST_RACE = {
    "ConditionalCheckFailedException",
    "ConditionalCheckFailed",
    "TransactionConflict",
    "TransactionConflictException",
}


def code_of(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


@contextmanager
def calling(what: str) -> Iterator[None]:
    """Lost conditional writes become Conflict, throttles and broken connections Retryable.

    Everything else (a missing permission, a table that is not there) goes up as it is: no service may take it
    for the fault of one record.
    """
    try:
        yield
    except ClientError as error:
        code = code_of(error)
        reasons = [str(reason.get("Code", "")) for reason in _cancellation_reasons(error)]
        if code in _LOST_RACE or any(reason in _LOST_RACE for reason in reasons):
            raise Conflict(f"{what}: someone else wrote first; read again and write again.") from error
        if code in _THROTTLED or _THROTTLED.intersection(reasons):
            raise Retryable(f"{what}: {code}; try again later.") from error
        raise
    except (ConnectionError, HTTPClientError) as error:  # connect and read time-outs, closed connections, no route
        raise Retryable(f"{what}: {error}; try again later.") from error


def _cancellation_reasons(error: ClientError) -> list[dict[str, Any]]:
    found: Any = error.response.get("CancellationReasons")
    return list(found or ())
