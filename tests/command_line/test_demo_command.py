"""`tidegate demo` as it is typed."""

from __future__ import annotations

import json
import time
from pathlib import Path
from unittest.mock import Mock

import pytest
from command_line_builders import START, Tidegate

from tidegate_local import demo as demos
from tidegate_local import story
from tidegate_local.command_line import demo as command

MORNING = f"{START:%Y-%m-%dT%H:%M}"


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_scenarios_are_listed(tidegate: Tidegate) -> None:
    assert "rotate_credentials" in tidegate("demo", "--scenario", "list").out


def test_the_morning_is_written_as_files_the_same_at_any_time(tidegate: Tidegate, tmp_path: Path) -> None:
    for name in ("one", "other"):
        assert f"tidegate replay {name}" in tidegate("demo", "--story", name, "--start", MORNING).out
    one, other = (
        {path.name: path.read_bytes() for path in (tmp_path / name).rglob("*.json")} for name in ("one", "other")
    )
    assert one == other
    assert one


def test_children_need_an_artefact(tidegate: Tidegate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tidegate_local.embedded.artefact_for_this_machine", lambda _project: tmp_path / "none")
    ran = tidegate("demo", "--isolated", "--no-opensearch")
    assert ran.code == 2
    assert "sam build" in ran.problems


@pytest.mark.end_to_end
def test_a_scenario_is_played_and_told_as_json(tidegate: Tidegate) -> None:
    ran = tidegate("demo", "--scenario", "throttle_caller", "--mode", "approve", "--json")
    told = json.loads(ran.out)
    assert told["as_meant"]
    assert told["attacked"] == told["undone"] == {"user mallory": "may call models"}
    assert "approved" in ran.problems


@pytest.mark.end_to_end
def test_a_morning_ends_with_its_outcome_and_a_report(
    tidegate: Tidegate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(story, "MINUTES", 90)  # until the stolen key is stopped
    where = ("--report", tmp_path / "report.html")
    ran = tidegate("demo", "--no-opensearch", "--start", MORNING, *where, "--mode", "auto", "--json")
    told = json.loads(ran.out)
    assert "iam-user:model-evaluation" in {incident["caller"] for incident in told["incidents"]}
    assert ["access key AKIATIDEEVALUATOR001", "Active", "Active → Inactive", "Inactive"] in [
        list(one.values()) for one in told["account"]
    ]
    assert "model-evaluation" in (tmp_path / "report.html").read_text("utf-8")


@pytest.mark.end_to_end
def test_a_held_account_is_found_by_other_commands_until_it_ends(
    tidegate: Tidegate, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[str] = []

    def looked_at_and_interrupted(playing: demos.Demo) -> None:
        found.extend(one.name for one in Path(".tidegate").glob("embedded.json"))
        raise KeyboardInterrupt

    monkeypatch.setattr(story, "MINUTES", 5)
    monkeypatch.setattr(demos, "hold", looked_at_and_interrupted)
    ran = tidegate("demo", "--hold", "--no-opensearch")
    assert ran.code == 0
    assert "tidegate incidents | tidegate explain" in ran.out
    assert found == ["embedded.json"]
    assert not Path(".tidegate/embedded.json").exists()


def test_every_kind_of_moment_has_its_colour() -> None:
    assert {"event", "finding", "incident", "plan", "action", "verified", "undone"} <= command.KIND_STYLE.keys()


def test_a_held_account_is_looked_at_when_something_was_called(monkeypatch: pytest.MonkeyPatch) -> None:
    """It costs a third of a core to look all the time."""
    looks: list[int] = []
    aws = Mock(calls=[], clock=Mock(return_value=START))
    steps = iter([0, 0, 2, 0, 1, 0])  # calls during each pause

    def pause(_seconds: float) -> None:
        more = next(steps, None)
        if more is None:
            raise KeyboardInterrupt
        aws.calls.extend(range(more))

    monkeypatch.setattr(time, "sleep", pause)
    with pytest.raises(KeyboardInterrupt):
        demos.hold(Mock(aws=aws, morning=Mock(look=lambda: looks.append(len(aws.calls)))))
    assert looks == [0, 2, 3]
    assert aws.deliver.call_count == 6
