"""GuardDuty findings in, typed findings out."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tidegate.errors import DamagedRecord
from tidegate.model import ThreatFinding
from tidegate.sources import opened, read_any, read_threat


def a_finding(resource: dict[str, Any] | None = None, service: dict[str, Any] | None = None, **changes: Any) -> Any:
    finding = {
        "schemaVersion": "2.0",
        "accountId": "111122223333",
        "region": "us-east-1",
        "partition": "aws",
        "id": "finding-1",
        "arn": "arn:aws:guardduty:us-east-1:111122223333:detector/d/finding/finding-1",
        "type": "Impact:IAMUser/AnomalousModelInvocation",
        "resource": {
            "resourceType": "AccessKey",
            "accessKeyDetails": {
                "accessKeyId": "AKIAEXAMPLE",
                "principalId": "AIDAEXAMPLE",
                "userType": "IAMUser",
                "userName": "ada",
            },
        }
        | (resource or {}),
        "service": {
            "serviceName": "guardduty",
            "count": 3,
            "archived": False,
            "eventFirstSeen": "2026-09-01T09:50:00.000Z",
            "eventLastSeen": "2026-09-01T09:59:00.500Z",
            "action": {
                "actionType": "AWS_API_CALL",
                "awsApiCallAction": {"api": "InvokeModel", "remoteIpDetails": {"ipAddressV4": "192.0.2.7"}},
            },
        }
        | (service or {}),
        "severity": 2,
        "createdAt": "2026-09-01T10:00:00.000Z",
        "updatedAt": "2026-09-01T10:01:00.000Z",
        "title": "An unusual model was invoked.",
    }
    return finding | changes


def read_one(finding: Any) -> ThreatFinding:
    envelope = {"source": "aws.guardduty", "detail-type": "GuardDuty Finding", "detail": finding}
    found = read_threat(json.dumps(envelope).encode(), "queue")
    assert isinstance(found, ThreatFinding), found
    return found


def test_a_finding_keeps_what_rules_ask_for() -> None:
    found = read_one(a_finding())
    assert (found.finding_id, found.id) == ("finding-1", "finding-1@2026-09-01T10:01:00.000Z")
    assert (found.first_seen, found.time) == (1788256200.0, 1788256740.5)
    assert (found.type, found.severity, found.count) == ("Impact:IAMUser/AnomalousModelInvocation", 2.0, 3)
    assert (found.caller, found.principal.access_key) == ("iam-user:ada", "AKIAEXAMPLE")
    assert found.addresses == ("192.0.2.7",)
    assert not found.archived
    assert opened(found.detail)["schemaVersion"] == "2.0"


def test_an_update_is_a_new_event_of_the_same_finding() -> None:
    first, update = read_one(a_finding()), read_one(a_finding(updatedAt="2026-09-01T16:00:00.000Z"))
    assert first.finding_id == update.finding_id
    assert first.id != update.id


def test_the_models_of_ai_protection_are_named() -> None:
    found = read_one(a_finding({"modelDetails": [{"modelId": "example.a"}, {"modelId": "example.b"}, {}]}))
    assert found.models == ("example.a", "example.b")


@pytest.mark.parametrize(
    "details",
    [
        {"guardrails": [{"arn": "arn:aws:bedrock:us-east-1:111122223333:guardrail/gr1", "version": "1"}]},
        {"guardrails": [{"guardrailArn": "arn:aws:bedrock:us-east-1:111122223333:guardrail/gr1"}]},
        {"guardrailArn": "arn:aws:bedrock:us-east-1:111122223333:guardrail/gr1", "guardrailAction": "NONE"},
    ],
)
def test_the_guardrails_of_prompt_injection_are_named(details: dict[str, Any]) -> None:
    found = read_one(a_finding({"bedrockGuardrailDetails": details}))
    assert found.guardrails == ("arn:aws:bedrock:us-east-1:111122223333:guardrail/gr1",)


def test_stolen_session_credentials_name_the_session() -> None:
    key = {
        "accessKeyId": "ASIAEXAMPLE",
        "principalId": "AROAEXAMPLE:i-0abc",
        "userType": "AssumedRole",
        "userName": "App",
    }
    found = read_one(
        a_finding(
            {"accessKeyDetails": key, "instanceDetails": {"instanceId": "i-0abc"}},
            type="UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS",
            severity=8,
        )
    )
    assert found.caller == "session:App/i-0abc"
    assert (found.principal.access_key, found.principal.principal_id) == ("ASIAEXAMPLE", "AROAEXAMPLE:i-0abc")


def an_attack_sequence(*actors: dict[str, Any]) -> Any:
    finding = a_finding(
        service={
            "detection": {
                "sequence": {
                    "uid": "s",
                    "actors": list(actors),
                    "endpoints": [{"id": "e", "ip": "198.51.100.4"}],
                    "signals": [],
                }
            },
            "action": None,
        },
        type="AttackSequence:IAM/CompromisedCredentials",
        severity=9,
    )
    return finding | {"resource": {"resourceType": "AttackSequence"}}


def test_an_attack_sequence_names_its_actors() -> None:
    found = read_one(
        an_attack_sequence(
            {
                "id": "1",
                "user": {"name": "ada", "uid": "AIDAEXAMPLE", "type": "IAMUser", "credentialUid": "AKIAEXAMPLE"},
            },
            {
                "id": "2",
                "user": {"uid": "AROAEXAMPLE:web", "type": "AssumedRole", "account": {"uid": "444455556666"}},
                "session": {"uid": "x", "issuer": "arn:aws:iam::444455556666:role/jobs/Batch"},
            },
        )
    )
    assert found.caller == "iam-user:ada"
    assert [(actor.name, actor.session, actor.account) for actor in found.actors] == [
        ("ada", "", "111122223333"),
        ("Batch", "web", "444455556666"),
    ]
    assert found.actors[1].role_arn == "arn:aws:iam::444455556666:role/jobs/Batch"
    assert found.addresses == ("198.51.100.4",)


def test_an_attack_sequence_without_actors_is_of_an_unknown_caller() -> None:
    assert read_one(an_attack_sequence()).caller == "unknown:111122223333"


def test_root_is_root_whatever_its_user_name() -> None:
    key = {"accessKeyId": "", "principalId": "111122223333", "userType": "Root", "userName": "Root"}
    assert read_one(a_finding({"accessKeyDetails": key})).caller == "root:111122223333"


def test_a_bare_finding_and_its_envelope_are_the_same() -> None:
    (bare,) = read_any(json.dumps(a_finding(), indent=2).encode(), "file")
    enveloped = read_one(a_finding())
    assert isinstance(bare, ThreatFinding)
    assert (bare.id, bare.caller, bare.time) == (enveloped.id, enveloped.caller, enveloped.time)


@pytest.mark.parametrize(
    "changes", [{"severity": "high"}, {"updatedAt": None}, {"service": None}, {"resource": []}, {"accountId": 5}]
)
def test_a_finding_that_is_none_is_kept(changes: dict[str, Any]) -> None:
    envelope = json.dumps({"detail": a_finding() | changes}).encode()
    damaged = read_threat(envelope, "queue")
    assert isinstance(damaged, DamagedRecord)
    assert damaged.original


def test_an_unpaired_surrogate_in_a_title_hides_nothing() -> None:
    assert read_one(a_finding(title="a\udc00b")).title == "a\ufffdb"


def in_pascal_case(value: Any) -> Any:
    """As `aws guardduty get-findings` prints it."""
    if isinstance(value, dict):
        return {key[:1].upper() + key[1:]: in_pascal_case(inner) for key, inner in value.items()}
    return [in_pascal_case(inner) for inner in value] if isinstance(value, list) else value


@pytest.mark.parametrize(
    "finding",
    [
        a_finding({"modelDetails": [{"modelId": "example.a"}]}),
        an_attack_sequence({"user": {"name": "ada", "uid": "AIDAEXAMPLE", "type": "IAMUser"}}),
    ],
)
def test_what_the_api_answers_is_the_same_as_what_the_bus_brings(finding: Any) -> None:
    answer = {"Findings": [in_pascal_case(finding), in_pascal_case(finding | {"id": "finding-2"})]}
    first, second = read_any(json.dumps(answer, indent=4).encode(), "file")
    native = read_one(finding)
    assert isinstance(first, ThreatFinding)
    assert isinstance(second, ThreatFinding)
    assert second.finding_id == "finding-2"
    assert (first.id, first.caller, first.models, first.addresses, first.actors) == (
        native.id,
        native.caller,
        native.models,
        native.addresses,
        native.actors,
    )


def test_a_finding_of_the_api_that_is_none_is_kept_as_it_came() -> None:
    finding = in_pascal_case(a_finding(severity="high"))
    (damaged,) = read_any(json.dumps({"Findings": [finding]}).encode(), "file")
    assert isinstance(damaged, DamagedRecord)
    assert json.loads(damaged.original) == finding
