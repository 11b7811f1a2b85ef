"""What cases can't say about agent_role_outside_runtime: order of arrival, who is named, what it costs others."""

from __future__ import annotations

from itertools import permutations

import msgspec
from detection_builders import ACCOUNT, World, a_session, a_user, an_api_call

from tidegate.detectors.about import Known
from tidegate.detectors.agent_role_outside_runtime import subjects
from tidegate.model import ApiCall, Principal, Severity

ROLE = "SupportAgentRole"
ARN = f"arn:aws:iam::{ACCOUNT}:role/{ROLE}"
SERVICE = Principal(kind="AWSService", invoked_by="bedrock.amazonaws.com")


def _created(at: float = -60) -> ApiCall:
    return an_api_call("CreateAgent", at=at, parameters={"agentResourceRoleArn": ARN}, principal=a_user("builder"))


def _assumed(who: Principal, at: float = 0, **more) -> ApiCall:
    return an_api_call("AssumeRole", "sts", at=at, parameters={"roleArn": ARN}, principal=who, **more)


def _used(at: float, session: str = "s-1", **more) -> ApiCall:
    return an_api_call("GetCallerIdentity", "sts", at=at, principal=a_session(ROLE, session), **more)


def _of(world: World):
    return [finding for finding in world.found if finding.detector == "agent_role_outside_runtime"]


def test_every_order_of_arrival_finds_the_same():
    calls = [_created(), _used(0), _assumed(SERVICE, 30), _used(60, "s-2")]
    found = set()
    for order in permutations(calls):
        world = World()
        for call in order:
            world.see(call)
        found.add(frozenset(finding.id for finding in _of(world)))

    assert len(found) == 1
    assert len(next(iter(found))) == 2


def test_whoever_assumed_it_is_the_caller_and_the_role_is_named():
    world = World()
    world.see(_created(), _assumed(a_user("mallory")))

    [finding] = _of(world)
    assert finding.caller == "iam-user:mallory"
    assert f"role:{ROLE}" in finding.related


def test_an_attempt_that_was_refused_is_low():
    world = World()
    call = _assumed(a_user("mallory"), error="AccessDenied", error_message=f"not authorized on resource: {ARN}")
    world.see(_created(), msgspec.structs.replace(call, parameters=None))

    [finding] = _of(world)
    assert finding.severity == Severity.LOW


def test_ordinary_calls_have_no_memory_of_this():
    asked = [
        an_api_call("GetObject", "s3", principal=a_session("App", "web")),
        an_api_call("InvokeModel", principal=a_user()),
        _assumed(Principal(kind="AWSService", invoked_by="lambda.amazonaws.com")),
    ]

    assert [list(subjects(call, Known())) for call in asked] == [[], [], []]


def test_a_role_of_which_nothing_is_known_stays_small():
    world = World()
    for n in range(200):
        world.see(_used(60 * n, f"session-{n}"))

    stored = {key: item.data for key, item in world.states._stored.items() if key.endswith(f"role:{ROLE}")}
    assert len(next(iter(stored.values()))) < 900
