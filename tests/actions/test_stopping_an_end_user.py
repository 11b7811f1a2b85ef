"""limit_end_user, disable_gateway_key and sign_out_cognito_user."""

from __future__ import annotations

from typing import Any

import pytest
from four_verbs import prove, taken
from response_builders import a_step

from tidegate.actions import block_end_user, disable_gateway_key, limit_end_user, sign_out_cognito_user
from tidegate.aws.clients import AwsClients
from tidegate.errors import ChangedSince, NotProven, Refused
from tidegate.model import Step

LIMIT = a_step("limit_end_user", "end_user", "mallory")
OTHER = a_step("limit_end_user", "end_user", "mallory", number=2, percent=50)
KEYS = a_step("disable_gateway_key", "gateway_key", "mallory")


def item(clients: AwsClients) -> Any:
    found: Any = clients.dynamodb.get_item(TableName=clients.quota_table, Key={"user": {"S": "mallory"}})
    return found.get("Item")


def put(clients: AwsClients, **attributes: Any) -> None:
    clients.dynamodb.put_item(TableName=clients.quota_table, Item={"user": {"S": "mallory"}, **attributes})


@pytest.mark.parametrize("former", [None, {"tokens": {"N": "7"}}, {"limited_to": {"N": "80"}}])
def test_a_limit_holds_and_is_undone_exactly_whatever_dies(clients: AwsClients, former: Any) -> None:
    if former:
        put(clients, **former)
    prove(limit_end_user, LIMIT, clients, lambda: item(clients))


def test_a_tenth_is_left_by_default(clients: AwsClients) -> None:
    taken(limit_end_user, LIMIT, clients)
    assert item(clients)["limited_to"] == {"N": "10"}


def test_two_responses_share_a_limit_until_the_last_lets_go(clients: AwsClients) -> None:
    first, first_changed = taken(limit_end_user, LIMIT, clients)
    second, second_changed = taken(limit_end_user, OTHER, clients)
    limit_end_user.undo(LIMIT, first, first_changed, clients)
    assert item(clients)["limited_to"] == {"N": "50"}
    limit_end_user.undo(OTHER, second, second_changed, clients)
    assert item(clients) is None


def test_a_block_on_top_of_a_limit_leaves_the_limit(clients: AwsClients) -> None:
    taken(limit_end_user, LIMIT, clients)
    before = item(clients)
    prove(block_end_user, a_step("block_end_user", "end_user", "mallory", number=3), clients, lambda: item(clients))
    assert item(clients) == before


def test_what_is_blocked_needs_no_limit(clients: AwsClients) -> None:
    put(clients, blocked={"BOOL": True})
    with pytest.raises(Refused, match="blocked already"):
        limit_end_user.snapshot(LIMIT, clients)


@pytest.mark.parametrize("percent", [0, 100, 250])
def test_a_share_that_is_no_limit_is_refused(clients: AwsClients, percent: int) -> None:
    with pytest.raises(Refused):
        limit_end_user.snapshot(a_step("limit_end_user", "end_user", "mallory", percent=percent), clients)


def test_a_limit_taken_off_by_hand_is_left_off(clients: AwsClients) -> None:
    found, changed = taken(limit_end_user, LIMIT, clients)
    put(clients, limited_by={"SS": [LIMIT.id]})
    with pytest.raises(ChangedSince):
        limit_end_user.undo(LIMIT, found, changed, clients)


def a_key(clients: AwsClients, **given: Any) -> str:
    made: Any = clients.named("apigateway").create_api_key(**({"name": "app", "enabled": True} | given))
    return str(made["id"])


def enabled(clients: AwsClients) -> dict[str, bool]:
    return {key["id"]: key["enabled"] for key in clients.named("apigateway").get_api_keys()["items"]}


def test_the_keys_of_one_end_user_are_disabled_and_come_back_whatever_dies(clients: AwsClients) -> None:
    mine, off = a_key(clients, customerId="mallory"), a_key(clients, customerId="mallory", enabled=False)
    other = a_key(clients, customerId="alice")
    prove(disable_gateway_key, KEYS, clients, lambda: enabled(clients))
    taken(disable_gateway_key, KEYS, clients)
    assert enabled(clients) == {mine: False, off: False, other: True}


