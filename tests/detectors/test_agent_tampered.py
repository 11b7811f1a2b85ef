"""What cases can't say about agent_tampered: names of the service, evidence, odd content."""

from __future__ import annotations

import pytest
from detection_builders import World, a_session, an_api_call
from hypothesis import given
from hypothesis import strategies as st

from tidegate.detectors.about import Known
from tidegate.detectors.agent_tampered import detect
from tidegate.model import Severity

PIPELINE = a_session("DeploymentPipeline", "release-1")
AGENT = {"agentId": "AGENTTIDE1", "foundationModel": "amazon.nova-lite-v1:0"}
ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
FIELDS = st.dictionaries(
    st.sampled_from(["agentId", "actionGroupExecutor", "targetConfiguration", "authorizerType", "mcp", "http"]), ANY
)


@pytest.mark.parametrize("service", ["bedrock", "bedrock-agent"])
def test_both_names_of_the_service_are_read(service):
    world = World()
    world.see(an_api_call("UpdateAgent", service, parameters=AGENT, principal=PIPELINE))
    world.see(an_api_call("UpdateAgent", service, at=5, parameters={**AGENT, "foundationModel": "meta.llama3"}))

    [finding] = world.found
    assert finding.evidence["changed"] == ["foundationModel"]
    assert finding.evidence["before"] == {"foundationModel": "amazon.nova-lite-v1:0"}
    assert finding.resource == "arn:aws:bedrock:us-east-1:111122223333:agent/AGENTTIDE1"


def test_a_detached_guardrail_is_graver_than_another_model():
    world = World()
    guarded = {**AGENT, "guardrailConfiguration": {"guardrailIdentifier": "g1"}}
    world.see(an_api_call("UpdateAgent", parameters=guarded, principal=PIPELINE))
    world.see(an_api_call("UpdateAgent", at=5, parameters={**guarded, "foundationModel": "meta.llama3"}))
    world.see(an_api_call("UpdateAgent", at=9, parameters={**AGENT, "foundationModel": "meta.llama3"}))

    assert [finding.severity for finding in world.found] == [Severity.MEDIUM, Severity.HIGH]


@pytest.mark.parametrize(
    ("target", "fires"),
    [
        ({"inference": {"provider": {"endpoint": "https://models.example.org/v1"}}}, True),
        ({"http": {"passthrough": {"endpoint": "https://amazonaws.com.example.org"}}}, True),
        ({"http": {"passthrough": {"endpoint": "https://abc.lambda-url.us-east-1.on.aws.amazonaws.com/"}}}, False),
        ({"mcp": {"lambda": {"lambdaArn": "arn:aws:lambda:us-east-1:444455556666:function:f"}}}, True),
        ({"mcp": {"mcpServer": {"endpoint": "***"}}}, False),
    ],
)
def test_where_a_gateway_leads(target, fires):
    parameters = {"gatewayIdentifier": "g", "targetConfiguration": target}
    world = World()
    world.see(an_api_call("UpdateGatewayTarget", "bedrock-agentcore", parameters=parameters))

    assert bool(world.found) is fires


@given(st.sampled_from(["UpdateAgent", "UpdateAgentActionGroup", "UpdateGateway", "CreateGatewayTarget"]), FIELDS, ANY)
def test_no_request_is_too_odd(name, parameters, former):
    known = Known(before=lambda _resource, _time: former if isinstance(former, dict) else None)

    assert isinstance(list(detect(an_api_call(name, parameters=parameters), known)), list)
