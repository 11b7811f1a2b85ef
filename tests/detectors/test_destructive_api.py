"""What cases can't say about destructive_api: several in a row, habit, API keys."""

from __future__ import annotations

from detection_builders import World, a_user, an_api_call

from tidegate.model import Severity

DAY = 86_400


def _deletion(n: int, at: float = 0.0, **more):
    return an_api_call("DeleteCustomModel", at=at, parameters={"modelIdentifier": f"model-{n}"}, **more)


def test_five_in_half_an_hour_are_graver_even_for_who_deletes_now_and_then():
    world = World()
    world.see(_deletion(0, -7 * DAY))
    for n in range(1, 6):
        world.see(_deletion(n, 300 * n))

    assert [finding.severity for finding in world.found] == [Severity.MEDIUM, Severity.HIGH]
    assert world.found[-1].evidence["deleted"] == [f"CustomModel model-{n}" for n in range(1, 6)]


def test_the_same_thing_deleted_five_times_is_one():
    world = World()
    for n in range(5):
        world.see(_deletion(1, 60 * n))

    assert [finding.severity for finding in world.found] == [Severity.MEDIUM]


def test_every_deletion_by_an_api_key_is_reported():
    world = World()
    for n in range(2):
        world.see(_deletion(n, n * DAY, bearer=True, principal=a_user("BedrockAPIKey-k3x9")))

    assert [finding.severity for finding in world.found] == [Severity.HIGH, Severity.HIGH]
