"""`tidegate demo --scenario NAME`: every playbook, from the finding to undone."""

from __future__ import annotations

import pytest

from tidegate.model import Mode, RunStatus
from tidegate.playbooks import PLAYBOOKS
from tidegate_local.scenarios import SCENARIOS, scenario_named
from tidegate_local.scenarios.playing import play

pytestmark = pytest.mark.end_to_end


def test_every_playbook_has_its_scenario() -> None:
    assert set(PLAYBOOKS) <= set(SCENARIOS)


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_is_contained_proven_and_undone(name: str) -> None:
    told: list[tuple[str, str]] = []
    outcome = play(scenario_named(name), Mode.AUTO, lambda kind, text: told.append((kind, text)))
    assert outcome.as_meant, told
    assert outcome.held != outcome.attacked
    assert [text for kind, text in told if kind == "action" and "verified" not in text] == []


def test_a_second_stolen_key_is_stopped_and_the_owners_new_one_is_not() -> None:
    told: list[str] = []
    outcome = play(scenario_named("second_key"), Mode.AUTO, lambda _kind, text: told.append(text))
    keys = {name: value for name, value in outcome.held.items() if "key of" in name}
    assert keys == {
        "stolen key of builder": "Inactive",
        "new key of builder": "Active",
        "stolen key of reporter": "Inactive",
        "new key of reporter": "Active",
    }
    assert any(text.startswith("not_needed") and "of builder is the replacement" in text for text in told)


def test_a_second_key_is_not_found_where_the_first_was_only_observed() -> None:
    outcome = play(scenario_named("second_key"), Mode.OBSERVE, lambda _kind, _text: None)
    assert outcome.as_meant


def test_a_scenario_that_only_observes_changes_nothing() -> None:
    outcome = play(scenario_named("continuity"), Mode.OBSERVE, lambda _kind, _text: None)
    assert outcome.run.status is RunStatus.OBSERVED
    assert outcome.held == outcome.attacked == outcome.before
    assert outcome.as_meant
