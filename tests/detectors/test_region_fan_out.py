"""What cases can't say about region_fan_out: how it grows, order of arrival, size."""

from __future__ import annotations

from itertools import permutations

import msgspec
from detection_builders import World, an_api_call

from tidegate.model import ApiCall, Severity

REGIONS = ("us-east-1", "us-west-2", "eu-west-1", "ap-south-1", "sa-east-1", "eu-north-1")


def _in(region: str, at: float) -> ApiCall:
    return msgspec.structs.replace(an_api_call("InvokeModel", at=at, id=f"{region}-{at}"), region=region)


def test_every_further_step_is_said_once_and_is_worse():
    world = World()
    for n, region in enumerate(REGIONS * 2):
        world.see(_in(region, 60 * n))

    assert [finding.severity for finding in world.found] == [Severity.LOW, Severity.MEDIUM, Severity.HIGH]
    assert world.found[-1].evidence["regions"] == sorted(REGIONS[:5])


def test_every_order_of_arrival_gives_the_same_findings():
    calls = [_in(region, 300 * n) for n, region in enumerate(REGIONS[:4])]
    found = set()
    for order in permutations(calls):
        world = World()
        for call in order:
            world.see(call)
        found.add(frozenset(finding.id for finding in world.found))

    assert len(found) == 1


def test_a_region_used_yesterday_beside_a_new_one_fires_and_says_which_is_new():
    world = World()
    world.see(_in("us-east-1", -86_400))
    world.see(_in("us-east-1", 0), _in("eu-north-1", 60))

    [finding] = world.found
    assert finding.evidence["regions_new_to_the_principal"] == ["eu-north-1"]
    assert finding.event_ids == ("us-east-1-0", "eu-north-1-60")


def test_a_principal_everywhere_stays_small():
    world = World()
    for day in range(3):
        for n in range(30):
            world.see(_in(f"xx-region-{n}", day * 86_400 + 60 * n))

    assert len(next(iter(world.states._stored.values())).data) < 1100
