"""What AWS refuses becomes Conflict, Retryable, or goes up as it is."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError, NoCredentialsError

from tidegate.aws.faults import calling
from tidegate.errors import Conflict, Retryable


def refused(code: str, reasons: tuple[str, ...] = ()) -> ClientError:
    response = {"Error": {"Code": code, "Message": "no"}, "CancellationReasons": [{"Code": r} for r in reasons]}
    return ClientError(response, "PutItem")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "error",
    [
        refused("ConditionalCheckFailedException"),
        refused("TransactionConflictException"),
        refused("TransactionCanceledException", ("None", "ConditionalCheckFailed")),
        refused("TransactionCanceledException", ("TransactionConflict", "ThrottlingError")),
    ],
)
def test_a_lost_race_is_a_conflict_that_says_what_was_written(error: ClientError) -> None:
    with pytest.raises(Conflict, match="saving x"), calling("saving x"):
        raise error


@pytest.mark.parametrize(
    "error",
    [
        refused("ProvisionedThroughputExceededException"),
        refused("SlowDown"),
        refused("TransactionCanceledException", ("None", "ThrottlingError")),
        ConnectTimeoutError(endpoint_url="https://192.0.2.1"),
        EndpointConnectionError(endpoint_url="https://192.0.2.1"),
    ],
)
def test_throttles_and_broken_connections_may_be_tried_again(error: Exception) -> None:
    with pytest.raises(Retryable) as caught, calling("reading x"):
        raise error
    assert not isinstance(caught.value, Conflict)


@pytest.mark.parametrize(
    "error", [refused("AccessDeniedException"), refused("ResourceNotFoundException"), NoCredentialsError()]
)
def test_a_missing_permission_or_table_goes_up_as_it_is(error: Exception) -> None:
    with pytest.raises(type(error)), calling("reading x"):
        raise error
