"""What cases can't say about enforced_guardrail_removed."""

from __future__ import annotations

from detection_builders import World, an_api_call
from hypothesis import given
from hypothesis import strategies as st

from tidegate.detectors.enforced_guardrail_removed import lost
from tidegate.model import Severity

ANY = st.recursive(
    st.none() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["guardrailIdentifier", "modelEnforcement", "includedModels", "excludedModels"]), inner
        )
    ),
    max_leaves=8,
)


def test_a_refused_removal_is_an_attempt_and_the_former_state_stays():
    world = World()
    world.see(an_api_call("DeleteEnforcedGuardrailConfiguration", parameters={"configId": "c"}, error="AccessDenied"))

    assert world.found[0].severity == Severity.MEDIUM
    assert world.snapshots.before(world.found[0].resource, 9e9) is None


def test_after_a_removal_the_next_one_put_is_a_first_one():
    world = World()
    put = {"configId": "c", "guardrailInferenceConfig": {"guardrailIdentifier": "g1", "guardrailVersion": "1"}}
    world.see(an_api_call("PutEnforcedGuardrailConfiguration", parameters=put))
    world.see(an_api_call("DeleteEnforcedGuardrailConfiguration", at=5, parameters={"configId": "c"}))
    other = {**put, "guardrailInferenceConfig": {"guardrailIdentifier": "g2", "guardrailVersion": "1"}}
    world.see(an_api_call("PutEnforcedGuardrailConfiguration", at=9, parameters=other))

    [finding] = world.found
    assert finding.evidence["before"] == put["guardrailInferenceConfig"]


@given(st.dictionaries(st.text(max_size=4), ANY) | st.none(), ANY)
def test_no_configuration_is_too_odd(before, after):
    assert isinstance(lost(before, after if isinstance(after, dict) else {}), list)


@given(st.dictionaries(st.text(max_size=4), ANY))
def test_what_stayed_the_same_lost_nothing(configuration):
    assert lost(configuration, configuration) == []
