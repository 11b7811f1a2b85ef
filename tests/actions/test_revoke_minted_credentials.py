"""revoke_minted_credentials: one statement in the user's Tidegate policy, which long-term keys never meet."""

from __future__ import annotations

from typing import Any

import pytest
from four_verbs import prove, taken
from response_builders import OWN_POLICY, a_step, policies_of

from tidegate.actions import deny_iam_user, revoke_minted_credentials
from tidegate.aws.clients import AwsClients
from tidegate.errors import Refused

BEFORE = "2026-03-02T10:00:00+01:00"
MINTED = a_step("revoke_minted_credentials", "iam_user", "builder", before=BEFORE)
ESCALATION = a_step("deny_iam_user", "iam_user", "builder", number=2, deny="escalation")


@pytest.fixture(autouse=True)
def user(clients: AwsClients) -> None:
    clients.iam.create_user(UserName="builder")


def test_it_holds_and_is_undone_exactly_whatever_dies(clients: AwsClients) -> None:
    clients.iam.put_user_policy(UserName="builder", PolicyName="own", PolicyDocument=OWN_POLICY % "data")
    prove(revoke_minted_credentials, MINTED, clients, lambda: policies_of(clients))


def test_only_temporary_credentials_of_before_meet_its_condition(clients: AwsClients) -> None:
    taken(revoke_minted_credentials, MINTED, clients)
    (statement,) = policies_of(clients)["TidegateContainment"]["Statement"]
    assert statement["Condition"] == {"DateLessThan": {"aws:TokenIssueTime": "2026-03-02T09:00:00Z"}}
    assert {"bedrock:*", "bedrock-mantle:*", "bedrock-agentcore:*", "iam:Create*"} <= set(statement["Action"])


def test_it_stands_beside_the_denial_of_escalation_and_outlives_it(clients: AwsClients) -> None:
    found, changed = taken(deny_iam_user, ESCALATION, clients)
    taken(revoke_minted_credentials, MINTED, clients)
    deny_iam_user.undo(ESCALATION, found, changed, clients)
    (left,) = policies_of(clients)["TidegateContainment"]["Statement"]
    assert "aws:TokenIssueTime" in left["Condition"]["DateLessThan"]


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (a_step("revoke_minted_credentials", "role", "app", before=BEFORE), "revoke_older_sessions"),
        (a_step("revoke_minted_credentials", "iam_user", "gone", before=BEFORE), "not in this account"),
        (a_step("revoke_minted_credentials", "iam_user", "builder", before="2026-03-02T10:00:00"), "no time zone"),
        (a_step("revoke_minted_credentials", "iam_user", "builder"), "no moment"),
    ],
)
def test_what_it_cannot_do_is_refused_with_the_reason(clients: AwsClients, step: Any, words: str) -> None:
    with pytest.raises(Refused, match=words):
        revoke_minted_credentials.snapshot(step, clients)


def test_a_user_without_room_is_refused(clients: AwsClients) -> None:
    own = OWN_POLICY % ("x" * 1_700)
    clients.iam.put_user_policy(UserName="builder", PolicyName="own", PolicyDocument=own)
    with pytest.raises(Refused, match="permissions boundary"):
        revoke_minted_credentials.snapshot(MINTED, clients)
