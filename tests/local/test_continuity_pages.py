from __future__ import annotations

from pathlib import Path

import pytest

from tidegate.errors import ConfigurationError
from tidegate.playbooks.roll_back_model import WAYS
from tidegate.rules import Rules
from tidegate_local.continuity_pages import _PLACES, main, pages

RULE = """
[[continuity]]
application = "customer support"
resources = ["arn:aws:bedrock:us-east-1:111122223333:agent-alias/AGENT00001/*"]
pointer = "/support/active-model"
fallback = "amazon.nova-lite-v1:0"
message_parameter = "/support/maintenance"
maintenance_message = "Back soon. <b>Mail</b> support@example.com."
stops = "Answers about orders."
"""


def test_a_page_says_what_is_done_what_stops_and_how_to_exercise_it() -> None:
    ((name, text),) = pages(Rules.from_toml(RULE)).items()
    assert name == "customer-support.md"
    for said in (
        "roll_back_agent_alias (and stays paused",
        "1. `pause_agent_alias`",
        "2. `switch_to_fallback`: parameter `/support/active-model` becomes `amazon.nova-lite-v1:0`",
        "3. `announce_maintenance`",
        "**Stops working meanwhile:** Answers about orders.",
        "--scenario continuity",
    ):
        assert said in text
    assert "<b>" not in text


def test_every_way_back_is_known_to_the_pages() -> None:
    assert {way.kind for way in WAYS} == set(_PLACES)


def test_the_command_writes_a_page_per_application(tmp_path: Path) -> None:
    (tmp_path / "rules.toml").write_text(RULE + RULE.replace("customer support", "internal search"))
    assert main([str(tmp_path / "rules.toml"), str(tmp_path / "plans")]) == 0
    assert {page.name for page in (tmp_path / "plans").iterdir()} == {"customer-support.md", "internal-search.md"}
    (tmp_path / "none.toml").write_text("")
    assert main([str(tmp_path / "none.toml"), str(tmp_path / "plans")]) == 1


@pytest.mark.parametrize("line", ["pointer", "fallback", "maintenance_message", "message_parameter", "stops"])
def test_half_a_rule_is_refused_and_says_what_is_missing(line: str) -> None:
    text = "\n".join(each for each in RULE.splitlines() if not each.startswith(line))
    with pytest.raises(ConfigurationError, match="continuity"):
        Rules.from_toml(text)
