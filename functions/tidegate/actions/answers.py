"""AWS's errors, as ours: what may be tried again, and what can't succeed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError

from tidegate.errors import Permanent, Retryable

TRY_AGAIN = frozenset(
    {
        "ConcurrentModification",
        "ConcurrentModificationException",
        "ConflictException",
        "EntityTemporarilyUnmodifiable",
        "InternalFailure",
        "InternalServerError",
        "InternalServerException",
        "InternalServiceError",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestTimeout",
        "ServiceFailure",
        "ServiceUnavailable",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"})


@contextmanager
def understood(what: str) -> Iterator[None]:
    """Raises Retryable or Permanent, saying `what` was tried and what AWS answered."""
    try:
        yield
    except ClientError as error:
        code, operation = error.response["Error"]["Code"], error.operation_name
        if code in TRY_AGAIN:
            raise Retryable(f"{what}: {operation} answered {code}; it is tried again.") from error
        hint = " The function's role in template.yaml lacks the permission." if code in DENIED else ""
        raise Permanent(
            f"{what}: {operation} answered {error.response['Error'].get('Message', code)}.{hint}"
        ) from error
    except BotoCoreError as error:
        raise Retryable(f"{what}: no answer from AWS ({type(error).__name__}).") from error
