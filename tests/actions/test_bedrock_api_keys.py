"""stop_api_key for long-term Bedrock API keys, deny_bearer_tokens for short-term ones."""

from __future__ import annotations

from typing import Any

import pytest
from four_verbs import prove, taken
from response_builders import ASSUMED_BY_BEDROCK, a_step

from tidegate.actions import deny_bearer_tokens, stop_api_key
from tidegate.aws.clients import AwsClients
from tidegate.errors import ChangedSince, NotProven, Refused
from tidegate_local import aws_extensions

aws_extensions.install()

USER = "BedrockAPIKey-ab12"
STOP = a_step("stop_api_key", "api_key", USER)
STOLEN = a_step("stop_api_key", "api_key", USER, stolen=True)


@pytest.fixture
def key(clients: AwsClients) -> str:
    clients.iam.create_user(UserName=USER)
    return made(clients)


def made(clients: AwsClients, service: str = "bedrock.amazonaws.com") -> str:
    given = clients.iam.create_service_specific_credential(UserName=USER, ServiceName=service)
    return given["ServiceSpecificCredential"]["ServiceSpecificCredentialId"]


def statuses(clients: AwsClients) -> dict[str, str]:
    listed = clients.iam.list_service_specific_credentials(UserName=USER)["ServiceSpecificCredentials"]
    return {one["ServiceSpecificCredentialId"]: one["Status"] for one in listed}


def test_it_holds_and_is_undone_exactly_whatever_dies(clients: AwsClients, key: str) -> None:
    off = made(clients)
    clients.iam.update_service_specific_credential(UserName=USER, ServiceSpecificCredentialId=off, Status="Inactive")
    prove(stop_api_key, STOP, clients, lambda: statuses(clients))


def test_the_keys_of_both_endpoints_stop_and_no_others(clients: AwsClients, key: str) -> None:
    mantle, git = made(clients, "bedrock-mantle.amazonaws.com"), made(clients, "codecommit.amazonaws.com")
    taken(stop_api_key, STOP, clients)
    assert statuses(clients) == {key: "Inactive", mantle: "Inactive", git: "Active"}


def test_a_stolen_key_stays_inactive(clients: AwsClients, key: str) -> None:
    found, changed = taken(stop_api_key, STOLEN, clients)
    assert stop_api_key.undo(STOLEN, found, changed, clients).kept
    assert statuses(clients) == {key: "Inactive"}


def test_no_secret_is_in_any_record(clients: AwsClients, key: str) -> None:
    found, changed = taken(stop_api_key, STOP, clients)
    assert "ABSK" not in found.model_dump_json() + changed.model_dump_json()


def test_a_key_made_active_again_is_not_proven(clients: AwsClients, key: str) -> None:
    found, changed = taken(stop_api_key, STOP, clients)
    clients.iam.update_service_specific_credential(UserName=USER, ServiceSpecificCredentialId=key, Status="Active")
    with pytest.raises(NotProven):
        stop_api_key.verify(STOP, found, changed, clients)


def test_a_deleted_key_cannot_come_back(clients: AwsClients, key: str) -> None:
    found, changed = taken(stop_api_key, STOP, clients)
    clients.iam.delete_service_specific_credential(UserName=USER, ServiceSpecificCredentialId=key)
    with pytest.raises(ChangedSince):
        stop_api_key.undo(STOP, found, changed, clients)


def test_a_short_term_key_is_no_credential_and_the_other_levers_are_named(clients: AwsClients, key: str) -> None:
    with pytest.raises(Refused, match=r"deny_bearer_tokens.*deny_role_session"):
        stop_api_key.snapshot(a_step("stop_api_key", "role_session", "app/mallory"), clients)


def test_a_user_without_api_keys_is_refused(clients: AwsClients) -> None:
    clients.iam.create_user(UserName=USER)
    with pytest.raises(Refused, match="has no Bedrock API key"):
        stop_api_key.snapshot(STOP, clients)


def policy_of(clients: AwsClients, kind: str) -> Any:
    if kind == "role":
        names = clients.iam.list_role_policies(RoleName="maker")["PolicyNames"]
        return [clients.iam.get_role_policy(RoleName="maker", PolicyName=name)["PolicyDocument"] for name in names]
    names = clients.iam.list_user_policies(UserName="maker")["PolicyNames"]
    return [clients.iam.get_user_policy(UserName="maker", PolicyName=name)["PolicyDocument"] for name in names]


@pytest.mark.parametrize("kind", ["role", "iam_user"])
def test_who_made_a_short_term_key_is_denied_its_use(clients: AwsClients, kind: str) -> None:
    clients.iam.create_role(RoleName="maker", AssumeRolePolicyDocument=ASSUMED_BY_BEDROCK)
    clients.iam.create_user(UserName="maker")
    step = a_step("deny_bearer_tokens", kind, "maker")
    prove(deny_bearer_tokens, step, clients, lambda: policy_of(clients, kind))
    taken(deny_bearer_tokens, step, clients)
    ((statement,),) = [document["Statement"] for document in policy_of(clients, kind)]
    assert set(statement["Action"]) == {"bedrock:CallWithBearerToken", "bedrock-mantle:CallWithBearerToken"}
    assert statement["Condition"] == {"StringEqualsIfExists": {"bedrock:BearerTokenType": "SHORT_TERM"}}


def test_a_long_term_key_is_not_denied_but_stopped(clients: AwsClients) -> None:
    with pytest.raises(Refused, match="stop_api_key"):
        deny_bearer_tokens.snapshot(a_step("deny_bearer_tokens", "api_key", USER), clients)
