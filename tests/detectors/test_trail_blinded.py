"""What cases can't say about trail_blinded: what selectors of odd shape and in combination leave out."""

from __future__ import annotations

import pytest
from detection_builders import World, an_api_call
from hypothesis import given
from hypothesis import strategies as st

from tidegate.detectors.trail_blinded import narrowed
from tidegate.model import Severity

MANAGEMENT = {"field": "eventCategory", "equals": ["Management"]}
ANY = st.recursive(
    st.none() | st.booleans() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["eventSelectors", "advancedEventSelectors", "fieldSelectors", "field", "equals"]), inner
        )
    ),
    max_leaves=10,
)


def _advanced(*fields: dict[str, object]) -> dict[str, object]:
    return {"advancedEventSelectors": [{"fieldSelectors": list(fields)}]}


@pytest.mark.parametrize(
    ("after", "lost"),
    [
        (_advanced(MANAGEMENT), []),
        (
            _advanced(MANAGEMENT, {"field": "eventSource", "notEquals": ["bedrock.amazonaws.com"]}),
            ["events of bedrock.amazonaws.com are left out"],
        ),
        (_advanced({"field": "eventCategory", "equals": ["Data"]}), ["no management events are recorded"]),
        (
            {"eventSelectors": [{"readWriteType": "All", "excludeManagementEventSources": ["kms.amazonaws.com"]}]},
            ["events of kms.amazonaws.com are left out"],
        ),
        ({}, []),
    ],
)
def test_what_selectors_leave_out(after, lost):
    assert narrowed(None, after) == lost


@given(ANY, ANY)
def test_no_selector_is_too_odd(before, after):
    known = before if isinstance(before, dict) else None
    assert isinstance(narrowed(known, after if isinstance(after, dict) else {"eventSelectors": after}), list)


def test_two_names_of_a_trail_are_one():
    world = World()
    world.see(an_api_call("StopLogging", "cloudtrail", parameters={"name": "audit"}))
    arn = "arn:aws:cloudtrail:us-east-1:111122223333:trail/audit"
    world.see(an_api_call("StopLogging", "cloudtrail", at=5, parameters={"name": arn}))

    assert {finding.resource for finding in world.found} == {arn}


def test_validation_switched_off_is_medium_and_a_trail_without_iam_high():
    world = World()
    for at, switch in enumerate(("enableLogFileValidation", "includeGlobalServiceEvents")):
        world.see(an_api_call("UpdateTrail", "cloudtrail", at=at, parameters={"name": "audit", switch: False}))

    assert [finding.severity for finding in world.found] == [Severity.MEDIUM, Severity.HIGH]