def test_a_key_named_after_the_end_user_is_its_own_and_a_longer_name_is_not(clients: AwsClients) -> None:
    mine, longer = a_key(clients, name="mallory"), a_key(clients, name="mallory-and-friends")
    taken(disable_gateway_key, KEYS, clients)
    assert enabled(clients) == {mine: False, longer: True}


def test_an_end_user_without_a_key_is_blocked_elsewhere(clients: AwsClients) -> None:
    a_key(clients, customerId="alice")
    with pytest.raises(Refused, match="block_end_user"):
        disable_gateway_key.snapshot(KEYS, clients)


def test_a_key_enabled_by_hand_is_not_proven_and_a_deleted_one_cannot_come_back(clients: AwsClients) -> None:
    key = a_key(clients, customerId="mallory")
    found, changed = taken(disable_gateway_key, KEYS, clients)
    on = [{"op": "replace", "path": "/enabled", "value": "true"}]
    clients.named("apigateway").update_api_key(apiKey=key, patchOperations=on)
    with pytest.raises(NotProven):
        disable_gateway_key.verify(KEYS, found, changed, clients)
    clients.named("apigateway").delete_api_key(apiKey=key)
    with pytest.raises(ChangedSince):
        disable_gateway_key.undo(KEYS, found, changed, clients)


@pytest.fixture
def pool(clients: AwsClients) -> str:
    made = clients.named("cognito-idp").create_user_pool(PoolName="app")["UserPool"]["Id"]
    clients.named("cognito-idp").admin_create_user(UserPoolId=made, Username="mallory")
    return str(made)


def signing_out(pool: str, user: str = "mallory") -> Step:
    return a_step("sign_out_cognito_user", "cognito_user", user, pool=pool)


def may_sign_in(clients: AwsClients, pool: str) -> bool:
    return bool(clients.named("cognito-idp").admin_get_user(UserPoolId=pool, Username="mallory")["Enabled"])


def test_a_cognito_user_is_disabled_and_comes_back_whatever_dies(clients: AwsClients, pool: str) -> None:
    prove(sign_out_cognito_user, signing_out(pool), clients, lambda: may_sign_in(clients, pool))


def test_the_proof_says_that_tokens_live_on(clients: AwsClients, pool: str) -> None:
    found = sign_out_cognito_user.snapshot(signing_out(pool), clients)
    changed = sign_out_cognito_user.apply(signing_out(pool), found, clients)
    proof = sign_out_cognito_user.verify(signing_out(pool), found, changed, clients)
    assert "until they expire" in proof.facts["tokens"]


def test_an_end_user_known_by_its_sub_is_found(clients: AwsClients, pool: str) -> None:
    user = clients.named("cognito-idp").admin_get_user(UserPoolId=pool, Username="mallory")
    sub = next(one["Value"] for one in user["UserAttributes"] if one["Name"] == "sub")
    taken(sign_out_cognito_user, signing_out(pool, sub), clients)
    assert not may_sign_in(clients, pool)


def test_who_was_disabled_before_stays_disabled(clients: AwsClients, pool: str) -> None:
    clients.named("cognito-idp").admin_disable_user(UserPoolId=pool, Username="mallory")
    found, changed = taken(sign_out_cognito_user, signing_out(pool), clients)
    assert sign_out_cognito_user.undo(signing_out(pool), found, changed, clients).already
    assert not may_sign_in(clients, pool)


@pytest.mark.parametrize("user", ["nobody", 'x" or sub ^= "', "a" * 200, "\\"])
def test_who_is_not_in_the_pool_is_refused(clients: AwsClients, pool: str, user: str) -> None:
    with pytest.raises(Refused, match="block_end_user"):
        sign_out_cognito_user.snapshot(signing_out(pool, user), clients)


def test_without_a_pool_the_quota_table_is_named(clients: AwsClients) -> None:
    with pytest.raises(Refused, match="quota table"):
        sign_out_cognito_user.snapshot(signing_out(""), clients)
