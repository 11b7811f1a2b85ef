from __future__ import annotations

from typing import Any

import pytest
from four_verbs import prove, taken
from response_builders import ASSUMED_BY_BEDROCK, OWN_POLICY, a_step

from tidegate.actions import put_permissions_boundary as action
from tidegate.aws.clients import AwsClients
from tidegate.errors import ChangedSince, NotProven, Refused
from tidegate_local import aws_extensions

aws_extensions.install()

DENY_ALL = "arn:aws:iam::aws:policy/AWSDenyAll"
KINDS = pytest.mark.parametrize("kind", ["role", "iam_user"])


@pytest.fixture(autouse=True)
def identities(clients: AwsClients) -> None:
    clients.iam.create_role(RoleName="app", AssumeRolePolicyDocument=ASSUMED_BY_BEDROCK)
    clients.iam.create_user(UserName="app")


def own(clients: AwsClients) -> str:
    return clients.iam.create_policy(PolicyName="cap", PolicyDocument=OWN_POLICY % "data")["Policy"]["Arn"]


def put(clients: AwsClients, kind: str, arn: str) -> None:
    if kind == "role":
        clients.iam.put_role_permissions_boundary(RoleName="app", PermissionsBoundary=arn)
    else:
        clients.iam.put_user_permissions_boundary(UserName="app", PermissionsBoundary=arn)


def boundary(clients: AwsClients, kind: str) -> str | None:
    found: Any
    if kind == "role":
        found = clients.iam.get_role(RoleName="app")["Role"]
    else:
        found = clients.iam.get_user(UserName="app")["User"]
    return found.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")


@KINDS
@pytest.mark.parametrize("former", [False, True])
def test_the_old_boundary_comes_back_whatever_dies(clients: AwsClients, kind: str, former: bool) -> None:
    if former:
        put(clients, kind, own(clients))
    prove(action, a_step("put_permissions_boundary", kind, "app"), clients, lambda: boundary(clients, kind))


@KINDS
def test_the_identity_may_do_nothing(clients: AwsClients, kind: str) -> None:
    taken(action, a_step("put_permissions_boundary", kind, "app"), clients)
    assert boundary(clients, kind) == DENY_ALL


@KINDS
def test_a_boundary_that_someone_else_put_since_is_left_alone(clients: AwsClients, kind: str) -> None:
    step = a_step("put_permissions_boundary", kind, "app")
    found, changed = taken(action, step, clients)
    put(clients, kind, own(clients))
    with pytest.raises(NotProven):
        action.verify(step, found, changed, clients)
    for verb in (lambda: action.apply(step, found, clients), lambda: action.undo(step, found, changed, clients)):
        with pytest.raises(ChangedSince):
            verb()


def test_a_cap_that_was_there_already_is_not_ours_to_take_off(clients: AwsClients) -> None:
    put(clients, "role", DENY_ALL)
    step = a_step("put_permissions_boundary", "role", "app")
    found, changed = taken(action, step, clients)
    assert action.undo(step, found, changed, clients).already
    assert boundary(clients, "role") == DENY_ALL


def test_a_role_that_cannot_be_edited_is_refused(clients: AwsClients) -> None:
    name = "AWSReservedSSO_Admin_0123456789abcdef"
    clients.iam.create_role(
        RoleName=name, Path="/aws-reserved/sso.amazonaws.com/", AssumeRolePolicyDocument=ASSUMED_BY_BEDROCK
    )
    with pytest.raises(Refused, match="deny_identity_center_user"):
        action.snapshot(a_step("put_permissions_boundary", "role", name), clients)


@pytest.mark.parametrize(("kind", "name"), [("role_session", "app/mallory"), ("iam_user", "nobody"), ("role", "*")])
def test_what_has_no_boundary_is_refused(clients: AwsClients, kind: str, name: str) -> None:
    with pytest.raises(Refused):
        action.snapshot(a_step("put_permissions_boundary", kind, name), clients)
