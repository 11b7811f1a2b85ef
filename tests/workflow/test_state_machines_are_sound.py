"""What moto accepts in silence and AWS does not, or does otherwise than meant. Syntax: `make validate`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tidegate import errors
from tidegate.actions import ACTIONS
from tidegate.console.playbook_picture import edges_of
from tidegate.playbooks import PLAYBOOKS
from tidegate.response.acting import PHASES
from tidegate_local.playbook_pages import actions_of, machine_named

NAMES = ["respond", "release", *PLAYBOOKS]
ELSEWHERE = {"NotSent"}  # raised while a notice is told, which is a queue's work: no state machine waits for it
OURS = {
    name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, errors.Retryable)
} - ELSEWHERE


def machines(name: str) -> Iterator[dict[str, Any]]:
    """The state machine and those inside its Maps."""
    machine = machine_named(name)
    yield machine
    yield from (state["ItemProcessor"] for state in machine["States"].values() if "ItemProcessor" in state)


def tasks(name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for machine in machines(name):
        yield from ((state, body) for state, body in machine["States"].items() if body["Type"] == "Task")


@pytest.mark.parametrize("name", NAMES)
def test_every_state_is_reached_and_leads_somewhere(name: str) -> None:
    for machine in machines(name):
        targets = {edge.target for edge in edges_of(machine)} | {machine["StartAt"]}
        assert targets == set(machine["States"])


@pytest.mark.parametrize("name", NAMES)
def test_every_function_call_is_retried_on_all_our_retryable_errors(name: str) -> None:
    for state, body in tasks(name):
        if "lambda:invoke" in body["Resource"]:
            retried = {error for rule in body["Retry"] for error in rule["ErrorEquals"]}
            assert retried >= OURS, state


@pytest.mark.parametrize("playbook", PLAYBOOKS)
def test_a_playbook_takes_each_step_by_snapshot_apply_verify(playbook: str) -> None:
    phases: dict[str, list[str]] = {}
    for _, body in tasks(playbook):
        payload = body["Parameters"]["Payload"]
        phases.setdefault(payload["step_id.$"].removeprefix("$.steps."), []).append(payload["phase"])
    assert phases
    assert all(taken == ["snapshot", "apply", "verify"] for taken in phases.values())
    assert set(phases) == set(actions_of(machine_named(playbook))) <= set(ACTIONS)
    assert {"snapshot", "apply", "verify", "undo"} == set(PHASES)


@pytest.mark.parametrize("playbook", PLAYBOOKS)
def test_a_step_runs_in_its_familys_function_under_its_familys_role(playbook: str) -> None:
    for state, body in tasks(playbook):
        action = body["Parameters"]["Payload"]["step_id.$"].removeprefix("$.steps.")
        family = ACTIONS[action].about.family.value.title()
        assert body["Parameters"]["FunctionName"] == f"${{ActOn{family}FunctionArn}}", state


@pytest.mark.parametrize("name", NAMES)
def test_only_ids_and_our_own_words_travel(name: str) -> None:
    """What attackers write (names, titles, reasons) stays in the stores; no intrinsic builds text from anything."""
    assert "States.Format" not in json.dumps(machine_named(name))
    travelling = {
        key
        for _, body in tasks(name)
        for given in (body["Parameters"].get("Payload", {}), body["Parameters"].get("Input", {}))
        for key in given
    }
    assert {key.removesuffix(".$") for key in travelling} <= {
        "run_id", "step_id", "phase", "by", "reason", "steps", "incident_id", "generation", "outcome", "error",
        "task_token", "AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID",
    }  # fmt: skip


def test_respond_knows_every_playbook() -> None:
    of_a_round = machine_named("respond")["States"]["TakeRounds"]["ItemProcessor"]
    choices = of_a_round["States"]["ChoosePlaybook"]["Choices"]
    assert {choice["StringEquals"] for choice in choices} == set(PLAYBOOKS)
