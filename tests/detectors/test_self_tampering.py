"""What cases can't say about self_tampering: names, keys, who is expected, and the template's own names."""

from __future__ import annotations

from typing import Any

import pytest
from detection_builders import ACCOUNT, World, a_session, a_user, an_api_call
from hypothesis import given
from hypothesis import strategies as st

from tidegate.detectors.about import Known
from tidegate.detectors.own_resources import CHANGES, is_ours
from tidegate.detectors.self_tampering import detect
from tidegate.model import Severity
from tidegate.settings import Settings

KEY = "1234abcd-12ab-34cd-56ef-1234567890ab"


def _judged(name: str, service: str, parameters: dict[str, Any], known: Known | None = None, **more: Any):
    return list(detect(an_api_call(name, service, parameters=parameters, **more), known or Known()))


@pytest.mark.parametrize(
    "name",
    [
        "tidegate-IndexRole-1A2B",
        "Tidegate-Correlate",
        "tidegate-evidencebucket-1a2b3c",
        f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:tidegate-Index",
        f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:tidegate-Index:live",
        f"https://sqs.us-east-1.amazonaws.com/{ACCOUNT}/tidegate-FindingQueue-1A2B",
        "/aws/lambda/tidegate-Index",
        f"arn:aws:cloudformation:us-east-1:{ACCOUNT}:stack/tidegate/5a6b",
        KEY,
        f"arn:aws:kms:us-east-1:{ACCOUNT}:key/{KEY}",
        "/rules/of/ours/allow",
    ],
)
def test_our_own_are_known_by_the_name_of_the_stack_or_by_id(name):
    assert is_ours(name, Known(own=(KEY, "/rules/of/ours", "")))


@pytest.mark.parametrize("name", ["tidegateway-x", "my-tidegate-x", "", "arn:aws:kms:us-east-1:1:key/other", "arn:aws"])
def test_what_only_resembles_is_not_ours(name):
    assert not is_ours(name, Known(own=(KEY, "")))


def test_a_key_of_ours_is_known_by_the_id_that_the_template_hands_over():
    world = World(settings=Settings(own_resources=(KEY,)))
    world.see(an_api_call("ScheduleKeyDeletion", "kms", parameters={"keyId": f"arn:aws:kms:us-east-1:1:key/{KEY}"}))

    assert [finding.severity for finding in world.found] == [Severity.HIGH]


def test_the_rules_parameters_are_ours_wherever_they_lie():
    world = World(settings=Settings(rules_parameters="/platform/watch"))
    world.see(an_api_call("DeleteParameter", "ssm", parameters={"name": "/platform/watch/allow"}))

    assert world.detectors == ["self_tampering"]


def test_a_mapping_is_ours_by_the_function_that_it_feeds():
    arn = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:tidegate-Correlate-1A2B"
    (signal,) = _judged(
        "UpdateEventSourceMapping20150331", "lambda", {"uUID": KEY, "enabled": False}, response={"functionArn": arn}
    )

    assert (signal.resource, signal.severity) == (arn, Severity.HIGH)


@pytest.mark.parametrize(
    ("known", "severity"), [(Known(), Severity.LOW), (Known(pipeline=("role:Release",)), Severity.MEDIUM)]
)
def test_a_deployment_by_hand_weighs_more_where_a_pipeline_is_named(known, severity):
    (signal,) = _judged("UpdateStack", "cloudformation", {"stackName": "tidegate"}, known)

    assert signal.severity == severity


def test_a_role_of_ours_is_no_excuse_outside_its_work():
    own = a_session("tidegate-IndexRole-1A2B", "tidegate-Index")

    assert not _judged("DeleteSchedule", "scheduler", {"groupName": "tidegate-containments"}, principal=own)
    (signal,) = _judged("DeleteTable", "dynamodb", {"tableName": "tidegate-CallerTable-1"}, principal=own)
    assert signal.severity == Severity.CRITICAL


def test_a_user_that_is_named_like_our_roles_is_nobody_of_ours():
    user = a_user("tidegate-IndexRole")

    assert _judged("DeleteSchedule", "scheduler", {"groupName": "tidegate-containments"}, principal=user)


@given(st.sampled_from([(s, n) for s, names in CHANGES.items() for n in names]), st.data())
def test_no_request_is_too_odd(which, data):
    service, name = which
    odd = st.none() | st.integers() | st.text(max_size=9) | st.lists(st.text(max_size=9) | st.none(), max_size=3)
    keys = st.sampled_from([*CHANGES[service][name].targets, "enabled", "other"])

    assert len(_judged(name, service, data.draw(st.dictionaries(keys, odd, max_size=3)))) <= 1
