"""A request is let in or not, in the form of who asks; nobody without a proven name, whatever else is away."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from quota_builders import TABLE, Clock, item, put, quota, quota_table_in_moto
from token_builders import AUDIENCE, ISSUER, NOW, Now, a_token, key_set

from tidegate.authorizing.authorizing import Authorizing, ByHeader, ByToken
from tidegate.authorizing.issuer_keys import IssuerKeys
from tidegate_quota import Budget

ARN = "arn:aws:execute-api:eu-central-1:111122223333:abcdef1234/$default/POST/chat"


@pytest.fixture
def dynamodb() -> Iterator[Any]:
    with quota_table_in_moto() as client:
        yield client


def http(user: str = "alice", request_id: str = "r1", **more: Any) -> dict[str, Any]:
    """As an HTTP API asks, payload 2.0."""
    context = {"requestId": request_id, "http": {"method": "POST", "path": "/chat"}}
    return {"version": "2.0", "type": "REQUEST", "routeArn": ARN, "headers": {"x-end-user": user},
            "requestContext": context} | more  # fmt: skip


def rest(user: str = "alice", **more: Any) -> dict[str, Any]:
    """As a REST API asks."""
    return {"type": "REQUEST", "methodArn": ARN, "headers": {"X-End-User": user},
            "multiValueHeaders": {"X-End-User": [user]}, "requestContext": {"requestId": "r1"}} | more  # fmt: skip


def door(dynamodb: Any, *, mode: Any = "check", budget: Budget | None = None, **more: Any) -> Authorizing:
    return Authorizing(quota(dynamodb, Clock(), budget, **more), ByHeader("X-End-User"), mode=mode)


def test_an_end_user_within_its_quota_is_let_in_and_the_application_is_told_what_is_left(dynamodb: Any) -> None:
    put(dynamodb, "alice", limited_to={"N": "50"})
    budget = Budget(calls_per_minute=20, tokens_per_day=500, dollars_per_day=2.5)
    assert door(dynamodb, budget=budget).answer(http()) == {
        "isAuthorized": True,
        "context": {"user": "alice", "limitedTo": 50, "remainingCalls": 10, "remainingTokensToday": 500,
                    "remainingCentsToday": 250},
    }  # fmt: skip
    assert item(dynamodb, "usage|alice") is None


def test_who_is_blocked_is_not_let_in(dynamodb: Any) -> None:
    put(dynamodb, "alice", blocked={"BOOL": True}, blocked_by={"SS": ["step-1"]})
    assert door(dynamodb).answer(http()) == {"isAuthorized": False, "context": {"reason": "blocked"}}


def test_a_rest_api_is_answered_with_a_policy_for_the_method_it_asked_about(dynamodb: Any) -> None:
    let_in = door(dynamodb).answer(rest())
    assert (let_in["principalId"], let_in["context"]["remainingCalls"]) == ("alice", 60)
    assert let_in["policyDocument"]["Statement"] == [
        {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": ARN}
    ]
    put(dynamodb, "alice", blocked={"BOOL": True})
    (statement,) = door(dynamodb).answer(rest())["policyDocument"]["Statement"]
    assert (statement["Effect"], statement["Resource"]) == ("Deny", ARN)


def test_charging_takes_one_call_a_request_and_a_request_asked_about_twice_is_charged_once(dynamodb: Any) -> None:
    charging = door(dynamodb, mode="charge", budget=Budget(calls_per_minute=2))
    assert [charging.answer(http(request_id=n))["isAuthorized"] for n in ("r1", "r1", "r2", "r3")] == [
        True, True, True, False,
    ]  # fmt: skip
    refused = charging.answer(http(request_id="r4"))
    assert refused == {"isAuthorized": False, "context": {"reason": "calls_per_minute", "retryAfter": 31}}
    assert item(dynamodb, "usage|alice")["calls"] == {"N": "2"}


@pytest.mark.parametrize(
    "event",
    [
        http(headers={}),
        http(user=""),
        http(headers=None),
        rest(multiValueHeaders={"X-End-User": ["mallory", "alice"]}),
        {"version": "2.0"},
        {},
    ],
)
def test_nobody_without_a_name_is_let_in_even_while_calls_are_let_through(dynamodb: Any, event: Any) -> None:
    answer = door(dynamodb, when_away="let").answer(event)
    assert answer["context"] == {"reason": "not_signed_in"}
    assert not answer.get("isAuthorized")
    assert "Allow" not in str(answer)


@pytest.mark.parametrize(("when_away", "let_in"), [("refuse", False), ("let", True)])
@pytest.mark.parametrize("mode", ["check", "charge"])
def test_while_the_table_is_away_a_known_user_is_treated_as_was_chosen(
    dynamodb: Any, when_away: Any, let_in: bool, mode: Any
) -> None:
    dynamodb.delete_table(TableName=TABLE)
    answer = door(dynamodb, mode=mode, when_away=when_away).answer(http())
    assert answer["isAuthorized"] is let_in
    assert answer["context"].get("reason") == (None if let_in else "quota_unknown")


def by_token(dynamodb: Any, clock: Now) -> Authorizing:
    def fetch(url: str) -> Any:
        return {"jwks_uri": f"{ISSUER}/keys"} if "well-known" in url else key_set()

    keys = IssuerKeys(ISSUER, clock, fetch)
    identity = ByToken(keys, clock, issuer=ISSUER, audience=AUDIENCE, claim="sub")
    return Authorizing(quota(dynamodb, clock_of(clock)), identity, mode="check")


def clock_of(clock: Now) -> Clock:
    at = Clock()
    at.time = clock().timestamp()
    return at


@pytest.mark.parametrize(
    ("header", "user"),
    [
        (f"Bearer {a_token(sub='alice')}", "alice"),
        (f"bearer  {a_token(sub='alice')} ", "alice"),
        (a_token(sub="alice"), None),
        (f"Basic {a_token()}", None),
        (f"Bearer {a_token(sub=None)}", None),
        (f"Bearer {a_token(sub='')}", None),
        (f"Bearer {a_token(sub=7)}", None),
        (f"Bearer {a_token(exp=NOW - 3600)}", None),
        ("Bearer", None),
        ("", None),
    ],
)
def test_the_end_user_is_who_the_token_s_issuer_says(dynamodb: Any, header: str, user: str | None) -> None:
    answer = by_token(dynamodb, Now(NOW)).answer(http(headers={"authorization": header, "x-end-user": "mallory"}))
    assert (answer["isAuthorized"], answer["context"].get("user")) == (user is not None, user)


def test_a_rest_api_s_token_is_read_too(dynamodb: Any) -> None:
    event = {"type": "TOKEN", "methodArn": ARN, "authorizationToken": f"Bearer {a_token(sub='auth0|7')}"}
    answer = by_token(dynamodb, Now(NOW)).answer(event)
    assert answer["principalId"] == answer["context"]["user"]
    assert answer["principalId"].startswith("auth0-7=sha256=")
