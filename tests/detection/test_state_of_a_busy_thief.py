"""What is remembered of one principal that trips every detector of the account on the same day: within its bound."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from detection_builders import World, a_threat, an_api_call

from tidegate.callers.shedding import MOST
from tidegate.detectors.acts import ACTS
from tidegate.detectors.model_access_unlocked import UNLOCKS
from tidegate.detectors.model_enumeration import RECON
from tidegate.detectors.origins import MOST_ACTS, Origins
from tidegate.model import Record

DAY = 86_400
REGIONS = ("us-east-1", "us-west-2", "eu-central-1", "ap-south-1", "sa-east-1", "eu-north-1", "ca-central-1")
THREATS = (
    "Impact:IAMUser/AnomalousModelInvocation",
    "Impact:IAMUser/CostHarvesting",
    "Impact:IAMUser/PromptInjection.Direct",
    "UnauthorizedAccess:IAMUser/TorIPCaller",
    "CredentialAccess:IAMUser/CompromisedCredentials",
)
EXPECTED = {
    "api_key_new_origin",
    "credential_probe",
    "destructive_api",
    "guardduty_ai",
    "llmjacking",
    "model_access_unlocked",
    "model_enumeration",
    "new_origin",
    "proxy_user_agent",
    "quota_exhaustion",
    "region_fan_out",
    "session_credentials_stolen",
}


def _history() -> Iterator[Record]:
    for day in range(20, 0, -1):
        for n in range(2):
            model = f"vendor{n}.model-number-{day % 6}-20250101-v1:0"
            call = an_api_call(
                "Converse",
                at=-day * DAY + 60 * n,
                parameters={"modelId": model},
                user_agent=f"agent-{day % 5}/1.0 os/linux",
            )
            yield msgspec.structs.replace(call, address=f"198.51.{day % 5}.7", region=REGIONS[day % 4])


def _day() -> Iterator[Record]:
    for n, name in enumerate(RECON):
        yield an_api_call(name, at=30 * n, user_agent="Boto3/1.40")
    for n in range(12):
        model = {"modelId": f"anthropic.claude-model-{n}-20250514-v1:0"}
        yield an_api_call("Converse", at=600 + n, parameters=model, error="AccessDeniedException")
    message = "max_tokens_to_sample: -1 must be greater than 0"
    yield an_api_call("InvokeModel", at=620, error="ValidationException", error_message=message)
    for n, name in enumerate(UNLOCKS):
        yield an_api_call(name, at=700 + n)
    opus = {"modelId": "us.anthropic.claude-opus-4-20250514-v1:0"}
    for n, region in enumerate(REGIONS):
        call = an_api_call("InvokeModel", at=800 + n, parameters=opus, user_agent="axios/1.7", bearer=True)
        yield msgspec.structs.replace(call, region=region, address="192.0.2.9")
    for n in range(40):
        yield an_api_call("Converse", at=900 + n, error="ThrottlingException")
    for n in range(8):
        model = {"modelIdentifier": f"arn:aws:bedrock:us-east-1:111122223333:custom-model/m{n:08}"}
        yield an_api_call("DeleteCustomModel", at=1000 + n, parameters=model)
    yield an_api_call("PutModelInvocationLoggingConfiguration", at=1100,
                      parameters={"loggingConfig": {"textDataDeliveryEnabled": False}})  # fmt: skip
    yield an_api_call("DeleteModelInvocationLoggingConfiguration", at=1101)
    yield an_api_call("StopLogging", "cloudtrail", at=1102, parameters={"name": "t"})
    made = {"userName": "BedrockAPIKey-k3x9", "serviceName": "bedrock.amazonaws.com"}
    yield an_api_call("CreateServiceSpecificCredential", "iam", at=1103, parameters=made)
    for n, type in enumerate(THREATS):
        yield a_threat(type, at=1200 + n, finding=f"f{n:031}")


def test_a_principal_that_trips_everything_stays_within_the_bound():
    world = World()
    for record in (*_history(), *_day()):
        world.see(record)

    assert set(world.detectors) >= EXPECTED
    sizes = {key: len(item.data) for key, item in world.states._stored.items() if "user" in key}
    assert max(sizes.values()) <= MOST, sizes


def test_the_shared_memory_has_room_for_every_act():
    """As many as are told apart, in every half hour there is room for: none pushes another out."""
    memory = Origins()
    codes = [*ACTS, *(f"{kind}{n}" for kind, most in (("l", 4), ("d", 8), ("@", 8), ("u", 3)) for n in range(most))]
    for step in range(64):
        for code in codes:
            memory.acts.add(code, step * 1800, most=MOST_ACTS)

    assert set(memory.acts.seen) == set(codes)
    assert len(msgspec.msgpack.encode(memory)) < 700
