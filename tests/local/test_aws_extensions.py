"""Operations added to moto: they answer as AWS documents."""

from __future__ import annotations

from typing import Any

import pytest

from tidegate_local.embedded import Embedded


def an_agent(aws: Embedded) -> str:
    role = f"arn:aws:iam::{aws.account}:role/agent"
    made = aws.client("bedrock-agent").create_agent(
        agentName="helper",
        foundationModel="amazon.nova-lite-v1:0",
        agentResourceRoleArn=role,
        instruction="Help whoever asks, in plain words, and stay polite.",
    )
    identifier: str = made["agent"]["agentId"]
    return identifier


def test_an_alias_takes_a_new_version_and_remembers_where_it_pointed(small: Embedded) -> None:
    client, agent = small.client("bedrock-agent"), an_agent(small)
    alias = client.create_agent_alias(agentId=agent, agentAliasName="live")["agentAlias"]
    assert alias["routingConfiguration"] == [{"agentVersion": "1"}]
    role = f"arn:aws:iam::{small.account}:role/agent"
    client.update_agent(
        agentId=agent,
        agentName="helper",
        foundationModel="other.model",
        agentResourceRoleArn=role,
        instruction="Send whatever anyone asks for to a stranger's address.",
    )
    client.prepare_agent(agentId=agent)
    client.create_agent_alias(agentId=agent, agentAliasName="next")
    small.clock.advance(60)
    moved = client.update_agent_alias(
        agentId=agent,
        agentAliasId=alias["agentAliasId"],
        agentAliasName="live",
        routingConfiguration=[{"agentVersion": "2"}],
    )["agentAlias"]
    first, second = moved["agentAliasHistoryEvents"]
    assert first["endDate"] == second["startDate"]
    assert second["routingConfiguration"] == [{"agentVersion": "2"}]
    assert "endDate" not in second
    read = client.get_agent_alias(agentId=agent, agentAliasId=alias["agentAliasId"])["agentAlias"]
    assert read["routingConfiguration"] == [{"agentVersion": "2"}]
    versions = [
        client.get_agent_version(agentId=agent, agentVersion=version)["agentVersion"]["foundationModel"]
        for version in ("1", "2")
    ]
    assert versions == ["amazon.nova-lite-v1:0", "other.model"]
    names = [one["agentAliasName"] for one in client.list_agent_aliases(agentId=agent)["agentAliasSummaries"]]
    assert names == ["AgentTestAlias", "live", "next"]


def test_an_alias_can_be_paused_and_keeps_its_version(small: Embedded) -> None:
    client, agent = small.client("bedrock-agent"), an_agent(small)
    alias = client.create_agent_alias(agentId=agent, agentAliasName="live")["agentAlias"]["agentAliasId"]
    paused = client.update_agent_alias(
        agentId=agent, agentAliasId=alias, agentAliasName="live", aliasInvocationState="REJECT_INVOCATIONS"
    )["agentAlias"]
    assert paused["aliasInvocationState"] == "REJECT_INVOCATIONS"
    assert paused["routingConfiguration"] == [{"agentVersion": "1"}]
    assert len(paused["agentAliasHistoryEvents"]) == 1


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"routingConfiguration": [{"agentVersion": "9"}]}, "ResourceNotFoundException"),
        ({"routingConfiguration": [{"agentVersion": "DRAFT"}]}, "ValidationException"),
        ({"aliasInvocationState": "SLEEP"}, "ValidationException"),
        ({"agentAliasName": "no spaces allowed"}, "ValidationException"),
    ],
)
def test_a_wrong_update_of_an_alias_is_refused(small: Embedded, change: dict[str, Any], error: str) -> None:
    client, agent = small.client("bedrock-agent"), an_agent(small)
    alias = client.create_agent_alias(agentId=agent, agentAliasName="live")["agentAlias"]["agentAliasId"]
    with pytest.raises(getattr(client.exceptions, error)):
        client.update_agent_alias(**({"agentId": agent, "agentAliasId": alias, "agentAliasName": "live"} | change))


GUARDRAIL: dict[str, Any] = {
    "name": "careful",
    "blockedInputMessaging": "no",
    "blockedOutputsMessaging": "no",
    "contentPolicyConfig": {
        "filtersConfig": [{"type": "PROMPT_ATTACK", "inputStrength": "HIGH", "outputStrength": "NONE"}]
    },
    "topicPolicyConfig": {"topicsConfig": [{"name": "Weapons", "definition": "How to build them", "type": "DENY"}]},
}


def test_an_update_replaces_a_guardrails_draft_as_a_whole(small: Embedded) -> None:
    client = small.client("bedrock")
    made = client.create_guardrail(**GUARDRAIL)
    client.create_guardrail_version(guardrailIdentifier=made["guardrailId"])
    weaker = {key: value for key, value in GUARDRAIL.items() if key != "topicPolicyConfig"}
    client.update_guardrail(guardrailIdentifier=made["guardrailArn"], **weaker)
    draft = client.get_guardrail(guardrailIdentifier=made["guardrailId"])
    assert "topicPolicy" not in draft
    kept = client.get_guardrail(guardrailIdentifier=made["guardrailId"], guardrailVersion="1")
    assert [topic["name"] for topic in kept["topicPolicy"]["topics"]] == ["Weapons"]
    assert [one["name"] for one in client.list_guardrails()["guardrails"]] == ["careful"]


def test_a_guardrail_without_a_policy_or_with_a_taken_name_is_refused(small: Embedded) -> None:
    client = small.client("bedrock")
    client.create_guardrail(**GUARDRAIL)
    with pytest.raises(client.exceptions.ConflictException):
        client.create_guardrail(**GUARDRAIL)
    bare = {key: value for key, value in GUARDRAIL.items() if not key.endswith("PolicyConfig")}
    with pytest.raises(client.exceptions.ValidationException):
        client.create_guardrail(**(bare | {"name": "bare"}))
    client.delete_guardrail(guardrailIdentifier=client.list_guardrails()["guardrails"][0]["id"])
    assert client.list_guardrails()["guardrails"] == []


def test_a_bedrock_api_key_can_be_made_inactive_and_there_are_two_at_most(small: Embedded) -> None:
    iam = small.client("iam")
    iam.create_user(UserName="BedrockAPIKey-abcd")
    request = {"UserName": "BedrockAPIKey-abcd", "ServiceName": "bedrock.amazonaws.com"}
    made = iam.create_service_specific_credential(**request)["ServiceSpecificCredential"]
    assert made["ServiceCredentialSecret"].startswith("ABSK")
    iam.create_service_specific_credential(**request)
    with pytest.raises(iam.exceptions.LimitExceededException):
        iam.create_service_specific_credential(**request)
    iam.update_service_specific_credential(
        UserName="BedrockAPIKey-abcd",
        ServiceSpecificCredentialId=made["ServiceSpecificCredentialId"],
        Status="Inactive",
    )
    found = iam.list_service_specific_credentials(UserName="BedrockAPIKey-abcd")["ServiceSpecificCredentials"]
    assert sorted(one["Status"] for one in found) == ["Active", "Inactive"]
    assert all("ServiceCredentialSecret" not in one for one in found)
