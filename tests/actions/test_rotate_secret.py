from __future__ import annotations

import json
from typing import Any

import pytest
from four_verbs import prove, taken
from response_builders import a_step

from tidegate.actions import rotate_secret as action
from tidegate.aws.clients import AwsClients
from tidegate.errors import ChangedSince, NotProven, Permanent, Refused
from tidegate.model import Step
from tidegate_local import aws_extensions

aws_extensions.install()

NAME = "models/provider-key"
STOLEN = a_step("rotate_secret", "secret", NAME)
PLANNED = a_step("rotate_secret", "secret", NAME, planned=True)
FORMER, STUCK = "f" * 32, "5" * 32


@pytest.fixture
def secret(clients: AwsClients, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A secret whose rotation function does its four steps, as moto runs them."""
    clients.secrets.create_secret(Name=NAME, SecretString="first", ClientRequestToken=FORMER)
    made = _stored(clients)
    made.rotation_lambda_arn = "arn:aws:lambda:eu-west-1:123456789012:function:rotate"
    made.rotation_requested = made.rotation_enabled = True
    monkeypatch.setattr("moto.awslambda.utils.get_backend", lambda *_: Rotation(made))
    return made


class Rotation:
    """The rotation function: a value for the pending version, which becomes current in the last step."""

    def __init__(self, secret: Any) -> None:
        self.secret = secret

    def get_function(self, arn: str) -> str:
        return arn

    def invoke(self, *_: Any, body: str, **__: Any) -> None:
        versions = self.secret.versions.values()
        pending = next(version for version in versions if "AWSPENDING" in version["version_stages"])
        pending.setdefault("secret_string", "rotated")
        if json.loads(body)["Step"] == "finishSecret":
            for version in versions:
                current = "AWSCURRENT" in version["version_stages"]
                version["version_stages"] = ["AWSPREVIOUS"] if current else []
            pending["version_stages"] = ["AWSCURRENT"]


def _stored(clients: AwsClients) -> Any:
    from moto.secretsmanager.models import secretsmanager_backends

    return secretsmanager_backends["123456789012"]["eu-west-1"].secrets[NAME]


def stages(clients: AwsClients) -> dict[str, Any]:
    versions: dict[str, list[str]] = clients.secrets.describe_secret(SecretId=NAME)["VersionIdsToStages"]
    return {version: sorted(labels) for version, labels in versions.items() if labels}


def stick(secret: Any) -> None:
    """A rotation that died: AWSPENDING on a version that never became current."""
    secret.versions[STUCK] = {"createdate": 0, "version_id": STUCK, "version_stages": ["AWSPENDING"]}


def test_a_new_value_is_current_and_the_old_one_previous(clients: AwsClients, secret: Any) -> None:
    _, changed = taken(action, STOLEN, clients)
    assert "AWSCURRENT" in stages(clients)[changed.version]
    assert "AWSPREVIOUS" in stages(clients)[FORMER]


def test_a_stuck_rotation_is_cleared_first(clients: AwsClients, secret: Any) -> None:
    stick(secret)
    with pytest.raises(clients.secrets.exceptions.InvalidRequestException, match="previous rotation"):
        clients.secrets.rotate_secret(SecretId=NAME)
    _, changed = taken(action, STOLEN, clients)
    assert "AWSCURRENT" in stages(clients)[changed.version]
    assert STUCK not in stages(clients)


def test_apply_twice_rotates_once(clients: AwsClients, secret: Any) -> None:
    found, changed = taken(action, STOLEN, clients)
    held = stages(clients)
    assert action.apply(STOLEN, found, clients) == changed
    assert stages(clients) == held


def test_what_an_attacker_has_read_never_comes_back(clients: AwsClients, secret: Any) -> None:
    found, changed = taken(action, STOLEN, clients)
    assert action.undo(STOLEN, found, changed, clients).kept
    assert "AWSCURRENT" in stages(clients)[changed.version]


@pytest.mark.parametrize("stuck", [False, True])
def test_a_planned_rotation_is_taken_back_label_by_label(clients: AwsClients, secret: Any, stuck: bool) -> None:
    clients.secrets.put_secret_value(SecretId=NAME, SecretString="second")
    if stuck:
        stick(secret)
    before = stages(clients)
    found, changed = taken(action, PLANNED, clients)
    action.undo(PLANNED, found, changed, clients)
    assert stages(clients) == before
    assert action.undo(PLANNED, found, changed, clients).already


def test_a_death_before_anything_rotated_restores_the_labels_of_a_stolen_one_too(
    clients: AwsClients, secret: Any
) -> None:
    stick(secret)
    before = stages(clients)
    found = action.snapshot(STOLEN, clients)
    clients.secrets.update_secret_version_stage(SecretId=NAME, VersionStage="AWSPENDING", RemoveFromVersionId=STUCK)
    action.undo(STOLEN, found, None, clients)
    assert stages(clients) == before


def test_a_rotation_that_has_not_finished_is_not_proven(clients: AwsClients, secret: Any) -> None:
    found = action.snapshot(STOLEN, clients)
    with pytest.raises(NotProven, match="rotation function"):
        action.verify(STOLEN, found, action.Changed(version=action.version_of(STOLEN)), clients)


def test_a_secret_that_someone_rotated_since_is_left_alone(clients: AwsClients, secret: Any) -> None:
    found = action.snapshot(PLANNED, clients)
    clients.secrets.put_secret_value(SecretId=NAME, SecretString="theirs")
    with pytest.raises(ChangedSince):
        action.apply(PLANNED, found, clients)
    found, changed = taken(action, PLANNED, clients)
    clients.secrets.put_secret_value(SecretId=NAME, SecretString="theirs again")
    with pytest.raises(ChangedSince):
        action.undo(PLANNED, found, changed, clients)


def test_a_rotation_begun_by_someone_else_is_not_cut_off(clients: AwsClients, secret: Any) -> None:
    found = action.snapshot(STOLEN, clients)
    stick(secret)
    with pytest.raises(ChangedSince, match="another rotation"):
        action.apply(STOLEN, found, clients)


def test_a_secret_without_a_rotation_function_is_a_persons_business(clients: AwsClients) -> None:
    clients.secrets.create_secret(Name=NAME, SecretString="first")
    with pytest.raises(Refused, match="PutSecretValue"):
        action.snapshot(STOLEN, clients)


@pytest.mark.parametrize("name", ["models/nowhere", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:x-abcdef"])
def test_a_secret_that_is_not_here_is_refused(clients: AwsClients, name: str) -> None:
    with pytest.raises(Refused, match="rotate it where it is"):
        action.snapshot(a_step("rotate_secret", "secret", name), clients)


def test_a_secret_that_waits_for_its_deletion_is_refused(clients: AwsClients, secret: Any) -> None:
    clients.secrets.delete_secret(SecretId=NAME)
    with pytest.raises(Permanent, match="deletion"):
        action.snapshot(STOLEN, clients)


def test_moved_labels_are_what_undo_asks_for_whatever_dies(clients: AwsClients, secret: Any) -> None:
    """The version that was made stays without a label: Secrets Manager deletes those."""
    prove(Fresh(secret), PLANNED, clients, lambda: stages(clients))


class Fresh:
    """The action, where each run of it makes a version that was not made before, as AWS forgets unlabelled ones."""

    Found, Changed = action.Found, action.Changed

    def __init__(self, secret: Any) -> None:
        self._secret = secret

    def __getattr__(self, name: str) -> Any:
        return getattr(action, name)

    def apply(self, step: Step, found: Any, clients: Any) -> Any:
        unlabelled = [version for version, kept in self._secret.versions.items() if not kept["version_stages"]]
        for version in unlabelled:
            del self._secret.versions[version]
        return action.apply(step, found, clients)
