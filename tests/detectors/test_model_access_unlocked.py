"""What cases can't say about model_access_unlocked."""

from __future__ import annotations

from detection_builders import World, a_user, an_api_call

from tidegate.model import Severity

DAY = 86_400


def _agreement(at: float = 0.0, **more):
    return an_api_call("CreateFoundationModelAgreement", at=at, parameters={"modelId": "meta.llama3"}, **more)


def test_each_step_is_said_once_a_day_and_they_join_in_one_caller():
    world = World()
    world.see(an_api_call("PutUseCaseForModelAccess"), _agreement(60))
    world.see(_agreement(120))

    assert len(world.found) == 2
    assert {finding.caller for finding in world.found} == {"iam-user:ci-user"}


def test_the_habit_of_one_is_not_the_habit_of_another():
    world = World()
    world.see(_agreement(-20 * DAY), _agreement(0))
    world.see(_agreement(0, principal=a_user("other", "AKIATIDEOTHER0000001")))

    assert [finding.caller for finding in world.found] == ["iam-user:ci-user", "iam-user:other"]


def test_an_attempt_is_low_and_names_the_error():
    world = World()
    world.see(_agreement(error="AccessDenied"))

    assert world.found[0].severity == Severity.LOW
    assert world.found[0].evidence["error"] == "AccessDenied"
    assert world.found[0].playbook is None
