"""Each task of `respond` and `release` fails: where the execution goes on, and what is never called any more.

Every way through them is walked; a new task fails these tests until it is said what its failure leads to.
"""

from __future__ import annotations

import pytest
from scripted_functions import HANGS, Asked, Machines, asked_in, tasks_of

from tidegate.actions import ACTIONS, Family
from tidegate.playbooks import PLAYBOOKS
from tidegate_local.playbook_pages import actions_of, machine_named

pytestmark = pytest.mark.end_to_end

INCIDENT = {"incident_id": "incident-1", "generation": 1}
STATE_OF = {playbook: "".join(part.title() for part in playbook.split("_")) for playbook in PLAYBOOKS}
NOTHING_CHANGED, UNDONE = ["RecordFailed", "Failed"], ["UndoChanges", "RecordFailed", "Failed"]
AFTER_FAILURE = {  # task of `respond` -> the states after it when it fails
    "PlanResponse": NOTHING_CHANGED,
    "RequestApproval": NOTHING_CHANGED,
    "Unanswered": NOTHING_CHANGED,
    "PreserveEvidence": NOTHING_CHANGED,
    **{state: ["RoundFailed", "RecordContained", *UNDONE] for state in STATE_OF.values()},
    "RecordContained": UNDONE,
    "UndoChanges": NOTHING_CHANGED,
    "RecordObserved": NOTHING_CHANGED,
    "RecordRefused": NOTHING_CHANGED,
    "RecordDeclined": NOTHING_CHANGED,
    "RecordTimedOut": NOTHING_CHANGED,
    "RecordFailed": [],
}
RELEASING = ["ListChanges", "UndoChanges", "RecordReleased", "Released"]
FAMILY_STATES = {family: f"UndoOn{family.value.title()}" for family in Family}


class Way:
    """A way through `respond`: mode and rounds of the plan, what people answer, and the tasks on it in order."""

    def __init__(
        self, mode: str, *tasks: str, playbook: str = "throttle_caller", said: tuple[str, ...] = (), rounds: int = 1
    ) -> None:
        self.mode, self.tasks, self.playbook, self.said, self.rounds = mode, tasks, playbook, said, rounds


WAYS = {
    "observed": Way("observe", "PlanResponse", "RecordObserved"),
    "refused": Way("refused", "PlanResponse", "RecordRefused"),
    "declined": Way("approve", "PlanResponse", "RequestApproval", "RecordDeclined", said=("declined",)),
    "lapsed": Way("approve", "PlanResponse", "RequestApproval", "Unanswered", "RecordTimedOut", said=("lapse",)),
    "asked again": Way(
        "approve", "PlanResponse", "RequestApproval", "Unanswered", "RequestApproval", "RecordDeclined",
        said=("ask_again", "declined"),
    ),
    "by silence": Way(
        "approve", "PlanResponse", "RequestApproval", "Unanswered", "PreserveEvidence", "ThrottleCaller",
        "RecordContained", said=("act",),
    ),
    "approved": Way(
        "approve", "PlanResponse", "RequestApproval", "PreserveEvidence", "ThrottleCaller", "RecordContained",
        said=("approved",),
    ),
    "by rounds": Way(
        "auto", "PlanResponse", "PreserveEvidence", "ThrottleCaller", "ThrottleCaller", "RecordContained", rounds=2
    ),
    **{
        playbook: Way("auto", "PlanResponse", "PreserveEvidence", STATE_OF[playbook], "RecordContained",
                      playbook=playbook)
        for playbook in PLAYBOOKS
    },
}  # fmt: skip


def respond(machines: Machines, way: Way) -> str:
    """Runs `respond` along the way until it ends; its ARN."""
    action = actions_of(machine_named(way.playbook))[0]
    run = f"run-{machines.next_name()}"
    asked = asked_in("respond")
    machines.answers = {
        asked["PlanResponse"]: {
            "run_id": run,
            "playbook": way.playbook,
            "mode": way.mode,
            "rounds": [{"name": f"{run}{more}", "steps": {action: action}} for more in ("", "-2")[: way.rounds]],
            "approval_seconds": 1800,
        },
        Asked("CloseRun", "", "releasing"): {"steps": []},
    }
    said = list(way.said)
    silent = [answer for answer in said if answer in ("lapse", "ask_again", "act")]
    machines.answers[asked["Unanswered"]] = {"next": silent[0] if silent else "lapse"}
    execution = machines.start("respond", INCIDENT)
    for answer in said:
        if machines.tokens and machines.ended(execution) == "RUNNING":
            if answer in ("approved", "declined"):
                machines.answer(answer)
            else:
                machines.wait(execution, steps=1, seconds=1801)
    machines.wait(execution, seconds=300)
    return execution


def tasks(states: list[str], name: str) -> list[str]:
    known = {state for state, _ in tasks_of(machine_named(name))}
    return [state for state in states if state in known]


def breaks(machines: Machines, state: str, error: str) -> None:
    """The state's next call, and those of its retries, fail."""
    asked = asked_in("respond")
    if state in asked:
        machines.faults = {asked[state]: [error] * 3}
    elif state == "UndoChanges":
        machines.faults = {
            asked["RecordContained"]: ["Refused"],
            Asked("CloseRun", "", "releasing"): ["Refused"],
        }
    else:
        playbook = next(name for name, each in STATE_OF.items() if each == state)
        action = actions_of(machine_named(playbook))[0]
        function = f"ActOn{ACTIONS[action].about.family.value.title()}"
        machines.faults = {Asked(function, action, "apply"): [error] * 3, asked["RecordContained"]: ["Permanent"]}


