"""Each task of each playbook's state machine: what may pass is asked again, what can't ends there, a redrive goes on.

The cases are read from the state machines: a new playbook or a new step is tested by being there.
"""

from __future__ import annotations

from typing import Any

import pytest
from scripted_functions import HANGS, Asked, Machines, asked_in

from tidegate.actions import ACTIONS
from tidegate.playbooks import PLAYBOOKS
from tidegate_local.playbook_pages import actions_of, machine_named

pytestmark = pytest.mark.end_to_end

PHASES = ("snapshot", "apply", "verify")
STEPS = [(playbook, action) for playbook in PLAYBOOKS for action in actions_of(machine_named(playbook))]
PASSES = ["Retryable", "Sandbox.Timedout", "Runtime.ExitError"]  # errors after which the next call succeeds


def asked(action: str) -> list[Asked]:
    function = f"ActOn{ACTIONS[action].about.family.value.title()}"
    return [Asked(function, action, phase) for phase in PHASES]


def given(action: str) -> dict[str, Any]:
    return {"run_id": "run-1", "steps": {action: action}}


@pytest.mark.parametrize("playbook", PLAYBOOKS)
def test_every_task_is_one_of_the_cases_here(playbook: str) -> None:
    cases = {each for name, action in STEPS if name == playbook for each in asked(action)}
    assert set(asked_in(playbook).values()) == cases


@pytest.mark.parametrize(("playbook", "action"), STEPS)
def test_what_may_pass_and_what_died_is_asked_again(machines: Machines, playbook: str, action: str) -> None:
    machines.faults = {each: list(PASSES) for each in asked(action)}
    execution = machines.start(playbook, given(action))
    machines.wait(execution)
    assert machines.ended(execution) == "SUCCEEDED", machines.error(execution)
    assert machines.calls == [each for each in asked(action) for _ in range(len(PASSES) + 1)]


@pytest.mark.parametrize(("playbook", "action"), STEPS)
def test_what_cannot_succeed_ends_the_playbook_there_and_a_redrive_goes_on_from_there(
    machines: Machines, playbook: str, action: str
) -> None:
    """Each phase is refused, then gives no answer. What was done before is never asked a second time."""
    machines.faults = {each: ["Refused", HANGS, HANGS, HANGS] for each in asked(action)}
    execution = machines.start(playbook, given(action))
    called: list[Asked] = []
    for each in asked(action):
        for error in ("Refused", "States.Timeout"):
            machines.wait(execution, seconds=100)
            assert (machines.ended(execution), machines.error(execution)) == ("FAILED", error), each
            assert machines.calls[-1] == each
            called += machines.calls
            machines.redrive(execution)
    called += machines.calls
    assert machines.ended(execution) == "SUCCEEDED"
    assert called == [each for each in asked(action) for _ in range(5)]


@pytest.mark.parametrize("playbook", PLAYBOOKS)
def test_a_plan_without_a_step_that_the_playbook_knows_is_no_success(machines: Machines, playbook: str) -> None:
    execution = machines.start(playbook, {"run_id": "run-1", "steps": {"unknown": "step-1"}})
    assert (machines.ended(execution), machines.error(execution)) == ("FAILED", "NoLever")
    assert machines.calls == []
