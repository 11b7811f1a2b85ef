"""Whether the roles of a stack still grant what actions and state machines need, as the doctor says it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from deployed_template import listed, resources, template
from doctor_builders import BOUNDED, FUNCTIONS, HANDLERS, NEEDED, answered, granting

from tidegate_local.doctor import State, grants

ATTACHED = {"AttachedPolicies": [{"PolicyArn": "arn:aws:iam::111122223333:policy/added"}]}


def grants_with(attached: Mapping[str, Any]) -> set[State]:
    added = {"iam.list_attached_role_policies": ATTACHED}
    return {one.state for one in answered("grants", **added, **{"iam.get_policy_version": {"PolicyVersion": attached}})}


def test_a_denial_on_everything_takes_a_grant_and_one_on_some_or_under_a_condition_does_not() -> None:
    denying = {"effect": "Deny", "Resource": "*"}
    assert grants_with({"Document": granting("iam:*", **denying)}) == {State.BAD, State.OK}
    assert grants_with({"Document": granting("iam:*", effect="Deny")}) == {State.OK}
    elsewhere = {"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}}
    assert grants_with({"Document": granting("iam:*", **denying, Condition=elsewhere)}) == {State.OK}


def test_a_boundary_that_lets_all_needs_through_is_well() -> None:
    wide = {"PolicyVersion": {"Document": granting("*")}}
    found = answered("grants", **{"iam.get_role": BOUNDED, "iam.get_policy_version": wide})
    assert [one.state for one in found] == [State.OK]


def test_functions_of_another_stack_in_the_account_are_not_taken_for_ours() -> None:
    others = [one | {"Environment": {"Variables": {"TIDEGATE_STACK": "another"}}} for one in FUNCTIONS]
    found = answered("grants", **{"lambda.list_functions": {"Functions": others}})
    assert sum(one.state is State.BAD for one in found) == len(HANDLERS)


def test_what_a_stack_without_an_option_is_not_granted_is_not_missed() -> None:
    variables = {"TIDEGATE_STACK": "tidegate", "TIDEGATE_GATEWAY_KEYS": "false", "TIDEGATE_USER_POOL": "pool"}
    functions = [one | {"Environment": {"Variables": variables}} for one in FUNCTIONS]
    policy = {"PolicyDocument": granting(*(need for need in NEEDED if not need.startswith(("apigateway", "cognito"))))}
    found = answered("grants", **{"lambda.list_functions": {"Functions": functions}, "iam.get_role_policy": policy})
    lost = " ".join(one.what for one in found if one.state is State.BAD)
    assert "cognito-idp:AdminGetUser" in lost
    assert "apigateway" not in lost


@pytest.mark.parametrize("name", HANDLERS)
def test_options_are_those_on_which_the_template_grants(name: str) -> None:
    logical = name.title().replace("_", "")
    variables = resources("AWS::Serverless::Function")["PlanResponse"]["Environment"]["Variables"]
    always, only_with = set[str](), dict[str, str]()
    for policy in resources("AWS::IAM::Role")[f"{logical}Role"]["Policies"]:
        for statement in policy["PolicyDocument"]["Statement"]:
            condition, given, *_ = statement.get("Fn::If", ("", statement))
            for action in listed(given["Action"]):
                if condition:
                    only_with[action] = json.dumps(template()["Conditions"][condition])
                else:
                    always.add(action)
    for action in NEEDED & (only_with.keys() | always):
        option = grants.option_of(action)
        assert bool(option) is (action not in always), action
        if option:
            assert json.dumps(variables[option]) in only_with[action]
