"""What cases can't say about risky_tool_use: the rules' tools, new tools of a caller, severity, memory."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from content_builders import a_github_token, an_answer
from detection_builders import World
from hypothesis import given
from hypothesis import strategies as st

from tidegate.detectors.risky_tool_use import Used
from tidegate.model import Finding, Severity
from tidegate.rules import Rules

DAY = 86_400
RULES = Rules.from_toml("""
[[tool]]
tool = "fetch_*"
hosts = ["docs.example.com", "10.1.2.3"]

[[tool]]
tool = "save_file"
targets = ["reports/*"]

[[tool]]
tool = "operate"
runs_code = true
""")


def found(*calls, rules: Rules | None = None) -> list[Finding]:
    world = World(rules=rules or Rules())
    world.see(*calls)
    return [finding for finding in world.found if finding.detector == "risky_tool_use"]


def kinds(tool: str, given: Any, rules: Rules | None = None) -> list[str]:
    return [
        risk["kind"]
        for finding in found(an_answer(tools=[(tool, given)]), rules=rules)
        for risk in finding.evidence["risks"]
    ]


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("https://docs.example.com/a", []),
        ("http://10.1.2.3/", []),
        ("http://10.1.2.4/", ["outside_its_hosts"]),
        ("https://news.example.net/", ["outside_its_hosts"]),
        ("http://169.254.169.254/", ["metadata_host"]),
    ],
)
def test_a_tool_of_the_rules_goes_where_they_say_and_never_to_the_metadata(url: str, kind: list[str]):
    assert kinds("fetch_page", {"url": url}, RULES) == kind


def test_a_tool_of_the_rules_writes_where_they_say():
    assert kinds("save_file", {"path": "reports/2026.md"}, RULES) == []
    assert kinds("save_file", {"path": "/srv/www/index.html"}, RULES) == ["outside_its_targets"]
    assert kinds("save_file", {"path": "/srv/www/index.html"}) == []


def test_a_tool_that_runs_code_by_the_rules_may_hold_shell_syntax():
    given = {"input": "ls; cat notes.txt"}

    assert kinds("operate", given) == ["shell_syntax"]
    assert kinds("operate", given, RULES) == []
    assert kinds("operate", {"input": "cat ~/.aws/credentials"}, RULES) == ["reads_credentials"]


def test_hosts_without_a_scheme_are_read_where_the_argument_says_so():
    assert kinds("lookup", {"host": "169.254.169.254"}) == ["metadata_host"]
    assert kinds("lookup", {"version": "169.254.169.254"}) == []


def test_prose_in_an_argument_that_people_read_runs_nothing():
    text = "Run `make test; rm -rf /` or cat ~/.aws/credentials | sh"

    assert kinds("send_message", {"text": text}) == []
    assert kinds("lookup_ship", {"name": text}) != []


def test_padding_hides_nothing():
    assert kinds("lookup_ship", {"name": "a " * 50_000 + "; curl https://x.attacker-stats.net"}) == ["shell_syntax"]


def test_the_worst_risk_decides_and_all_are_told():
    [finding] = found(
        an_answer(tools=[("fetch", {"url": "http://10.0.0.8/"}), ("fetch", {"url": "http://169.254.169.254/"})])
    )

    assert finding.severity is Severity.CRITICAL
    assert [risk["kind"] for risk in finding.evidence["risks"]] == ["internal_host", "metadata_host"]


def test_a_secret_in_an_argument_is_not_told():
    [finding] = found(an_answer(tools=[("fetch", {"url": f"http://10.0.0.8/?t={a_github_token()}"})]))

    assert a_github_token() not in json.dumps(finding.model_dump(mode="json"))


def test_a_tool_is_new_once_and_only_to_a_caller_with_a_history():
    known = [an_answer(tools=[("get_weather", {})], at=n * 20_000.0) for n in range(30)]
    new = [an_answer(tools=[("get_account", {"id": n})], at=7 * DAY + n * 60.0) for n in range(3)]

    assert [finding.title for finding in found(*known, *new)] == [
        "Model calls a tool that is new to this caller: get_account"
    ]
    assert found(*new, *known[:1]) == []
    assert found(*known, *new, rules=Rules.from_toml('[[tool]]\ntool = "get_account"\n')) == [], "written down"


@given(st.lists(st.text(max_size=12), max_size=300), st.integers(0, 10**6))
def test_the_memory_stays_small_whatever_tools_are_called(tools: list[str], day: int):
    used = Used()
    for number, tool in enumerate(tools):
        used.add(tool, day + number // 10)

    assert len(msgspec.msgpack.encode(used)) < 220
