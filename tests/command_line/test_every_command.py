"""Every command is on its page, has an example there, is run by a test, and refuses what makes no sense."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from pathlib import Path

import pytest
from command_line_builders import Tidegate

from tidegate_local import command_pages
from tidegate_local.command_pages import Command, commands, examples_in, options_of

TESTS = Path(__file__).parents[1]
COMMANDS = {command.name: command for command in commands()}
NO_EXAMPLE = {"index upgrade"}  # the same as `index install`
# What makes no sense, and what the answer has to name of it.
WRONG = [
    ("demo --scenario flood", "restore_guardrails"),
    ("demo --hold --start 2026-09-14T07:00", "--start"),
    ("demo --mode always", "observe"),
    ("replay", "PATH"),
    ("replay no/such/folder", "no/such/folder"),
    ("replay . --rules no/such/folder", "no/such/folder"),
    ("calibrate . --out c.json --false-positive-rate 2", "0.2"),
    ("calibrate .", "--out"),
    ("simulate", "OUT"),
    ("simulate out --class no_such_class", "no_such_class"),
    ("simulate out --account 12", "twelve digits"),
    ("detectors --family no_such_family", "tampering"),
    ("detectors show guardrail", "guardrail_weakened"),
    ("incidents", "--stack NAME"),
    ("explain", "INCIDENT"),
    ("timeline", "INCIDENT"),
    ("search no_such_query", "open_incidents"),
    ("search events_of_name name", "NAME=VALUE"),
    ("search events_of_name name=user:alice", "account"),
    ("search events_of_name account=1 name=user:alice colour=red", "colour"),
    ("search open_incidents severity_id=high", "number"),
    ("prompt", "EVENT_ID"),
    ("approve", "APPROVAL"),
    ("contained", "--stack NAME"),
    ("undo", "--incident"),
    ("undo run-1 --incident inc-1", "--incident"),
    ("close inc-1", "--reason"),
    ("serve --port 99999", "65535"),
    ("report", "--stack NAME"),
    ("evidence verify", "INCIDENT|RUN"),
    ("evidence show", "INCIDENT|RUN"),
    ("doctor --only everything", "posture"),
    ("cost --price sqs=free", "--prices"),
    ("cost --invocations -1", "0"),
    ("index install", "--stack NAME"),
    ("index upgrade", "--stack NAME"),
    ("index status", "--stack NAME"),
    ("index replay-errors", "--stack NAME"),
]


def test_the_page_of_commands_says_what_the_command_line_says() -> None:
    written = command_pages.PAGE.read_text("utf-8")
    assert command_pages.page(examples_in(written)) == written, "make docs writes it anew"


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_and_all_it_takes_say_what_they_are(name: str) -> None:
    about = COMMANDS[name].about
    assert about.help
    assert [one.name for one in about.params if not one.help] == []


@pytest.mark.parametrize("name", sorted(COMMANDS.keys() - NO_EXAMPLE))
def test_a_command_has_an_example_on_the_page(name: str) -> None:
    assert all(example.output for example in examples_in(command_pages.PAGE.read_text("utf-8"))[name])


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_and_each_of_its_options_are_run_by_a_test(name: str) -> None:
    run = _run_by_tests()
    assert name in run, f'no test runs tidegate("{name.replace(" ", chr(34) + ", " + chr(34))}", ...)'
    assert [option for option in options_of(COMMANDS[name]) if option not in run[name]] == []


def _run_by_tests() -> dict[str, set[str]]:
    """Command -> the words that stand in test modules which run it: its options among them."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in TESTS.rglob("test_*.py"):
        if path == Path(__file__):
            continue
        tree = ast.parse(path.read_text("utf-8"))
        words = {one.value for one in ast.walk(tree) if isinstance(one, ast.Constant) and isinstance(one.value, str)}
        for name in filter(None, map(_command_run, ast.walk(tree))):
            found[name] |= words
    return found


def _command_run(node: ast.AST) -> str | None:
    """Of a call `tidegate("evidence", "verify", ...)`."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "tidegate"):
        return None
    words = [one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
    return next((name for name in (" ".join(words[:2]), " ".join(words[:1])) if name in COMMANDS), None)


def test_what_makes_no_sense_is_asked_of_every_command() -> None:
    assert {command_pages.command_in(line) for line, _ in WRONG} == COMMANDS.keys()


@pytest.mark.parametrize(("line", "named"), WRONG, ids=[line for line, _ in WRONG])
def test_what_makes_no_sense_ends_with_2_and_the_answer_says_what_to_do(
    tidegate: Tidegate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, named: str
) -> None:
    monkeypatch.chdir(tmp_path)  # where no demo is held
    ran = tidegate(*line.split())
    assert ran.code == 2, ran.out
    assert named in re.sub(r"[│\s]+", " ", ran.problems)
    assert ran.out == ""
    assert "Traceback" not in ran.problems


def test_a_word_that_is_no_command_is_refused(tidegate: Tidegate) -> None:
    ran = tidegate("incidentz")
    assert ran.code == 2
    assert "incidents" in ran.problems


def test_the_command_in_a_line_is_found() -> None:
    assert command_pages.command_in("evidence verify inc-1 --json") == "evidence verify"
    assert command_pages.command_in("detectors --family tampering") == "detectors"


def test_a_switch_is_documented_both_ways() -> None:
    assert {"--index", "--no-index"} <= set(options_of(_named("cost")))


def _named(name: str) -> Command:
    return COMMANDS[name]