def test_every_task_of_the_frame_is_on_a_way_and_has_its_failure_said() -> None:
    walked = {task for way in WAYS.values() for task in way.tasks}
    every = {state for state, _ in tasks_of(machine_named("respond"))}
    assert every == walked | {"UndoChanges", "RecordFailed"} == set(AFTER_FAILURE)
    undoing = {state for state, _ in tasks_of(machine_named("release"))}
    assert undoing == {"ListChanges", "RecordReleased", "RecordIncomplete", *FAMILY_STATES.values()}


@pytest.mark.parametrize("name", WAYS)
def test_each_way_is_walked_to_its_end(machines: Machines, name: str) -> None:
    machines.faults = {}
    way = WAYS[name]
    execution = respond(machines, way)
    assert machines.ended(execution) == "SUCCEEDED", machines.error(execution)
    assert tasks(machines.states(execution), "respond") == list(way.tasks)


FIRST = {task: name for name, way in reversed(WAYS.items()) for task in way.tasks}  # task -> a way that walks it


@pytest.mark.parametrize(
    ("state", "error"),
    [(state, error) for state in FIRST for error in ("Refused", HANGS) if (state, error) != ("RequestApproval", HANGS)],
)
def test_a_task_that_fails_leads_where_it_is_said(machines: Machines, state: str, error: str) -> None:
    breaks(machines, state, error)
    execution = respond(machines, WAYS[FIRST[state]])
    assert machines.ended(execution) == "FAILED"
    assert machines.error(execution) == "ResponseFailed"
    entered = machines.states(execution)
    assert entered[entered.index(state) + 1 :] == AFTER_FAILURE[state]


def test_a_round_that_fails_keeps_no_other_from_being_taken(machines: Machines) -> None:
    """Its record refuses to say contained; that, and not the round, leads to the undoing."""
    breaks(machines, "ThrottleCaller", "Refused")
    action = actions_of(machine_named("throttle_caller"))[0]
    function = f"ActOn{ACTIONS[action].about.family.value.title()}"
    machines.faults[Asked(function, action, "apply")] = ["Refused"]
    execution = respond(machines, WAYS["by rounds"])
    taken = [state for state in machines.states(execution) if state in ("ThrottleCaller", "RoundFailed", "RoundTaken")]
    assert taken == ["ThrottleCaller", "RoundFailed", "ThrottleCaller", "RoundTaken"]
    assert machines.states(execution)[-4:] == ["RecordContained", "UndoChanges", "RecordFailed", "Failed"]
    assert machines.error(execution) == "ResponseFailed"


def test_an_undo_that_fails_is_recorded_all_the_same(machines: Machines) -> None:
    breaks(machines, "UndoChanges", "Refused")
    execution = respond(machines, WAYS["throttle_caller"])
    assert machines.states(execution)[-3:] == ["UndoChanges", "RecordFailed", "Failed"]
    assert Asked("CloseRun", "", "release_failed") in machines.calls


def test_a_failure_that_could_not_be_recorded_is_recorded_by_a_redrive(machines: Machines) -> None:
    asked = asked_in("respond")
    machines.faults = {asked["PlanResponse"]: ["Refused"], asked["RecordFailed"]: ["Refused"]}
    execution = respond(machines, WAYS["observed"])
    assert (machines.ended(execution), machines.states(execution)[-1]) == ("FAILED", "RecordFailed")
    machines.redrive(execution)
    assert machines.calls == [asked["RecordFailed"]]
    assert machines.states(execution)[-1] == "Failed"


def release(machines: Machines) -> str:
    steps = [{"step_id": f"step-{family.value}", "family": family.value} for family in Family]
    machines.answers = {Asked("CloseRun", "", "releasing"): {"steps": steps}}
    execution = machines.start("release", {"run_id": "run-1", "reason": "undone", "by": "olga"})
    machines.wait(execution, seconds=300)
    return execution


def test_a_release_undoes_every_change_in_the_order_given(machines: Machines) -> None:
    machines.faults = {}
    execution = release(machines)
    assert machines.ended(execution) == "SUCCEEDED"
    assert tasks(machines.states(execution), "release") == ["ListChanges", *FAMILY_STATES.values(), "RecordReleased"]


@pytest.mark.parametrize("error", ["Permanent", HANGS])
@pytest.mark.parametrize("family", Family)
def test_an_undo_that_does_not_answer_keeps_no_other_from_being_undone(
    machines: Machines, family: Family, error: str
) -> None:
    """The record refuses to say released while a change stands: here the functions do as told, so it succeeds."""
    machines.faults = {Asked(f"ActOn{family.value.title()}", "", "undo"): [error] * 3}
    execution = release(machines)
    undone = [call.function for call in machines.calls if call.word == "undo"]
    assert list(dict.fromkeys(undone)) == [f"ActOn{each.value.title()}" for each in Family]
    assert machines.states(execution).count("LeftForNow") == 1


@pytest.mark.parametrize("state", ["ListChanges", "RecordReleased"])
@pytest.mark.parametrize("error", ["Permanent", HANGS])
def test_a_release_that_fails_says_incomplete(machines: Machines, state: str, error: str) -> None:
    machines.faults = {asked_in("release")[state]: [error] * 3}
    execution = release(machines)
    assert (machines.ended(execution), machines.error(execution)) == ("FAILED", "ReleaseIncomplete")
    assert machines.states(execution)[-2:] == ["RecordIncomplete", "Incomplete"]


def test_an_incomplete_release_that_could_not_be_recorded_is_recorded_by_a_redrive(machines: Machines) -> None:
    asked = asked_in("release")
    machines.faults = {asked["ListChanges"]: ["Permanent"], asked["RecordIncomplete"]: ["Permanent"]}
    execution = release(machines)
    assert machines.states(execution)[-1] == "RecordIncomplete"
    machines.redrive(execution)
    assert machines.states(execution)[-1] == "Incomplete"
