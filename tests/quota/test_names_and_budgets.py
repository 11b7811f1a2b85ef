"""What an end user is called in the log and the table, and which budget is whose."""

from __future__ import annotations

import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.errors import ConfigurationError
from tidegate.rules import Rules
from tidegate_quota import Budget, Budgets, logged_name, read_rules

# What Bedrock takes as a value of requestMetadata.
TAKEN = re.compile(r"[a-zA-Z0-9\s:_@$#=/+,\-.]{0,256}")


@pytest.mark.parametrize("user", ["alice@example.org", "7f3c:eu/a", "Alice B.", "a" * 256])
def test_a_name_that_the_log_can_hold_is_itself(user: str) -> None:
    assert logged_name(user) == user


def test_a_name_that_the_log_cant_hold_can_still_be_read() -> None:
    assert re.fullmatch(r"auth0-7f3c=sha256=[0-9a-f]{32}", logged_name("auth0|7f3c"))


@given(user=st.text(min_size=1, max_size=600))
def test_every_name_can_be_logged(user: str) -> None:
    assert TAKEN.fullmatch(logged_name(user))


@given(users=st.sets(st.text(st.sampled_from(string.ascii_letters + "|=é\n "), min_size=1, max_size=5), min_size=2))
def test_two_users_never_have_one_name(users: set[str]) -> None:
    names = {logged_name(user) for user in users} | {logged_name(logged_name(user)) for user in users}
    irregular = {user for user in users if logged_name(user) != user}
    assert len({logged_name(user) for user in users}) == len(users)
    assert len(names) == len(users) + len(irregular)  # who calls himself as another is written gets a third name


def test_the_first_budget_whose_pattern_matches_applies() -> None:
    budgets = Budgets([Budget(user="*@partner.example", calls_per_minute=5), Budget(user="a*", calls_per_minute=7)])
    assert budgets.of("ann@partner.example").calls_per_minute == 5
    assert budgets.of("ann").calls_per_minute == 7
    assert budgets.of("bob") == Budget()


TEXT = """
[[end_user]]
user = "*@partner.example"
calls_per_minute = 20
dollars_per_day = 5

[[price]]
model = "arn:aws:bedrock:*:111122223333:application-inference-profile/*"
input = 3.0
output = 15.0

[[allow]]
principal = "role:Pipeline"
expires = 2026-12-31T00:00:00Z
reason = "ticket 4711"
"""


def test_an_application_and_tidegate_read_the_same_text_alike() -> None:
    budgets, prices = read_rules(TEXT)
    rules = Rules.from_toml(TEXT)
    assert budgets.of("ann@partner.example") == rules.end_user[0]
    assert prices == rules.prices


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("calls_per_minute = 0", "at least 1"),
        ("tokens_per_day = -1", "tokens_per_day = -1"),
        ("tokens_per_day = 1.5", "whole number"),
        ("tokens_a_day = 5", "tokens_a_day"),
        ('calls_per_minute = "many"', "calls_per_minute"),
        ('user = ""', 'user = ""'),
    ],
)
def test_a_budget_that_makes_no_sense_is_refused_by_both(row: str, said: str) -> None:
    text = f"[[end_user]]\n{row}\n"
    with pytest.raises(ValueError, match=re.escape(said)):
        read_rules(text)
    with pytest.raises(ConfigurationError, match=r"end_user"):
        Rules.from_toml(text)
