"""`--help` and completion know every command by its line, and load none."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
from command_line_builders import Tidegate

from tidegate_local.cli import COMMANDS

HEAVY = ("moto", "botocore", "boto3", "opensearchpy", "numpy", "samtranslator", "tidegate.detectors")
PROGRAM = f"""
import json, sys
from tidegate_local.cli import main
try:
    main(sys.argv[1:])
except SystemExit:
    pass
print(json.dumps([name for name in {HEAVY!r} if name in sys.modules]), file=sys.stderr)
"""


def loaded_by(*arguments: str, **environment: str) -> tuple[str, list[str]]:
    """What was answered, and which heavy modules that took."""
    command = [sys.executable, "-c", PROGRAM, *arguments]
    ran = subprocess.run(command, capture_output=True, text=True, check=True, env=environment or None)
    heavy: list[str] = json.loads(ran.stderr.splitlines()[-1])
    return ran.stdout, heavy


def test_help_loads_nothing_heavy_and_names_every_command() -> None:
    shown, heavy = loaded_by("--help")
    assert heavy == []
    assert [entry.name for entry in COMMANDS if not entry.hidden and entry.name not in shown] == []


def test_completing_the_name_of_a_command_loads_nothing_heavy() -> None:
    asked = {"_TIDEGATE_COMPLETE": "complete_bash", "COMP_WORDS": "tidegate ex", "COMP_CWORD": "1"}
    shown, heavy = loaded_by(**asked)
    assert heavy == []
    assert shown.split() == ["explain"]


def test_a_command_that_needs_them_loads_them() -> None:
    assert "tidegate.detectors" in loaded_by("detectors")[1]


@pytest.mark.parametrize("entry", COMMANDS, ids=lambda entry: entry.name)
def test_a_line_of_help_is_how_the_command_s_own_help_begins(entry: Any) -> None:
    about = " ".join(entry.loaded().help.split("\n\n")[0].split())
    assert about == entry.about or entry.hidden


def test_a_name_that_is_nearly_one_is_guessed(tidegate: Tidegate) -> None:
    ran = tidegate("incidnts")
    assert ran.code == 2
    assert "'incidents'" in ran.problems
