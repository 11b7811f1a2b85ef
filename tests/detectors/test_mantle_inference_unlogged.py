"""What cases can't say about mantle_inference_unlogged."""

from __future__ import annotations

from detection_builders import World, a_user, an_api_call

from tidegate.model import Severity


def test_a_principal_is_reported_once_however_much_it_calls():
    world = World()
    for n in range(20):
        world.see(an_api_call("CreateInference", "bedrock-mantle", at=3600 * n))

    assert len(world.found) == 1


def test_each_principal_and_each_endpoint_is_news():
    world = World()
    for service in ("bedrock-mantle", "aws-external-anthropic"):
        for name in ("ci-user", "other"):
            world.see(an_api_call("CreateInference", service, principal=a_user(name)))

    assert len(world.found) == 4


def test_an_api_key_is_graver_and_its_type_is_told():
    world = World()
    world.see(an_api_call("CreateInference", "bedrock-mantle", bearer=True, bearer_type="LONG_TERM"))

    assert world.found[0].severity == Severity.HIGH
    assert world.found[0].evidence["api_key_type"] == "LONG_TERM"
