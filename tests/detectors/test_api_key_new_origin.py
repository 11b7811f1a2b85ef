"""What cases can't say about api_key_new_origin: how it grows, and that a key roams."""

from __future__ import annotations

import msgspec
from detection_builders import World, a_user, an_api_call

from tidegate.model import ApiCall, Severity

DAY = 86_400
KEY_USER = a_user("BedrockAPIKey-k3x9", "")


def _call(day: float, address: str = "203.0.113.7", region: str = "us-east-1", agent: str = "curl/8") -> ApiCall:
    call = an_api_call("Converse", at=day * DAY, bearer=True, user_agent=agent, principal=KEY_USER)
    return msgspec.structs.replace(call, address=address, region=region)


def _of(world: World):
    return [finding for finding in world.found if finding.detector == "api_key_new_origin"]


def test_one_new_thing_is_low_two_medium_three_high():
    world = World()
    world.see(_call(-1))
    world.see(_call(0, "198.51.100.9"))
    world.see(_call(0.1, "198.51.100.9", "eu-west-1"))
    world.see(_call(0.2, "198.51.100.9", "eu-west-1", "axios/1"))

    assert [finding.severity for finding in _of(world)] == [Severity.LOW, Severity.MEDIUM, Severity.HIGH]
    assert _of(world)[-1].playbook == "rotate_credentials"
    assert _of(world)[-1].evidence["new"] == {"network": "198.51.100.0/24", "agent": "axios", "region": "eu-west-1"}


def test_a_key_that_is_in_every_network_is_not_judged_by_one_more():
    world = World()
    for n in range(6):
        world.see(_call(-10 + n, f"198.51.{n}.1"))
    before = len(_of(world))
    world.see(_call(0, "192.0.2.1"))

    assert len(_of(world)) == before


def test_a_signed_history_and_a_key_from_elsewhere_is_medium():
    world = World()
    for day in (-14, -10, -5):
        world.see(msgspec.structs.replace(_call(day), bearer=False))
    world.see(_call(0, "198.51.100.9"))

    [finding] = _of(world)
    assert finding.severity == Severity.MEDIUM
    assert "always signed" in finding.evidence["severity_from"]


def test_the_finding_names_the_type_of_the_key_and_only_the_two_that_aws_has():
    world = World()
    world.see(_call(-1))
    for n, kind in enumerate(("SHORT_TERM", "", "api-key:hostile")):
        world.see(msgspec.structs.replace(_call(n + 1, f"198.51.{n}.9"), bearer_type=kind))

    types = [[name for name in one.related if name.startswith("api-key:")] for one in _of(world)]
    assert types == [["api-key:SHORT_TERM"], [], []]
