"""What cases can't say about proxy_user_agent: which clients, and what weighs."""

from __future__ import annotations

import msgspec
import pytest
from detection_builders import World, an_api_call

from tidegate.callers.origins import agent_family
from tidegate.detectors.acts import is_proxy
from tidegate.model import Severity

DAY = 86_400


@pytest.mark.parametrize(
    "agent",
    [
        "Python/3.12 aiohttp/3.10.1",
        "axios/1.7.4",
        "python-urllib3/2.2.2",
        "Python-urllib/3.12",
        "python-httpx/0.27.0",
        "curl/8.7.1",
        "python-requests/2.32.3",
        "Go-http-client/1.1",
        "node-fetch/1.0 (+https://example.com)",
        "node",
        "litellm/1.44.5",
        "one-api/0.6",
    ],
)
def test_clients_that_resale_proxies_run_on_are_known(agent):
    assert is_proxy(agent_family(agent))


@pytest.mark.parametrize(
    "agent",
    [
        "Boto3/1.40 os/linux",
        "aws-sdk-js/3.600.0",
        "aws-cli/2.17",
        "Mozilla/5.0 (X11)",
        "AnthropicBedrock/Python 0.34",
        "",
    ],
)
def test_sdks_and_browsers_are_not(agent):
    assert not is_proxy(agent_family(agent))


def test_new_to_an_identity_with_a_history_and_from_elsewhere_is_medium():
    world = World()
    for day in (-14, -10, -5):
        world.see(an_api_call("InvokeModel", at=day * DAY, user_agent="Boto3/1.40"))
    elsewhere = an_api_call("InvokeModel", at=0, user_agent="axios/1.7")
    world.see(msgspec.structs.replace(elsewhere, address="198.51.100.9"))

    [finding] = [finding for finding in world.found if finding.detector == "proxy_user_agent"]
    assert finding.severity == Severity.MEDIUM
    assert finding.evidence["also_new"] == ["network"]


def test_an_api_key_without_a_history_may_use_curl():
    world = World()
    world.see(an_api_call("Converse", at=0, user_agent="curl/8", bearer=True))

    assert [finding.severity for finding in world.found] == [Severity.INFORMATIONAL]
