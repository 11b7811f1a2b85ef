"""Canaries, patterns, hosts and tools of an organisation, as written in the rules."""

from __future__ import annotations

import pytest

from tidegate.errors import ConfigurationError
from tidegate.rules import Rules

RULES = Rules.from_toml(r"""
[[canary]]
name = "export"
token = "tidegate-canary-7f3a9c51"

[[pattern]]
name = "contract number"
pattern = '\bCN-[0-9]{4}-[0-9]{6}\b'
severity = "medium"

[[host]]
host = "*.Example.com"

[[tool]]
tool = "fetch_*"
caller = "user:*"
hosts = ["docs.example.com"]
""")


@pytest.mark.parametrize("text", ["{}", "https://x.example.net/?q={}", '"{}"', "({}).", "a b {}\nc"])
def test_a_canary_is_found_as_a_whole_token_in_any_case(text: str):
    for token in ("tidegate-canary-7f3a9c51", "TIDEGATE-CANARY-7F3A9C51"):
        [find] = RULES.outputs.finds(text.format(token))
        assert (find.sort, find.kind, find.value) == ("canary", "export", token)


def test_a_pattern_is_found_with_its_severity():
    [find] = RULES.outputs.finds("Contract CN-2026-004711 is due.")

    assert (find.kind, find.value, find.note) == ("contract number", "CN-2026-004711", "medium")


def test_hosts_are_expected_in_any_case_and_tools_by_caller():
    assert RULES.outputs.expects("docs.example.com")
    assert not RULES.outputs.expects("example.com.attacker-stats.net")
    assert RULES.outputs.tool("fetch_page", "user:u-1")
    assert RULES.outputs.tool("fetch_page", "role:Batch") is None


def test_five_thousand_canaries_cost_a_look_up_a_token():
    many = Rules.from_toml(
        "\n".join(f'[[canary]]\nname = "c{n}"\ntoken = "planted-token-{n:08d}"' for n in range(5_000))
    )

    assert [find.kind for find in many.outputs.finds("a planted-token-00004711 b")] == ["c4711"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[[canary]]\nname = "x"\ntoken = "too short"', "16 to 128"),
        ("[[pattern]]\nname = 'x'\npattern = '(a+)+b'", "without an end"),
        ("[[pattern]]\nname = 'x'\npattern = '[a-z]{1,90} [a-z]{1,90}'", "steps"),
        ("[[pattern]]\nname = 'x'\npattern = 'a{0,3}'", "matches nothing"),
        ("[[pattern]]\nname = 'x'\npattern = 'abc['", "not a regular expression"),
    ],
)
def test_a_rule_that_can_not_work_is_refused_with_the_reason(text: str, says: str):
    with pytest.raises(ConfigurationError, match=says):
        Rules.from_toml(text)
