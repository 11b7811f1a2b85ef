"""What cases can't say about phantom_user_pivot."""

from __future__ import annotations

from detection_builders import World, a_session, a_user, an_api_call

from tidegate.model import Severity

PHANTOM = a_user("BedrockAPIKey-k3x9", "AKIATIDEPHANTOM00001")


def test_the_new_key_is_related_so_that_its_use_joins_the_case():
    world = World()
    world.see(
        an_api_call(
            "CreateAccessKey",
            "iam",
            parameters={"userName": PHANTOM.name},
            response={"accessKey": {"accessKeyId": PHANTOM.access_key, "userName": PHANTOM.name}},
        )
    )
    world.see(an_api_call("ListBuckets", "s3", at=60, principal=PHANTOM, read_only=True))

    armed, used = world.found
    assert {"iam-user:BedrockAPIKey-k3x9", "key:AKIATIDEPHANTOM00001"} <= set(armed.related)
    assert used.caller == "iam-user:BedrockAPIKey-k3x9"
    assert "key:AKIATIDEPHANTOM00001" in used.related


def test_a_change_by_the_phantom_is_worse_than_a_look():
    world = World()
    world.see(an_api_call("ListUsers", "iam", principal=PHANTOM, read_only=True))
    world.see(an_api_call("CreateUser", "iam", at=5, principal=PHANTOM, parameters={"userName": "helper"}))

    assert [finding.severity for finding in world.found] == [Severity.HIGH, Severity.CRITICAL]


def test_every_bedrock_endpoint_is_what_the_user_is_for():
    world = World()
    for service in ("bedrock", "bedrock-runtime", "bedrock-mantle"):
        world.see(an_api_call("CreateInference", service, principal=PHANTOM))

    assert "phantom_user_pivot" not in world.detectors


def test_a_role_of_that_name_is_no_phantom():
    world = World()

    world.see(an_api_call("ListBuckets", "s3", principal=a_session("BedrockAPIKey-reader")))

    assert world.found == []
