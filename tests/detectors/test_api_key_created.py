"""What cases can't say about api_key_created: how grave, and that the use of the key joins the case."""

from __future__ import annotations

import pytest
from detection_builders import World, a_user, an_api_call

from tidegate.model import Severity


def _created(days: object = None, **more):
    parameters = {"userName": "BedrockAPIKey-k3x9", "serviceName": "bedrock.amazonaws.com", "credentialAgeDays": days}
    return an_api_call("CreateServiceSpecificCredential", "iam", parameters=parameters, **more)


@pytest.mark.parametrize(
    ("days", "severity"),
    [(30, Severity.MEDIUM), ("30", Severity.MEDIUM), (365, Severity.HIGH), (None, Severity.HIGH), ("x", Severity.HIGH)],
)
def test_the_longer_it_lives_the_graver(days, severity):
    world = World()
    world.see(_created(days))

    assert world.found[0].severity == severity


def test_a_key_that_makes_keys_is_high():
    world = World()
    world.see(_created(1, principal=a_user("BedrockAPIKey-old1", "AKIATIDEPHANTOM00002")))

    finding = next(finding for finding in world.found if finding.detector == "api_key_created")
    assert finding.severity == Severity.HIGH


def test_the_new_user_is_related_but_not_that_of_a_failed_attempt():
    made, failed = World(), World()
    made.see(_created(1))
    failed.see(_created(1, error="AccessDenied"))

    assert "iam-user:BedrockAPIKey-k3x9" in made.found[0].related
    assert "iam-user:BedrockAPIKey-k3x9" not in failed.found[0].related
