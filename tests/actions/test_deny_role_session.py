from __future__ import annotations

import json
from typing import Any

import pytest
from response_builders import ASSUMED_BY_BEDROCK, OWN_POLICY, a_step

from tidegate.actions import deny_role_session as action
from tidegate.aws.clients import AwsClients
from tidegate.errors import ChangedSince, NotProven, Refused

STEP = a_step("deny_role_session", "role_session", "app/mallory")
OTHER = a_step("deny_role_session", "role_session", "app/trudy", number=2)
POLICY = "TidegateContainment"


@pytest.fixture
def role(clients: AwsClients) -> str:
    return clients.iam.create_role(RoleName="app", AssumeRolePolicyDocument=ASSUMED_BY_BEDROCK)["Role"]["RoleId"]


def policies(clients: AwsClients) -> dict[str, Any]:
    names = clients.iam.list_role_policies(RoleName="app")["PolicyNames"]
    return {name: clients.iam.get_role_policy(RoleName="app", PolicyName=name)["PolicyDocument"] for name in names}


def test_only_this_session_is_denied_models_and_escalation(clients: AwsClients, role: str) -> None:
    found = action.snapshot(STEP, clients)
    changed = action.apply(STEP, found, clients)
    action.verify(STEP, found, changed, clients)
    (statement,) = policies(clients)[POLICY]["Statement"]
    assert statement["Effect"] == "Deny"
    assert statement["Condition"] == {"StringLike": {"aws:userid": f"{role}:mallory"}}
    assert {"bedrock:*", "bedrock-mantle:*", "bedrock-agentcore:*", "iam:Create*", "sts:AssumeRole*"} <= set(
        statement["Action"]
    )


def test_undo_leaves_the_role_as_it_was(clients: AwsClients, role: str) -> None:
    clients.iam.put_role_policy(RoleName="app", PolicyName="own", PolicyDocument=OWN_POLICY % "data")
    before = policies(clients)
    found = action.snapshot(STEP, clients)
    action.undo(STEP, found, action.apply(STEP, found, clients), clients)
    assert policies(clients) == before


def test_sessions_of_one_role_are_denied_and_released_one_by_one(clients: AwsClients, role: str) -> None:
    found = action.snapshot(STEP, clients)
    changed = action.apply(STEP, found, clients)
    found_other = action.snapshot(OTHER, clients)
    changed_other = action.apply(OTHER, found_other, clients)
    with_both = policies(clients)
    assert len(with_both[POLICY]["Statement"]) == 2
    action.undo(STEP, found, changed, clients)
    assert policies(clients)[POLICY]["Statement"] == [with_both[POLICY]["Statement"][1]]
    action.undo(OTHER, found_other, changed_other, clients)
    assert policies(clients) == {}


def test_undo_out_of_a_stack_restores_the_former_bytes(clients: AwsClients, role: str) -> None:
    action.apply(STEP, action.snapshot(STEP, clients), clients)
    before = json.dumps(policies(clients))
    found = action.snapshot(OTHER, clients)
    action.undo(OTHER, found, action.apply(OTHER, found, clients), clients)
    assert json.dumps(policies(clients)) == before


def test_every_verb_may_be_said_twice(clients: AwsClients, role: str) -> None:
    found = action.snapshot(STEP, clients)
    assert action.apply(STEP, found, clients) == action.apply(STEP, found, clients)
    action.undo(STEP, found, None, clients)
    assert action.undo(STEP, found, None, clients).already


def test_undo_refuses_when_someone_edited_our_statement(clients: AwsClients, role: str) -> None:
    found = action.snapshot(STEP, clients)
    changed = action.apply(STEP, found, clients)
    edited = json.loads(changed.document)
    edited["Statement"][0]["Action"] = ["bedrock:InvokeModel"]
    clients.iam.put_role_policy(RoleName="app", PolicyName=POLICY, PolicyDocument=json.dumps(edited))
    with pytest.raises(ChangedSince):
        action.undo(STEP, found, changed, clients)
    with pytest.raises(NotProven):
        action.verify(STEP, found, changed, clients)


def test_the_difference_is_what_apply_writes(clients: AwsClients, role: str) -> None:
    found = action.snapshot(STEP, clients)
    (difference,) = action.differences(STEP, found)
    action.apply(STEP, found, clients)
    assert difference.before is None
    assert [difference.after] == policies(clients)[POLICY]["Statement"]


@pytest.mark.parametrize(
    ("name", "path", "alternative"),
    [
        ("AWSReservedSSO_Admin_0123456789abcdef", "/aws-reserved/sso.amazonaws.com/", "identitystore:userId"),
        ("AWSServiceRoleForBedrock", "/aws-service-role/bedrock.amazonaws.com/", "service"),
    ],
)
def test_roles_that_cannot_be_edited_are_refused(clients: AwsClients, name: str, path: str, alternative: str) -> None:
    clients.iam.create_role(RoleName=name, Path=path, AssumeRolePolicyDocument=ASSUMED_BY_BEDROCK)
    with pytest.raises(Refused, match=alternative):
        action.snapshot(a_step("deny_role_session", "role_session", f"{name}/someone"), clients)


@pytest.mark.parametrize("session", ["*", "a?", "x" * 65, "a\nb", "", "ok/../x"])
def test_a_session_name_that_is_none_is_refused(clients: AwsClients, role: str, session: str) -> None:
    with pytest.raises(Refused):
        action.snapshot(a_step("deny_role_session", "role_session", f"app/{session}"), clients)


def test_a_full_role_is_refused_and_the_alternative_named(clients: AwsClients, role: str) -> None:
    clients.iam.put_role_policy(RoleName="app", PolicyName="own", PolicyDocument=OWN_POLICY % ("x" * 9_700))
    with pytest.raises(Refused, match=r"10,240 characters.*service control policy"):
        action.snapshot(STEP, clients)


def test_a_role_of_another_account_is_refused(clients: AwsClients) -> None:
    with pytest.raises(Refused, match="not in this account"):
        action.snapshot(STEP, clients)


MADE = {"before": "2026-03-02T11:00:00+01:00", "lives_until": "2026-03-02T20:00:00+00:00", "sessions": ["key:ASIAX"]}


def test_of_a_session_that_a_stolen_key_opened_only_what_was_issued_before_is_denied(
    clients: AwsClients, role: str
) -> None:
    """The application opens a session of the same name with its new key, and goes on."""
    step = a_step("deny_role_session", "role_session", "app/mallory", **MADE)
    found = action.snapshot(step, clients)
    changed = action.apply(step, found, clients)
    (statement,) = policies(clients)[POLICY]["Statement"]
    assert statement["Condition"] == {
        "StringLike": {"aws:userid": f"{role}:mallory"},
        "DateLessThan": {"aws:TokenIssueTime": "2026-03-02T10:00:00Z"},
    }
    assert "before 2026-03-02T10:00:00Z" in action.verify(step, found, changed, clients).facts["denied"]
    action.undo(step, found, changed, clients)
    assert policies(clients) == {}


@pytest.mark.parametrize("moment", ["soon", "2026-03-02T10:00:00"])
def test_a_moment_that_is_none_is_refused(clients: AwsClients, role: str, moment: str) -> None:
    with pytest.raises(Refused):
        action.snapshot(a_step("deny_role_session", "role_session", "app/mallory", before=moment), clients)
