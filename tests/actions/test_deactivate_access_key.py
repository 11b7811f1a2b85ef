from __future__ import annotations

import pytest
from response_builders import a_step

from tidegate.actions import deactivate_access_key as action
from tidegate.aws.clients import AwsClients
from tidegate.errors import ChangedSince, NotProven, Refused
from tidegate.model import Step


@pytest.fixture
def key(clients: AwsClients) -> str:
    clients.iam.create_user(UserName="builder")
    return clients.iam.create_access_key(UserName="builder")["AccessKey"]["AccessKeyId"]


def a_stop(key: str, **parameters: bool) -> Step:
    return a_step("deactivate_access_key", "access_key", key, details={"user": "builder"}, **parameters)


def status(clients: AwsClients, key: str) -> str:
    return action.statuses_of("builder", clients)[key]


def test_the_key_is_stopped_and_proven(clients: AwsClients, key: str) -> None:
    step = a_stop(key)
    found = action.snapshot(step, clients)
    changed = action.apply(step, found, clients)
    assert action.verify(step, found, changed, clients).facts["status"] == "Inactive"
    assert status(clients, key) == "Inactive"


def test_a_stolen_key_is_never_re_activated(clients: AwsClients, key: str) -> None:
    step = a_stop(key)
    found = action.snapshot(step, clients)
    restored = action.undo(step, found, action.apply(step, found, clients), clients)
    assert restored.kept
    assert status(clients, key) == "Inactive"


def test_the_key_of_a_planned_rotation_is_re_activated(clients: AwsClients, key: str) -> None:
    step = a_stop(key, planned=True)
    found = action.snapshot(step, clients)
    changed = action.apply(step, found, clients)
    action.undo(step, found, changed, clients)
    assert status(clients, key) == "Active"
    assert action.undo(step, found, changed, clients).already


def test_a_planned_rotations_key_that_was_deleted_cannot_come_back(clients: AwsClients, key: str) -> None:
    step = a_stop(key, planned=True)
    found = action.snapshot(step, clients)
    changed = action.apply(step, found, clients)
    clients.iam.delete_access_key(UserName="builder", AccessKeyId=key)
    assert action.verify(step, found, changed, clients).facts["status"] == "Deleted"
    with pytest.raises(ChangedSince):
        action.undo(step, found, changed, clients)


def test_a_key_that_someone_re_activated_is_not_proven(clients: AwsClients, key: str) -> None:
    step = a_stop(key)
    found = action.snapshot(step, clients)
    changed = action.apply(step, found, clients)
    clients.iam.update_access_key(UserName="builder", AccessKeyId=key, Status="Active")
    with pytest.raises(NotProven):
        action.verify(step, found, changed, clients)


@pytest.mark.parametrize("wrong", ["ASIAEXAMPLE0000000A", "AKIAEXAMPLE0000000A", "'; drop"])
def test_temporary_unknown_and_impossible_keys_are_refused(clients: AwsClients, key: str, wrong: str) -> None:
    with pytest.raises(Refused):
        action.snapshot(a_stop(wrong), clients)
