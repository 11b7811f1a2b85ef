from __future__ import annotations

import json
from typing import Any

import pytest
from response_builders import a_step

from tidegate.actions import replace_access_key as action
from tidegate.actions.deactivate_access_key import statuses_of
from tidegate.aws.clients import AwsClients
from tidegate.errors import ChangedSince, NotProven, Refused
from tidegate.model import Step

SECRET = "tidegate/access-keys/builder"


@pytest.fixture
def stolen(clients: AwsClients) -> str:
    clients.iam.create_user(UserName="builder")
    return clients.iam.create_access_key(UserName="builder")["AccessKey"]["AccessKeyId"]


def a_replacement(stolen: str, **parameters: Any) -> Step:
    return a_step("replace_access_key", "access_key", stolen, details={"user": "builder"}, secret=SECRET, **parameters)


def keys(clients: AwsClients) -> set[str]:
    return set(statuses_of("builder", clients))


def handed_over(clients: AwsClients) -> dict[str, str]:
    return dict(json.loads(clients.secrets.get_secret_value(SecretId=SECRET)["SecretString"]))


def test_the_application_finds_a_working_key_in_its_secret(clients: AwsClients, stolen: str) -> None:
    step = a_replacement(stolen)
    found = action.snapshot(step, clients)
    changed = action.apply(step, found, clients)
    action.verify(step, found, changed, clients)
    assert handed_over(clients)["AccessKeyId"] == changed.key
    assert keys(clients) == {stolen, changed.key}


def test_the_secret_value_is_in_no_record(clients: AwsClients, stolen: str) -> None:
    step = a_replacement(stolen)
    found = action.snapshot(step, clients)
    changed = action.apply(step, found, clients)
    proof = action.verify(step, found, changed, clients)
    restored = action.undo(step, found, changed, clients)
    records = [
        record.model_dump_json() for record in (found, changed, proof, restored, *action.differences(step, found))
    ]
    assert handed_over(clients)["SecretAccessKey"] not in "".join(records)


def test_a_secret_that_exists_gets_a_new_version_and_keeps_the_former(clients: AwsClients, stolen: str) -> None:
    clients.secrets.create_secret(Name=SECRET, SecretString="former")
    step = a_replacement(stolen)
    found = action.snapshot(step, clients)
    changed = action.apply(step, found, clients)
    stages = clients.secrets.describe_secret(SecretId=SECRET)["VersionIdsToStages"]
    assert stages[changed.version] == ["AWSCURRENT"]
    assert found.secret_version is not None
    assert stages[found.secret_version] == ["AWSPREVIOUS"]


def test_apply_twice_makes_one_key(clients: AwsClients, stolen: str) -> None:
    step = a_replacement(stolen)
    found = action.snapshot(step, clients)
    assert action.apply(step, found, clients) == action.apply(step, found, clients)
    assert len(keys(clients)) == 2


def test_a_key_made_but_not_handed_over_is_deleted_and_made_again(clients: AwsClients, stolen: str) -> None:
    step = a_replacement(stolen)
    found = action.snapshot(step, clients)
    lost = clients.iam.create_access_key(UserName="builder")["AccessKey"]["AccessKeyId"]
    changed = action.apply(step, found, clients)
    assert changed.key != lost
    assert keys(clients) == {stolen, changed.key}


def test_undo_of_a_crash_before_the_hand_over_leaves_the_keys_as_found(clients: AwsClients, stolen: str) -> None:
    step = a_replacement(stolen)
    found = action.snapshot(step, clients)
    clients.iam.create_access_key(UserName="builder")
    action.undo(step, found, None, clients)
    assert keys(clients) == {stolen}


def test_the_replacement_of_a_stolen_key_stays(clients: AwsClients, stolen: str) -> None:
    step = a_replacement(stolen)
    found = action.snapshot(step, clients)
    changed = action.apply(step, found, clients)
    assert action.undo(step, found, changed, clients).kept
    assert changed.key in keys(clients)


@pytest.mark.parametrize("former", [None, "former"])
def test_a_planned_rotation_is_taken_back_exactly(clients: AwsClients, stolen: str, former: str | None) -> None:
    if former:
        clients.secrets.create_secret(Name=SECRET, SecretString=former)
    step = a_replacement(stolen, planned=True)
    found = action.snapshot(step, clients)
    changed = action.apply(step, found, clients)
    action.undo(step, found, changed, clients)
    action.undo(step, found, changed, clients)
    assert keys(clients) == {stolen}
    if former:
        stages = clients.secrets.describe_secret(SecretId=SECRET)["VersionIdsToStages"]
        assert "AWSCURRENT" in stages[str(found.secret_version)]
    else:
        assert clients.secrets.list_secrets()["SecretList"] == []


def test_a_user_with_two_keys_is_refused_and_the_other_key_named(clients: AwsClients, stolen: str) -> None:
    other = clients.iam.create_access_key(UserName="builder")["AccessKey"]["AccessKeyId"]
    with pytest.raises(Refused, match=f"two keys.*delete {other}"):
        action.snapshot(a_replacement(stolen), clients)


def test_a_secret_that_someone_wrote_since_the_snapshot_is_left_alone(clients: AwsClients, stolen: str) -> None:
    step = a_replacement(stolen)
    found = action.snapshot(step, clients)
    clients.secrets.create_secret(Name=SECRET, SecretString="theirs")
    with pytest.raises(ChangedSince):
        action.apply(step, found, clients)
    assert keys(clients) == {stolen}


def test_a_hand_over_that_was_overwritten_is_not_proven(clients: AwsClients, stolen: str) -> None:
    step = a_replacement(stolen)
    found = action.snapshot(step, clients)
    changed = action.apply(step, found, clients)
    clients.secrets.put_secret_value(SecretId=SECRET, SecretString="theirs")
    with pytest.raises(NotProven):
        action.verify(step, found, changed, clients)


def test_a_secret_that_waits_for_its_deletion_is_refused(clients: AwsClients, stolen: str) -> None:
    clients.secrets.create_secret(Name=SECRET, SecretString="former")
    clients.secrets.delete_secret(SecretId=SECRET)
    with pytest.raises(Refused, match="restore it"):
        action.snapshot(a_replacement(stolen), clients)
