"""AWS's errors, as ours: what may be tried again, and what can't succeed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError

from tidegate.content.redaction import noted
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
    """Raises Retryable or Permanent, saying `what` was tried and what AWS answered.

    An answer may quote what was sent (a guardrail's messages, an agent's instruction), and goes on to receipts, people
    and the log: secrets and personal data in it are masked here.
    """
    try:
        yield
    except ClientError as error:
        code, operation = error.response["Error"]["Code"], error.operation_name
        if code in TRY_AGAIN:
            raise Retryable(f"{what}: {operation} answered {code}; it is tried again.") from error
        hint = " The function's role in template.yaml lacks the permission." if code in DENIED else ""
        answer = noted(error.response["Error"].get("Message", code))
        # Without its cause, which the log would print with the answer as it came.
        raise Permanent(f"{what}: {operation} answered {answer}.{hint}") from None
    except BotoCoreError as error:
        raise Retryable(f"{what}: no answer from AWS ({type(error).__name__}).") from error
