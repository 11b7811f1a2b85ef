"""Traps that hold for every action that denies by a policy: what it denies, and what a person reads before."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import find
from lever_builders import LEVERS

from tidegate.actions import action_named
from tidegate.actions.containment_policy import ESCALATION, MODELS, with_statement, without_statement
from tidegate.aws.clients import AwsClients
from tidegate_local import aws_extensions

aws_extensions.install()

DENIALS = (
    "deny_iam_user",
    "deny_role",
    "deny_role_session",
    "revoke_older_sessions",
    "revoke_minted_credentials",
    "deny_by_scp",
    "deny_identity_center_user",
)


def least(strategy: Any) -> Any:
    return find(strategy, lambda _: True)


def denied(action: str, clients: AwsClients) -> tuple[Any, Callable[[], Any]]:
    step = LEVERS[action](clients, least).step
    found = action_named(action).snapshot(step, clients)
    (difference,) = action_named(action).differences(step, found)
    return difference.after, lambda: action_named(action).apply(step, found, clients)


@pytest.mark.parametrize("action", DENIALS)
def test_mantle_agentcore_and_every_escalation_are_in_it(clients: AwsClients, action: str) -> None:
    statement, _ = denied(action, clients)
    assert statement["Effect"] == "Deny"
    assert {"bedrock:*", "bedrock-mantle:*", "bedrock-agentcore:*"} == set(MODELS)
    held = set(statement["Action"])
    assert set(ESCALATION) <= held
    assert set(MODELS) <= held or action == "deny_iam_user"
    assert {"iam:Tag*", "sts:AssumeRole*", "sts:AssumeRoot", "sts:GetFederationToken"} <= held


@pytest.mark.parametrize("action", DENIALS)
def test_what_a_person_reads_is_what_is_written(clients: AwsClients, action: str) -> None:
    statement, apply = denied(action, clients)
    assert statement in json.loads(apply().document)["Statement"]


def test_a_policy_of_somebody_elses_keeps_its_version_and_id() -> None:
    own = {"Version": "2008-10-17", "Id": "theirs", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}
    ours = {"Sid": "Tidegate1", "Effect": "Deny", "Action": ["bedrock:*"], "Resource": "*"}
    both = with_statement(json.dumps(own), ours)
    assert json.loads(both) == {**own, "Statement": [own["Statement"], ours]}
    assert json.loads(without_statement(both, ours) or "") == {**own, "Statement": [own["Statement"]]}
