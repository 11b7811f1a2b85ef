"""What a shell completes, asked as bash, zsh and fish ask it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from command_line_builders import Tidegate
from response_builders import an_incident

from tidegate.errors import Retryable
from tidegate.model import Incident
from tidegate_local import stack as stacks

type Completed = Callable[[str], str]


@pytest.fixture
def completed(tidegate: Tidegate, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Completed:
    """What bash is offered at the end of a line."""
    monkeypatch.chdir(tmp_path)

    def ask(line: str) -> str:
        words = line.split(" ")
        monkeypatch.setenv("_TIDEGATE_COMPLETE", "complete_bash")
        monkeypatch.setenv("COMP_WORDS", "\n".join(words))
        monkeypatch.setenv("COMP_CWORD", str(len(words) - 1))
        ran = tidegate()
        assert ran.problems == ""
        return ran.out

    return ask


class Listed:
    """Services of a stack with one incident and no run."""

    def __init__(self, *incidents: Incident) -> None:
        self.incidents, self.ledger = self, self
        self._listed = list(incidents)

    def list(self, *, open_only: bool = False, limit: int = 100) -> list[Incident]:
        assert open_only
        return self._listed[:limit]

    def runs(self, *, limit: int) -> list[object]:
        return []


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> list[str | None]:
    """Names under which a stack was looked for; it has one incident."""
    asked: list[str | None] = []

    def find(name: str | None = None) -> stacks.Stack:
        asked.append(name)
        return stacks.Stack("tidegate", None, {}, "eu-west-1")  # type: ignore[arg-type]

    monkeypatch.setattr(stacks, "find", find)
    monkeypatch.setattr(stacks.Stack, "services", lambda _self: Listed(an_incident(id="inc-1", title="A key")))
    return asked


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("tidegate inci", ["incidents"]),
        ("tidegate evidence ", ["verify", "show"]),
        ("tidegate explain --st", ["--stack"]),
        ("tidegate search events_of", ["events_of_name", "events_of_address"]),
        ("tidegate search events_of_name ", ["account=", "name=", "since=", "until="]),
        ("tidegate detectors show guardrail", ["guardrail_weakened"]),
        ("tidegate detectors --family tam", ["tampering"]),
        ("tidegate detectors --source ", ["log", "cloudtrail"]),
        ("tidegate detectors --technique AML.T00", ["AML.T0054"]),
        ("tidegate demo --scenario r", ["rotate_credentials", "roll_back_model", "restore_guardrails"]),
        ("tidegate demo --mode ob", ["observe"]),
        ("tidegate simulate out --family llm", ["llmjacking"]),
        ("tidegate simulate out --class sea", ["search"]),
        ("tidegate doctor --only ", ["alive", "sight", "posture"]),
    ],
)
def test_names_of_this_machine_are_completed(completed: Completed, line: str, offered: list[str]) -> None:
    assert set(offered) <= set(completed(line).split())


def test_a_parameter_that_was_given_is_not_offered_again(completed: Completed) -> None:
    offered = completed("tidegate search events_of_name account=111122223333 ").split()
    assert "name=" in offered
    assert "account=" not in offered


@pytest.mark.parametrize("line", ["explain ", "timeline ", "approve ", "undo ", "undo --incident ", "evidence show "])
def test_incidents_of_the_stack_are_completed(completed: Completed, found: list[str | None], line: str) -> None:
    assert "inc-1" in completed(f"tidegate {line}")
    assert found
    assert set(found) == {None}


def test_the_stack_is_the_one_that_the_line_names(completed: Completed, found: list[str | None]) -> None:
    assert "inc-1" in completed("tidegate explain --stack tidegate-prod ")
    assert set(found) == {"tidegate-prod"}


def test_stacks_are_those_that_this_folder_deploys(completed: Completed, tmp_path: Path) -> None:
    (tmp_path / "samconfig.toml").write_text(
        '[default.global.parameters]\nstack_name = "tidegate"\n[dev.global.parameters]\nstack_name = "tidegate-dev"\n'
    )
    assert completed("tidegate incidents --stack tide").split() == ["tidegate", "tidegate-dev"]


@pytest.mark.parametrize("broken", ["", "version = 0.1", "[[", 'default = "x"'])
def test_without_a_stack_or_a_configuration_nothing_is_offered(
    completed: Completed, tmp_path: Path, broken: str
) -> None:
    (tmp_path / "samconfig.toml").write_text(broken)
    assert completed("tidegate incidents --stack ").strip() == ""
    assert completed("tidegate explain ").strip() == ""


def test_a_stack_that_does_not_answer_hinders_nobody(
    completed: Completed, found: list[str | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_self: Listed, **_given: object) -> list[Incident]:
        raise Retryable("AWS did not answer")

    monkeypatch.setattr(Listed, "list", away)
    monkeypatch.setattr(Listed, "runs", away)
    assert completed("tidegate explain ").strip() == ""


@pytest.mark.parametrize(
    ("shell", "environment"),
    [
        ("zsh", {"_TYPER_COMPLETE_ARGS": "tidegate search open"}),
        ("fish", {"_TYPER_COMPLETE_ARGS": "tidegate search open", "_TYPER_COMPLETE_FISH_ACTION": "get-args"}),
    ],
)
def test_other_shells_are_told_what_each_is(
    tidegate: Tidegate, monkeypatch: pytest.MonkeyPatch, shell: str, environment: dict[str, str]
) -> None:
    monkeypatch.setenv("_TIDEGATE_COMPLETE", f"complete_{shell}")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    shown = tidegate().out
    assert "open_incidents" in shown
    assert "worst first" in shown


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_has_a_script(tidegate: Tidegate, monkeypatch: pytest.MonkeyPatch, shell: str) -> None:
    monkeypatch.setenv("_TIDEGATE_COMPLETE", f"source_{shell}")
    assert "_TIDEGATE_COMPLETE" in tidegate().out
