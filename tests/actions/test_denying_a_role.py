"""revoke_older_sessions and deny_role: one statement each in the role's Tidegate policy."""

from __future__ import annotations

from typing import Any

import pytest
from four_verbs import prove, taken
from response_builders import ASSUMED_BY_BEDROCK, OWN_POLICY, a_step

from tidegate.actions import deny_role, revoke_older_sessions
from tidegate.aws.clients import AwsClients
from tidegate.errors import ChangedSince, Refused
from tidegate.model import Step

BEFORE = "2026-03-02T10:00:00+01:00"
OLDER = a_step("revoke_older_sessions", "role", "app", before=BEFORE)
WHOLE = a_step("deny_role", "role", "app", number=2)
BOTH = pytest.mark.parametrize(("action", "step"), [(revoke_older_sessions, OLDER), (deny_role, WHOLE)])


@pytest.fixture(autouse=True)
def role(clients: AwsClients) -> None:
    clients.iam.create_role(RoleName="app", AssumeRolePolicyDocument=ASSUMED_BY_BEDROCK)


def policies(clients: AwsClients) -> dict[str, Any]:
    names = clients.iam.list_role_policies(RoleName="app")["PolicyNames"]
    return {name: clients.iam.get_role_policy(RoleName="app", PolicyName=name)["PolicyDocument"] for name in names}


@BOTH
def test_it_holds_and_is_undone_exactly_whatever_dies(clients: AwsClients, action: Any, step: Step) -> None:
    clients.iam.put_role_policy(RoleName="app", PolicyName="own", PolicyDocument=OWN_POLICY % "data")
    prove(action, step, clients, lambda: policies(clients))


def test_sessions_opened_before_the_moment_are_denied_and_no_others(clients: AwsClients) -> None:
    taken(revoke_older_sessions, OLDER, clients)
    (statement,) = policies(clients)["TidegateContainment"]["Statement"]
    assert statement["Condition"] == {"DateLessThan": {"aws:TokenIssueTime": "2026-03-02T09:00:00Z"}}
    assert {"bedrock:*", "bedrock-mantle:*", "bedrock-agentcore:*", "iam:Create*"} <= set(statement["Action"])


def test_a_denied_role_is_denied_in_every_session(clients: AwsClients) -> None:
    taken(deny_role, WHOLE, clients)
    (statement,) = policies(clients)["TidegateContainment"]["Statement"]
    assert "Condition" not in statement
    assert {"bedrock:*", "bedrock-mantle:*", "bedrock-agentcore:*", "sts:AssumeRole*"} <= set(statement["Action"])


def test_both_stand_beside_each_other_and_go_one_by_one(clients: AwsClients) -> None:
    older, older_changed = taken(revoke_older_sessions, OLDER, clients)
    whole, whole_changed = taken(deny_role, WHOLE, clients)
    revoke_older_sessions.undo(OLDER, older, older_changed, clients)
    (left,) = policies(clients)["TidegateContainment"]["Statement"]
    assert "Condition" not in left
    deny_role.undo(WHOLE, whole, whole_changed, clients)
    assert policies(clients) == {}


@pytest.mark.parametrize("kind", ["iam_user", "access_key"])
def test_long_term_credentials_have_no_issue_time_and_are_refused(clients: AwsClients, kind: str) -> None:
    step = a_step("revoke_older_sessions", kind, "builder", before=BEFORE)
    with pytest.raises(Refused, match="deactivate_access_key stops the key, deny_iam_user the user"):
        revoke_older_sessions.snapshot(step, clients)


@pytest.mark.parametrize("moment", ["", "yesterday", "2026-03-02T09:00:00"])
def test_a_moment_without_a_zone_is_none(clients: AwsClients, moment: str) -> None:
    with pytest.raises(Refused):
        revoke_older_sessions.snapshot(a_step("revoke_older_sessions", "role", "app", before=moment), clients)


@BOTH
@pytest.mark.parametrize(
    ("name", "path", "words"),
    [
        ("AWSReservedSSO_Admin_0123456789abcdef", "/aws-reserved/sso.amazonaws.com/", "deny_identity_center_user"),
        ("AWSServiceRoleForBedrock", "/aws-service-role/bedrock.amazonaws.com/", "service-linked"),
    ],
)
def test_roles_that_cannot_be_edited_are_refused(
    clients: AwsClients, action: Any, step: Step, name: str, path: str, words: str
) -> None:
    clients.iam.create_role(RoleName=name, Path=path, AssumeRolePolicyDocument=ASSUMED_BY_BEDROCK)
    with pytest.raises(Refused, match=words):
        action.snapshot(a_step(step.action, "role", name, before=BEFORE), clients)


@BOTH
def test_a_full_role_is_refused_and_the_alternative_named(clients: AwsClients, action: Any, step: Step) -> None:
    clients.iam.put_role_policy(RoleName="app", PolicyName="own", PolicyDocument=OWN_POLICY % ("x" * 9_900))
    with pytest.raises(Refused, match=r"10,240 characters.*service control policy"):
        action.snapshot(step, clients)


@BOTH
def test_an_edited_statement_is_left_alone(clients: AwsClients, action: Any, step: Step) -> None:
    found, changed = taken(action, step, clients)
    edited = changed.document.replace('"iam:Add*",', "")
    clients.iam.put_role_policy(RoleName="app", PolicyName="TidegateContainment", PolicyDocument=edited)
    with pytest.raises(ChangedSince):
        action.undo(step, found, changed, clients)
