"""What cases can't say about model_swapped."""

from __future__ import annotations

from detection_builders import World, a_session, a_user, an_api_call

from tidegate.settings import Settings


def _moved(version: str, at: float, principal=None, service: str = "bedrock", **response):
    parameters = {
        "agentId": "AGENTTIDE1",
        "agentAliasId": "ALIASTIDE1",
        "agentAliasName": "live",
        "routingConfiguration": [{"agentVersion": version}],
    }
    return an_api_call(
        "UpdateAgentAlias", service, at=at, parameters=parameters, response=response, principal=principal
    )


PIPELINE = a_session("DeploymentPipeline", "release-1")


def test_the_evidence_names_agent_alias_and_both_versions():
    world = World()
    world.see(_moved("3", 0, PIPELINE))
    world.see(_moved("5", 60))

    [finding] = world.found
    assert finding.resource == "arn:aws:bedrock:us-east-1:111122223333:agent-alias/AGENTTIDE1/ALIASTIDE1"
    evidence = {name: finding.evidence[name] for name in ("agent_id", "alias_id", "version_before", "version_after")}
    assert evidence == {
        "agent_id": "AGENTTIDE1",
        "alias_id": "ALIASTIDE1",
        "version_before": "3",
        "version_after": "5",
    }
    assert finding.playbook == "roll_back_model"


def test_both_names_of_the_service_are_read():
    world = World()

    world.see(_moved("5", 0, service="bedrock-agent"))

    assert world.found[0].evidence["former_state_from"] == "not known"


def test_without_a_named_pipeline_everybody_is_outside_it():
    world = World(settings=Settings())

    world.see(_moved("5", 0, PIPELINE))

    assert world.detectors == ["model_swapped"]


def test_moving_back_to_the_released_version_by_hand_is_a_move_too():
    world = World()
    world.see(_moved("3", 0, PIPELINE))
    world.see(_moved("5", 60, a_user()))
    world.see(_moved("3", 120, a_user()))

    assert [finding.evidence["version_after"] for finding in world.found] == ["5", "3"]
