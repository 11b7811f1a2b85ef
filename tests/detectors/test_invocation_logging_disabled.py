"""What cases can't say about invocation_logging_disabled."""

from __future__ import annotations

from typing import Any

from detection_builders import World, an_api_call
from hypothesis import given
from hypothesis import strategies as st

from tidegate.detectors.invocation_logging_disabled import compared
from tidegate.model import Severity

_flags = ("textDataDeliveryEnabled", "imageDataDeliveryEnabled", "embeddingDataDeliveryEnabled")
_configurations = st.fixed_dictionaries(
    {"s3Config": st.fixed_dictionaries({"bucketName": st.sampled_from(["logs", "more-logs"])})},
    optional={flag: st.booleans() for flag in _flags},
)


def _put(at: float, region: str = "us-east-1", **configuration: Any):
    given = {"s3Config": {"bucketName": "logs"}, **configuration}
    return an_api_call("PutModelInvocationLoggingConfiguration", at=at, parameters={"loggingConfig": given}, id=f"{at}")


@given(_configurations)
def test_the_same_configuration_loses_nothing(configuration):
    assert compared(configuration, configuration)[1] == []


@given(_configurations, _configurations)
def test_a_flag_is_lost_one_way_only(one, other):
    def flags(losses: list[str]) -> set[str]:
        return {loss for loss in losses if "off" in loss}

    assert not flags(compared(one, other)[1]) & flags(compared(other, one)[1])


def test_no_destination_left_is_as_bad_as_deleted():
    severity, losses = compared({"s3Config": {"bucketName": "logs"}}, {"textDataDeliveryEnabled": True})

    assert severity == Severity.HIGH
    assert losses[0] == "no destination left"


def test_a_narrowed_medium_is_medium():
    world = World()
    world.see(_put(0))
    world.see(_put(60, embeddingDataDeliveryEnabled=False))

    assert [finding.severity for finding in world.found] == [Severity.MEDIUM]


def test_switching_off_in_steps_is_seen_at_each_step():
    world = World()
    world.see(_put(0))
    world.see(_put(60, imageDataDeliveryEnabled=False))
    world.see(_put(120, imageDataDeliveryEnabled=False, textDataDeliveryEnabled=False))
    world.see(an_api_call("DeleteModelInvocationLoggingConfiguration", at=180))

    assert [finding.title.split()[3] for finding in world.found] == ["narrowed", "narrowed", "deleted"]
    assert world.found[1].evidence["losses"] == ["text delivery off: prompts and answers are no longer logged"]
