"""Whatever an attacker writes into agents, addresses, parameters and names, nothing raises."""

from __future__ import annotations

from typing import Any

import msgspec
from detection_builders import T, World, a_threat, an_invocation
from hypothesis import given, settings
from hypothesis import strategies as st

from tidegate.detectors.acts import KEYS_MADE, TRAIL_STOPS
from tidegate.detectors.model_access_unlocked import UNLOCKS
from tidegate.detectors.model_calls import MODEL_CALLS
from tidegate.detectors.model_enumeration import RECON
from tidegate.model import ApiCall, Principal, narrowest_caller

words = st.text(max_size=40)
json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=8,
)
parameters = st.dictionaries(
    st.sampled_from(
        ("modelId", "model", "roleArn", "agentResourceRoleArn", "userName", "serviceName", "loggingConfig")
    ),
    json,
)
principals = st.builds(
    Principal,
    kind=st.sampled_from(("IAMUser", "AssumedRole", "Root", "AWSService", "")),
    arn=words,
    name=words,
    session=words,
    access_key=words,
    invoked_by=st.sampled_from(("", "bedrock.amazonaws.com")),
)
names = st.sampled_from(
    [
        *(("bedrock", name) for name in (*MODEL_CALLS, *RECON[:4], *UNLOCKS, "CreateAgent", "PutX")),
        ("bedrock", "PutModelInvocationLoggingConfiguration"),
        ("bedrock-mantle", "CreateInference"),
        *(("iam", name) for name in KEYS_MADE),
        *(("cloudtrail", name) for name in TRAIL_STOPS),
        ("sts", "AssumeRole"),
        ("secretsmanager", "GetSecretValue"),
    ]
)


@st.composite
def calls(draw: st.DrawFn) -> ApiCall:
    principal = draw(principals)
    service, name = draw(names)
    value: Any = draw(parameters | json)
    return ApiCall(
        id=draw(words) or "e",
        time=T + draw(st.integers(-30 * 86_400, 86_400)),
        account="111122223333",
        region=draw(words),
        service=service,
        name=name,
        caller=narrowest_caller(principal),
        principal=principal,
        address=draw(words | st.ip_addresses().map(str)),
        user_agent=draw(words),
        error=draw(st.sampled_from(("", "AccessDenied", "ThrottlingException", "ValidationException")) | words),
        error_message=draw(words),
        bearer=draw(st.booleans()),
        bearer_type=draw(words),
        parameters=msgspec.Raw(msgspec.json.encode(value)),
    )


@settings(max_examples=60)
@given(st.lists(calls(), min_size=1, max_size=12), words)
def test_no_record_stops_detection(seen, type):
    world = World()
    world.see(*seen, an_invocation(), a_threat("AttackSequence:" + type, principal=seen[0].principal))
    world.see(*reversed(seen), delivery="again")
