"""A request at an application's door -> let in or not, by the end user's quota.

Who the end user is comes from a token that we verify, or from a header that the application's own gateway sets
behind its own sign-in. Whoever can't be named is not let in, whatever happens to the quota table: only a known user's
quota may be passed over while DynamoDB is away, if that was chosen.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Protocol

from aws_lambda_powertools.metrics import MetricUnit

from tidegate.authorizing import json_web_tokens as tokens
from tidegate.authorizing.api_event import Asked, answer, asked
from tidegate.authorizing.issuer_keys import IssuerKeys
from tidegate.authorizing.json_web_tokens import TokenRefused
from tidegate.errors import Retryable
from tidegate.ports import Clock
from tidegate.telemetry import logger, metrics
from tidegate_quota import Quota, QuotaRefused, QuotaTableAway
from tidegate_quota.signals import REFUSED
from tidegate_quota.usage import Remaining

NOT_NAMED = "not_signed_in"
AWAY = "quota_unknown"


class Identity(Protocol):
    def __call__(self, request: Asked) -> str:
        """The end user's name. Raises TokenRefused, Retryable."""
        ...


class ByToken:
    """The claim of a token in `Authorization: Bearer ...`."""

    def __init__(self, keys: IssuerKeys, clock: Clock, *, issuer: str, audience: str, claim: str) -> None:
        self._keys = keys
        self._clock = clock
        self._issuer, self._audience, self._claim = issuer, audience, claim

    def __call__(self, request: Asked) -> str:
        kind, _, token = request.headers.get("authorization", "").strip().partition(" ")
        if kind.lower() != "bearer":
            raise TokenRefused("no token")
        token = token.strip()
        key = self._keys.key(tokens.key_id(token))
        now = self._clock().timestamp()
        claims = tokens.claims_of(token, key, issuer=self._issuer, audience=self._audience, now=now)
        return _named(claims.get(self._claim))


class ByHeader:
    """A header that the application's own gateway sets: trustworthy only where nobody can come past that gateway."""

    def __init__(self, header: str) -> None:
        self._header = header.lower()

    def __call__(self, request: Asked) -> str:
        return _named(request.headers.get(self._header))


class Authorizing:
    """`charges`: takes one call of the user's quota for each request; else only looks whether one would be let in."""

    def __init__(self, quota: Quota, identity: Identity, *, mode: Literal["check", "charge"]) -> None:
        self._quota = quota
        self._identity = identity
        self._charges = mode == "charge"

    def answer(self, event: Mapping[str, Any]) -> dict[str, Any]:
        request = asked(event)
        try:
            user = self._identity(request)
        except (TokenRefused, Retryable) as refused:
            logger.warning("end user not named", extra={"reason": str(refused)})
            return answer(event, "", False, {"reason": NOT_NAMED})
        try:
            return self._by_quota(event, user, request)
        except QuotaRefused as refused:
            return answer(event, refused.user, False, _why(refused.reason, refused.retry_after))
        except QuotaTableAway:
            return answer(event, "", False, {"reason": AWAY})

    def _by_quota(self, event: Mapping[str, Any], user: str, request: Asked) -> dict[str, Any]:
        if self._charges:
            charge = self._quota.charge(user, request.request_id, settled=True)
            return answer(event, charge.user, True, {"user": charge.user, **_left(charge.remaining)})
        standing = self._quota.standing(user)
        if standing.refusal:
            signalled(REFUSED, {"reason": standing.refusal.reason})
            return answer(event, standing.user, False, _why(*standing.refusal))
        context = {"user": standing.user, "limitedTo": standing.limited_to, **_left(standing.remaining)}
        return answer(event, standing.user, True, context)


def signalled(name: str, facts: Mapping[str, str]) -> None:
    """Of the quota: a metric and a line in this function's log."""
    metrics.add_metric(name, MetricUnit.Count, 1)
    logger.warning(name, extra=dict(facts))


def _named(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise TokenRefused("the end user has no name there")
    return value


def _why(reason: str, retry_after: float | None) -> dict[str, str | int]:
    return {"reason": reason} if retry_after is None else {"reason": reason, "retryAfter": int(retry_after) + 1}


def _left(left: Remaining | None) -> dict[str, str | int]:
    """Of what is limited. Dollars in cents, because a context takes whole numbers or text alone."""
    if left is None:
        return {}
    told = {
        "remainingCalls": left.calls,
        "remainingTokens": left.tokens,
        "remainingCallsToday": left.calls_today,
        "remainingTokensToday": left.tokens_today,
        "remainingCentsToday": None if left.dollars_today is None else int(left.dollars_today * 100),
    }
    return {name: int(value) for name, value in told.items() if value is not None}
