"""Where a call came from: the same while nothing happens, another when something does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.callers.origins import agent_family, model_family, network_of


@pytest.mark.parametrize(
    ("agent", "family"),
    [
        ("Boto3/1.26.165 Python/3.10.6 Linux/5.19.0-46-generic Botocore/1.29.165", "boto3/linux"),
        ("[Boto3/1.28.1 Python/3.11.2 Linux/6.1 Botocore/1.31.1]", "boto3/linux"),
        ("Python/3.11 aiohttp/3.9.5", "aiohttp"),
        ("axios/1.6.2", "axios"),
        ("python-requests/2.31.0", "python-requests"),
        ("Go-http-client/2.0", "go-http-client"),
        ("node-fetch/1.0 (+https://example.com/node-fetch)", "node-fetch"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36", "browser/macos"),
        ("aws-sdk-js/3.400.0 ua/2.0 os/linux#5.10 lang/js md/nodejs#18", "aws-sdk-js/linux"),
        ("bedrock.amazonaws.com", "bedrock.amazonaws.com"),
        ("", ""),
    ],
)
def test_a_family_is_who_calls_without_versions(agent, family):
    assert agent_family(agent) == family


@pytest.mark.parametrize(
    ("model", "family"),
    [
        ("us.anthropic.claude-sonnet-4-20250514-v1:0", "anthropic.claude-sonnet"),
        ("anthropic.claude-3-haiku-20240307-v1:0:48k", "anthropic.claude-3-haiku"),
        ("arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-pro-v1:0", "amazon.nova-pro"),
        ("arn:aws:bedrock:eu-west-1:111122223333:inference-profile/eu.amazon.nova-pro-v1:0", "amazon.nova-pro"),
        ("arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/k3x9", "k3x9"),
        ("", ""),
    ],
)
def test_a_model_is_the_same_in_every_region_and_version(model, family):
    assert model_family(model) == family


def test_a_network_is_a_24_or_a_48_and_a_service_has_none():
    assert network_of("203.0.113.7") == network_of("203.0.113.250") == "203.0.113.0/24"
    assert network_of("2001:db8:1::1") == network_of("2001:db8:1:ffff::2") != network_of("2001:db8:2::1")
    assert network_of("bedrock.amazonaws.com") == network_of("") == ""


@given(st.text(max_size=600))
def test_whatever_was_sent_has_a_family(text):
    assert len(agent_family(text)) <= 600
    assert len(model_family(text)) <= 64
    assert isinstance(network_of(text), str)
