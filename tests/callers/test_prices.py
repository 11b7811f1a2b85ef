"""What a call costs, and how sure that is."""

from __future__ import annotations

import pytest
from detection_builders import T, an_invocation
from hypothesis import given
from hypothesis import strategies as st

from tidegate.callers.price_list import prices_of
from tidegate_quota.prices import ESTIMATES, UNKNOWN, Price, Prices, reduced, to_configuration

DAY = 86_400


def _product(dollars: str, unit: str, **attributes: str) -> dict:
    dimension = {"unit": unit, "pricePerUnit": {"USD": dollars}}
    return {
        "product": {"attributes": attributes},
        "terms": {"OnDemand": {"T.1": {"priceDimensions": {"T.1.1": dimension}}}},
    }


@pytest.mark.parametrize(
    ("logged", "listed"),
    [
        ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", "Claude Sonnet 4.5 (Amazon Bedrock Edition)"),
        ("anthropic.claude-3-haiku-20240307-v1:0", "Claude 3 Haiku"),
        ("arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-3-5-sonnet-20241022-v2:0", "Claude 3.5 Sonnet"),
        ("anthropic.claude-3-5-sonnet-20241022-v2:0", "Claude 3.5 Sonnet v2"),
        (
            "arn:aws:bedrock:us-east-1:111122223333:inference-profile/global.anthropic.claude-haiku-4-5-20251001-v1:0",
            "Claude Haiku 4.5",
        ),
        ("amazon.nova-pro-v1:0", "Nova Pro"),
        ("meta.llama3-1-70b-instruct-v1:0", "Llama 3.1 70B Instruct"),
        ("openai.gpt-oss-120b-1:0", "gpt-oss-120b"),
        ("cohere.command-r-plus-v1:0", "Command R+"),
        ("mistral.mistral-large-2407-v1:0", "Mistral Large 2407"),
    ],
)  # fmt: skip
def test_the_log_s_name_and_the_list_s_are_one(logged, listed):
    assert reduced(logged) == reduced(listed)


def test_a_model_nobody_knows_is_not_free_and_says_so():
    found = ESTIMATES.of("arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/abc123")

    assert found.price == UNKNOWN
    assert found.estimated


def test_what_is_written_goes_before_the_list_and_the_list_before_the_family():
    listed = {"novapro": Price(0.8, 3.2), "novalite": Price(0.06, 0.24)}
    prices = Prices(listed, written=[("amazon.nova-pro*", Price(0.5, 2.0))], as_of=T)

    assert prices.of("amazon.nova-pro-v1:0").price.input == 0.5
    assert prices.of("us.amazon.nova-lite-v1:0") == (listed["novalite"], False, "AWS Price List")
    assert prices.of("amazon.nova-micro-v1:0").estimated


def test_dollars_count_what_the_cache_spares_and_costs():
    prices = Prices(written=[("*", Price(10.0, 50.0, 1.0, 12.5))])
    call = an_invocation(tokens=1_000_000, output_tokens=1_000_000, cache_read_tokens=1_000_000,
                         cache_write_tokens=1_000_000)  # fmt: skip

    assert prices.dollars(call) == pytest.approx(10 + 50 + 1 + 12.5)
    assert Price(10.0, 50.0).of(0, 0, 1_000_000, 1_000_000) == pytest.approx(1 + 12.5), "usual shares of the input"


def test_an_old_list_is_an_estimate_again():
    prices = Prices({"novapro": Price(0.8, 3.2)}, as_of=T)

    assert prices.said("amazon.nova-pro-v1:0", T + 3 * DAY) == {
        "from": "AWS Price List",
        "estimate": False,
        "list_age_days": 3,
    }
    assert prices.said("amazon.nova-pro-v1:0", T + 30 * DAY)["estimate"]


def test_a_list_survives_being_kept():
    prices = Prices.from_configuration(to_configuration({"novapro": Price(0.8, 3.2, 0.2)}, T))

    assert prices.of("amazon.nova-pro-v1:0").price == Price(0.8, 3.2, 0.2)
    assert Prices.from_configuration(None).of("amazon.nova-pro-v1:0").estimated


def test_the_price_list_s_two_services_and_units():
    nova, sonnet = {"model": "Nova Pro"}, {"servicename": "Claude Sonnet 4.5 (Amazon Bedrock Edition)"}
    found = prices_of(
        [
            _product(
                "0.0008", "1K tokens", **nova, inferenceType="Input tokens", usagetype="USE1-NovaPro-input-tokens"
            ),
            _product("0.0032", "1K tokens", **nova, inferenceType="Output tokens"),
            _product("0.0002", "1K tokens", **nova, inferenceType="Prompt cache read input tokens"),
            _product("0.0009", "1K tokens", **nova, inferenceType="Input tokens", usagetype="USE1-input-tokens-batch"),
            _product("3", "Units", **sonnet, usagetype="USE1-MP:USE1_InputTokenCount-Units"),
            _product("15", "Units", **sonnet, usagetype="USE1-MP:USE1_OutputTokenCount-Units"),
            _product("22.5", "Units", **sonnet, usagetype="USE1-MP:USE1_OutputTokenCount_LCtx-Units"),
            _product("0.00002", "1K tokens", titanModel="Titan Embeddings V2", inferenceType="Input tokens"),
            _product("0.04", "Image", model="Nova Canvas", inferenceType="T2I 1024 Standard"),
            _product("9", "1K tokens", model="Half", inferenceType="Input tokens"),
        ]
    )

    assert found == {
        "novapro": Price(pytest.approx(0.8), pytest.approx(3.2), pytest.approx(0.2)),
        "claudesonnet45": Price(3.0, 15.0),
        "titanembeddings": Price(pytest.approx(0.02), 0.0),
    }


_PARTS = st.sampled_from(["product", "attributes", "terms", "OnDemand", "model", "inferenceType", "unit"])


@given(st.dictionaries(_PARTS, st.recursive(st.none() | st.text(max_size=5) | st.integers(), lambda inner: (
    st.lists(inner, max_size=3) | st.dictionaries(_PARTS, inner)
))))  # fmt: skip
def test_a_list_that_is_none_gives_no_prices(odd):
    assert prices_of([odd]) == {}


@given(st.text(max_size=60))
def test_any_name_has_a_price(name):
    assert ESTIMATES.of(name).price.input >= 0
