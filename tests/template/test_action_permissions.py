"""What an action declares and what its function's role grants are the same: nothing missing, nothing to spare."""

from __future__ import annotations

from typing import Any

import pytest
from deployed_template import listed, statements

from tidegate.actions import ACTIONS, Family

ROLE_OF = {
    Family.CALLERS: "ActOnCallersRole",
    Family.CREDENTIALS: "ActOnCredentialsRole",
    Family.MODELS: "ActOnModelsRole",
    Family.ACCOUNT: "ActOnAccountRole",
    Family.PROTECTIONS: "ActOnProtectionsRole",
    Family.DATA: "ActOnDataRole",
}
# What the frame around an action needs, whatever the action: its log, its ledger, its documents, its proof.
FRAME = {"WriteLog", "UseLedgerTable", "WriteOutbox", "SearchIndex", "SearchCollection", "UseDataKey"}
FRAME_OF_PLAN = FRAME | {"UseIncidentTable", "UseSnapshotTable", "ReadRules"}


def granted(role: str, frame: set[str]) -> set[str]:
    return {
        action
        for statement in statements(role)
        if statement["Effect"] == "Allow" and statement["Sid"] not in frame
        for action in listed(statement["Action"])
    }


def explain(role: str, missing: set[str], spare: set[str]) -> str:
    lines = [f"{role} in template.yaml"]
    if missing:
        lines += ["lacks a statement like", "", "  - Sid: NameWhatItIsFor", "    Effect: Allow", "    Action:"]
        lines += [f"      - {permission}" for permission in sorted(missing)]
        lines += ["    Resource: !Sub arn:${AWS::Partition}:...   # as narrow as the API allows"]
    if spare:
        lines += ["", f"grants what no action of its family declares: {', '.join(sorted(spare))}"]
    return "\n".join(lines)


@pytest.mark.parametrize("family", list(Family))
def test_a_family_s_role_grants_exactly_what_its_actions_declare(family: Family) -> None:
    declared = {p for action in ACTIONS.values() if action.about.family is family for p in action.about.permissions}
    given = granted(ROLE_OF[family], FRAME)
    assert given == declared, explain(ROLE_OF[family], declared - given, given - declared)


def test_planning_may_look_at_all_that_actions_look_at_and_change_none_of_it() -> None:
    declared = {permission for action in ACTIONS.values() for permission in action.about.reads}
    given = granted("PlanResponseRole", FRAME_OF_PLAN)
    assert given == declared, explain("PlanResponseRole", declared - given, given - declared)


@pytest.mark.parametrize("role", ["ActOnCallersRole", "ActOnCredentialsRole"])
def test_roles_of_aws_and_our_own_are_out_of_reach_whatever_the_code_does(role: str) -> None:
    (denied,) = [statement for statement in statements(role) if statement["Effect"] == "Deny"]
    assert {"iam:Put*", "iam:Delete*", "iam:Update*", "iam:Create*"} <= set(denied["Action"])
    guarded = {resource["Fn::Sub"].partition(":role/")[2] for resource in denied["Resource"]}
    assert guarded == {"aws-service-role/*", "aws-reserved/*", "${AWS::StackName}-*"}


def test_every_action_belongs_to_a_function() -> None:
    assert {action.about.family for action in ACTIONS.values()} <= set(ROLE_OF)


def test_a_missing_permission_is_printed_as_yaml() -> None:
    shown: Any = explain("ActOnModelsRole", {"bedrock:UpdateFlowAlias"}, set())
    assert "      - bedrock:UpdateFlowAlias" in shown
