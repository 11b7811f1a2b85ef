"""An ordinary day stays ordinary: events/benign through every detector, theme by theme and all at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tidegate.errors import DamagedRecord
from tidegate.model import Severity
from tidegate.rules import Rules
from tidegate.settings import Settings
from tidegate_local.native_files import files_under, read_file
from tidegate_local.replay import Outcome, Replay

BENIGN = Path(__file__).parents[2] / "events" / "benign"
FILES = [file for file in files_under([BENIGN]) if file.suffix == ".jsonl"]
RULES = BENIGN / "rules.toml"


def replayed(*files: Path) -> Outcome:
    settings = Settings(pipeline_principals=("role:DeploymentPipeline",))
    with Replay(settings=settings, rules=Rules.from_toml(RULES.read_text(), where=str(RULES))) as replay:
        for file in files:
            replay.read(file)
        return replay.play()


def alarms(outcome: Outcome) -> list[str]:
    return [
        f"{finding.detector} {finding.severity}: {finding.title} {finding.evidence}"
        for finding in outcome.findings
        if finding.severity.rank >= Severity.MEDIUM.rank
    ]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_nothing_in_a_theme_alarms_anybody(file: Path) -> None:
    assert alarms(replayed(file)) == []


def test_nothing_in_the_whole_day_alarms_anybody() -> None:
    outcome = replayed(*FILES)
    assert alarms(outcome) == []
    assert outcome.damaged == 0


def test_no_response_is_asked_for() -> None:
    assert [incident.responses for incident in replayed(*FILES).incidents if incident.responses] == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_line_is_a_record_of_its_own(file: Path) -> None:
    read = list(read_file(file))
    assert len(read) == len(file.read_text().splitlines())
    assert not [record for record in read if isinstance(record, DamagedRecord)]
