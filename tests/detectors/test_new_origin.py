"""What cases can't say about new_origin: order of arrival, other sources, what it costs."""

from __future__ import annotations

from itertools import permutations

import msgspec
from detection_builders import ACCOUNT, MODEL, REGION, T, World, a_session, a_user, an_api_call

from tidegate.detectors.about import Known
from tidegate.detectors.new_origin import judge
from tidegate.detectors.origins import Origins
from tidegate.model import ApiCall, Joined, Severity, narrowest_caller

DAY = 86_400
HOME, AWAY = "203.0.113.7", "198.51.100.9"


def _call(day: float, address: str = HOME, agent: str = "Boto3/1.40 os/linux", **more) -> ApiCall:
    call = an_api_call("InvokeModel", at=day * DAY, parameters={"modelId": MODEL}, user_agent=agent, **more)
    return msgspec.structs.replace(call, address=address)


def _established() -> World:
    world = World()
    for day in (-14, -10, -5, -1):
        world.see(_call(day))
    return world


def _of(world: World):
    return [finding for finding in world.found if finding.detector == "new_origin"]


def test_more_new_at_once_is_graver_and_says_why():
    world = _established()
    world.see(_call(0, AWAY))
    world.see(_call(0.01, AWAY, "curl/8.7"))
    world.see(msgspec.structs.replace(_call(0.02, AWAY, "curl/8.7"), region="eu-west-1"))

    assert [finding.severity for finding in _of(world)] == [Severity.INFORMATIONAL, Severity.LOW, Severity.MEDIUM]
    assert "all new in one call" in _of(world)[-1].evidence["severity_from"]
    assert _of(world)[-1].evidence["history"]["days_active"] == 4


def test_every_order_of_a_day_gives_the_same_findings():
    calls = [_call(0, AWAY), _call(0.01, AWAY, "curl/8.7"), _call(0.02), _call(0.03, "192.0.2.9")]
    found = set()
    for order in permutations(calls):
        world = _established()
        for call in order:
            world.see(call)
        found.add(frozenset(finding.id for finding in _of(world)))

    assert len(found) == 1


def test_a_spike_of_today_is_not_the_history_of_its_end():
    world = _established()
    for n in range(50):
        world.see(_call(0.001 * n, AWAY))

    assert len(_of(world)) == 1
    assert _of(world)[0].evidence["history"]["known_before"]["network"] == 1


def test_a_call_joined_with_its_address_says_the_same_as_the_event():
    who = a_user()
    joined = Joined(
        id="request-1",
        time=T,
        account=ACCOUNT,
        region=REGION,
        caller=narrowest_caller(who),
        principal=who,
        model=MODEL,
        operation="Converse",
        address=AWAY,
        user_agent="Boto3/1.40 os/linux",
    )
    known, said = Known(name="iam-user:ci-user"), []
    for record in (joined, _call(0, AWAY)):
        memory = Origins()
        for day in (-14, -10, -5):
            memory.observe(_call(day), known)
        look = memory.observe(record, known)
        assert look is not None
        said.append([(signal.identity, signal.severity) for signal in judge(look, memory, known)])

    assert said[0] == said[1] != []


def test_the_pipeline_may_come_from_anywhere():
    pipeline = World()
    who = a_session("DeploymentPipeline", "build")
    for day in (-14, -10, -5, 0):
        pipeline.see(_call(day, HOME if day else AWAY, principal=who))

    assert _of(pipeline) == []


def test_the_hundredth_call_of_an_hour_writes_nothing():
    world = _established()
    world.see(_call(0))
    before = {key: item.revision for key, item in world.states._stored.items() if "user" in key}
    world.see(_call(0.001))

    assert {key: item.revision for key, item in world.states._stored.items() if "user" in key} == before
