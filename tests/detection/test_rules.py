"""Allow-lists and budgets."""

from __future__ import annotations

import pytest
from detection_builders import World, a_session, an_api_call

from tidegate import rules as rules_module
from tidegate.errors import ConfigurationError
from tidegate.rules import Rules

DELETION = {"parameters": {"guardrailIdentifier": "gr7tide00001"}}
ALLOW = """
[[allow]]
detector = "{detector}"
principal = "{principal}"
model = "{model}"
expires = {expires}
reason = "planned, ticket 4711"
"""


def _found(**allow: str) -> int:
    given = {
        "detector": "guardrail_*",
        "principal": "role:PlatformAdmin",
        "model": "*",
        "expires": "2026-12-31T00:00:00Z",
        **allow,
    }
    world = World(rules=Rules.from_toml(ALLOW.format(**given)))
    world.see(an_api_call("DeleteGuardrail", principal=a_session("PlatformAdmin", "m.rivera"), **DELETION))
    return len(world.found)


def test_an_allowed_principal_is_left_alone():
    assert _found() == 0


@pytest.mark.parametrize(
    "allow",
    [
        {"detector": "quota_abuse"},
        {"principal": "role:SomeoneElse"},
        {"model": "anthropic.*"},
        {"expires": "2026-08-31"},
    ],
    ids=["another detector", "another principal", "another model", "expired at the time of the event"],
)
def test_an_allowance_reaches_no_further_than_it_says(allow):
    assert _found(**allow) == 1


def test_a_resource_can_be_allowed_too():
    assert _found(principal="*", model="arn:aws:bedrock:*:guardrail/gr7tide00001") == 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[allow]", "not TOML"),
        ('[[allow]]\nprincipal = "role:x"\nexpires = 2026-12-31\n', "allow.0.reason"),
        ('[[allow]]\nprincipal = "role:x"\nreason = "planned"\n', "allow.0.expires"),
        ('[[allow]]\nreason = "planned"\nexpires = 2026-12-31\n', "for everybody"),
        ('[[budget]]\ncaller = "user:*"\ncals_per_hour = 3\n', "budget.0.cals_per_hour"),
        ("[[budget]]\ncalls_per_hour = -1\n", "budget.0.calls_per_hour"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(text, message):
    with pytest.raises(ConfigurationError, match=message) as caught:
        Rules.from_toml(text, where="/tidegate/rules")

    assert str(caught.value).startswith("/tidegate/rules")


def test_the_first_budget_that_matches_applies():
    rules = Rules.from_toml(
        '[[budget]]\ncaller = "user:vip-*"\ncalls_per_hour = 9\n[[budget]]\ncaller = "user:*"\ntokens_per_day = 5\n'
    )

    vip, other = rules.budget_of("user:vip-1"), rules.budget_of("user:u-1")
    assert vip is not None
    assert other is not None
    assert (vip.calls_per_hour, vip.tokens_per_day) == (9, 0)
    assert (other.calls_per_hour, other.tokens_per_day) == (0, 5)
    assert rules.budget_of("session:App/web-1") is None


def test_no_rules_allow_nothing_and_budget_nobody():
    assert Rules.from_toml("") == Rules()


def test_the_example_of_the_format_is_one_and_holds_every_table():
    """What the module's docstring shows can be copied."""
    shown = "\n".join(line[4:] for line in (rules_module.__doc__ or "").splitlines() if line.startswith("    "))
    example = Rules.from_toml(shown)

    assert [name for name in Rules.model_fields if not getattr(example, name)] == []
