"""What cases can't say about guardrail_weakened: properties and edges of the comparison."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from detection_builders import World, a_user, an_api_call
from hypothesis import given
from hypothesis import strategies as st

from tidegate.configurations.guardrail_protections import losses, protections
from tidegate.model import Severity

STRENGTHS = ["NONE", "LOW", "MEDIUM", "HIGH"]
HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"
ARN = "arn:aws:bedrock:us-east-1:111122223333:guardrail/gr7tide00001"


def _filters(**strengths: str) -> dict[str, Any]:
    rows = [{"type": kind, "inputStrength": s, "outputStrength": s} for kind, s in strengths.items()]
    return {"contentPolicyConfig": {"filtersConfig": rows}}


_configurations = st.fixed_dictionaries(
    {},
    optional={
        "contentPolicyConfig": st.fixed_dictionaries(
            {
                "filtersConfig": st.lists(
                    st.fixed_dictionaries(
                        {
                            "type": st.sampled_from(["HATE", "SEXUAL", "PROMPT_ATTACK"]),
                            "inputStrength": st.sampled_from(STRENGTHS),
                            "outputStrength": st.sampled_from(STRENGTHS),
                        },
                        optional={"inputAction": st.sampled_from(["BLOCK", "NONE"]), "outputEnabled": st.booleans()},
                    ),
                    unique_by=lambda row: row["type"],
                )
            }
        ),
        "topicPolicyConfig": st.fixed_dictionaries(
            {
                "topicsConfig": st.lists(
                    st.fixed_dictionaries({"name": st.text(max_size=4), "definition": st.text(max_size=4)}),
                    unique_by=lambda row: row["name"],
                    max_size=3,
                )
            }
        ),
    },
)
_anything = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=5), children, max_size=3),
    max_leaves=10,
)


@given(_configurations)
def test_nothing_changed_is_nothing_lost(configuration):
    assert losses(configuration, configuration) == []


@given(_configurations)
def test_taking_everything_away_loses_every_protection_there_was(configuration):
    effective = [name for name, protection in protections(configuration).items() if protection.level > 0]

    assert [loss.protection for loss in losses(configuration, {})] == effective


@given(_configurations, _configurations)
def test_a_loss_one_way_is_no_loss_the_other_way(one, other):
    there = {loss.protection for loss in losses(one, other)}
    back = {loss.protection for loss in losses(other, one)}

    assert not there & back


@given(
    st.dictionaries(
        st.sampled_from(
            ["contentPolicyConfig", "topicPolicyConfig", "wordPolicyConfig", "contextualGroundingPolicyConfig"]
        ),
        _anything | st.dictionaries(st.sampled_from(["filtersConfig", "topicsConfig", "wordsConfig"]), _anything),
    )
)
def test_whatever_a_caller_sends_is_compared_without_an_error(odd):
    losses(odd, {})
    losses({}, odd)
    losses(_filters(HATE="HIGH"), odd)


def test_a_hidden_policy_is_not_taken_for_a_dropped_one():
    assert losses(_filters(HATE="HIGH"), {"contentPolicyConfig": HIDDEN}) == []


def test_one_hidden_word_less_still_shows():
    def words(count: int) -> dict[str, Any]:
        return {"wordPolicyConfig": {"wordsConfig": [{"text": HIDDEN}] * count}}

    assert {loss.protection for loss in losses(words(3), words(2))} == {"word #3 input", "word #3 output"}


def test_images_no_longer_checked_is_a_loss():
    def hate(*modalities: str) -> dict[str, Any]:
        configuration = _filters(HATE="HIGH")
        configuration["contentPolicyConfig"]["filtersConfig"][0]["inputModalities"] = list(modalities)
        return configuration

    assert [str(loss) for loss in losses(hate("TEXT", "IMAGE"), hate("TEXT"))] == [
        "content HATE images input: checked -> gone"
    ]


def _update(at: float, configuration: dict[str, Any], identifier: str = "gr7tide00001"):
    return an_api_call("UpdateGuardrail", at=at, parameters={"guardrailIdentifier": identifier, **configuration})


@pytest.mark.parametrize("identifier", ["gr7tide00001", ARN])
def test_an_update_is_compared_with_the_configuration_just_before_it(identifier):
    world = World()
    world.see(_update(0, _filters(HATE="LOW")))
    world.see(_update(200, _filters(HATE="MEDIUM")))

    world.see(_update(100, _filters(HATE="HIGH"), identifier))
    assert world.found == []

    world.see(_update(300, _filters(HATE="LOW"), identifier))
    [finding] = world.found
    assert finding.evidence["losses"] == [
        "content HATE input: MEDIUM -> LOW",
        "content HATE output: MEDIUM -> LOW",
    ]
    assert finding.severity == Severity.MEDIUM, "one step down"
    assert finding.resource == ARN


def test_former_and_later_configuration_may_arrive_in_one_delivery_in_any_order():
    world = World()

    world.see(_update(60, _filters(HATE="NONE")), _update(0, _filters(HATE="HIGH")))

    [finding] = world.found
    assert finding.severity == Severity.HIGH
    assert finding.evidence["former_state_known"]


def test_an_unreadable_character_in_a_name_hides_nothing():
    call = an_api_call("UpdateGuardrail", principal=a_user())
    body = b'{"guardrailIdentifier":"gr7tide00001","description":"\\ud800",'
    body += b'"contentPolicyConfig":{"filtersConfig":[{"type":"PROMPT_ATTACK","inputStrength":"NONE"}]}}'
    world = World()
    world.see(msgspec.structs.replace(call, parameters=msgspec.Raw(body)))

    assert world.detectors == ["guardrail_weakened"]


def test_deleted_and_made_anew_under_the_same_name_has_no_former_state():
    world = World()
    world.see(_update(0, _filters(HATE="HIGH")))
    world.see(an_api_call("DeleteGuardrail", at=10, parameters={"guardrailIdentifier": "gr7tide00001"}))
    world.see(_update(20, _filters(HATE="LOW")))

    assert [finding.evidence["losses"] for finding in world.found] == [["deleted"]]
