"""What cases can't say about credential_probe: bodies of every provider, order, size."""

from __future__ import annotations

from itertools import permutations

import msgspec
import pytest
from detection_builders import T, World, a_user, an_api_call, an_invocation
from hypothesis import given
from hypothesis import strategies as st

from tidegate.callers.state import decoded
from tidegate.detectors.about import Known
from tidegate.detectors.credential_probe import Memory, detect

THIEF = a_user()


def _probe(body, **more):
    raw = msgspec.Raw(msgspec.json.encode(body))
    return an_invocation(user="", principal=THIEF, error="ValidationException", input_body=raw, **more)


@pytest.mark.parametrize(
    "body",
    [
        {"max_tokens_to_sample": -1},
        {"max_tokens": 0},
        {"max_gen_len": -5},
        {"textGenerationConfig": {"maxTokenCount": 0}},
        {"inferenceConfig": {"max_new_tokens": -1}},
    ],
)
def test_every_providers_limit_is_known(body):
    world = World()
    world.see(_probe(body))

    assert world.detectors == ["credential_probe"]
    assert "=" in world.found[0].evidence["probe"]


@given(st.recursive(st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(),
                    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8))  # fmt: skip
def test_no_body_is_too_odd(body):
    for given_body in (body, {"max_tokens": body, "inferenceConfig": body}):
        assert isinstance(list(detect([_probe(given_body)], Memory(), Known())), list)


def test_every_order_of_arrival_gives_one_and_the_same_finding():
    calls = [
        an_api_call("Converse", at=60 * n, parameters={"modelId": f"m-{n}"}, error="AccessDenied") for n in range(4)
    ]
    found = set()
    for order in permutations(calls):
        world = World()
        for call in order:
            world.see(call)
        found |= {finding.id for finding in world.found}
        assert len(world.found) == 1

    assert len(found) == 1


def test_a_probe_of_an_application_is_its_principals_and_not_the_end_users():
    world = World()
    world.see(an_invocation(user="u-7", error="ValidationException",
                            input_body=msgspec.Raw(b'{"max_tokens_to_sample":-1}')))  # fmt: skip

    assert world.found[0].caller == "session:SupportAssistant/web-1"


def test_trying_every_model_there_is_stays_small():
    world = World()
    for n in range(60):
        name = f"arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/profile{n:030}"
        world.see(an_api_call("Converse", at=60 * n, parameters={"modelId": name}, error="AccessDenied"))

    stored = next(iter(world.states._stored.values())).data
    assert len(stored) < 800
    assert decoded(stored, "k").seen == int(T) // 86_400
