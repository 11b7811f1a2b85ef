"""Real functions on the real state machines, failing, dying or stopped at every call: undone in reverse, or finished.

One account for all cases; each case has a caller of its own, so that none sees what another left.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from failing_responder import (
    PHASES,
    Responder,
    deployed,
    error,
    failing_at,
    failing_in_the_second_round,
    two_users,
)
from scripted_functions import Asked

from tidegate.model import RunStatus, StepStatus
from tidegate_local.account_state import differences

pytestmark = pytest.mark.end_to_end

BLOCKING = ("block_end_user", "disable_gateway_key")
LAST = ("disable_gateway_key", "verify")
LAST_ROTATING = ("replace_access_key", "verify")
STOPPED = ("deactivate_access_key", "apply")
ROTATING = ("deny_iam_user", "deactivate_access_key", "revoke_minted_credentials", "replace_access_key")


@pytest.fixture(scope="module")
def responder() -> Iterator[Responder]:
    with deployed() as responder:
        yield responder


def points(steps: tuple[str, ...]) -> list[tuple[str, str]]:
    return [*((step, phase) for step in steps for phase in PHASES), ("", "contained")]


@pytest.mark.parametrize(("step", "phase"), [point for point in points(BLOCKING) if point != LAST])
def test_a_playbook_that_fails_at_any_point_is_undone_in_reverse(responder: Responder, step: str, phase: str) -> None:
    """The call took effect, and can't go on after it: everything done so far is put back, the last first."""
    caller = responder.caller("throttle_caller")
    before = responder.state()
    with responder.telling(failing_at(step, phase)):
        run = responder.respond(**caller)
    assert run.status is RunStatus.FAILED
    assert differences(before, responder.state()) == []
    begun = [action for action in BLOCKING if any(asked.step == action for asked in responder.calls)]
    undone = [asked.step for asked in responder.calls if asked.word == "undo"]
    assert undone == begun[::-1]
    touched = [receipt for receipt in responder.receipts(run) if receipt.step.action in begun]
    assert {receipt.status for receipt in touched} == {StepStatus.UNDONE}


@pytest.mark.parametrize(("playbook", "last"), [("throttle_caller", LAST), ("rotate_credentials", LAST_ROTATING)])
def test_what_the_ledger_has_as_proven_is_contained_though_the_last_answer_was_an_error(
    responder: Responder, playbook: str, last: tuple[str, str]
) -> None:
    with responder.telling(failing_at(*last)):
        run = responder.respond(**responder.caller(playbook))
    assert run.status is RunStatus.CONTAINED, (run.error, responder.aws.failures)
    assert {receipt.status for receipt in responder.receipts(run)} == {StepStatus.VERIFIED}


@pytest.mark.parametrize(("step", "phase"), [point for point in points(ROTATING) if point != LAST_ROTATING])
def test_a_rotation_that_fails_opens_the_user_again_and_never_the_stolen_key(
    responder: Responder, step: str, phase: str
) -> None:
    caller = responder.caller("rotate_credentials")
    before = responder.state()
    with responder.telling(failing_at(step, phase)):
        run = responder.respond(**caller)
    assert run.status is RunStatus.FAILED
    name, key = caller["caller"].partition(":")[2], caller["related"][0].partition(":")[2]
    left = differences(before, responder.state())
    stolen = f"iam_users.{name}.access_keys.{key}: Active -> Inactive"
    assert [line for line in left if line != stolen and "absent ->" not in line] == []
    assert (stolen in left) == (points(ROTATING).index((step, phase)) >= points(ROTATING).index(STOPPED))
    assert [line for line in left if "inline" in line] == []


@pytest.mark.parametrize(("playbook", "steps"), [("throttle_caller", BLOCKING), ("rotate_credentials", ROTATING)])
def test_a_process_that_dies_after_every_single_call_changes_nothing_of_the_outcome(
    responder: Responder, playbook: str, steps: tuple[str, ...]
) -> None:
    def dies(_asked: Asked, call: int) -> None:
        if call == 1:
            raise error("Runtime.ExitError")

    with responder.telling(dies):
        run = responder.respond(**responder.caller(playbook))
        assert run.status is RunStatus.CONTAINED, (run.error, responder.aws.failures)
        acted = [(asked.step, asked.word) for asked in responder.calls if asked.step]
        assert acted == [(step, phase) for step in steps for phase in PHASES for _ in range(2)]
        responder.services.responses.release(run.id, reason="undone", by="olga")
        responder.aws.deliver()
        responder.aws.clock.advance(60)
    assert responder.run().status is RunStatus.RELEASED, responder.aws.failures
    assert len([event for event in responder.receipts(run) if event.status is StepStatus.UNDONE]) == len(steps)


def test_an_execution_that_is_stopped_after_every_call_of_the_frame_is_finished_by_redriving(
    responder: Responder,
) -> None:
    """PlanResponse, PreserveEvidence and CloseRun each took effect; the playbook went on meanwhile, or had ended."""
    states = responder.aws.client("stepfunctions")
    frame = ("PlanResponse", "PreserveEvidence", "CloseRun")
    arn = ""

    def stopped(asked: Asked, call: int) -> None:
        if (asked.function in frame or asked.word == "verify") and call == 1:
            states.stop_execution(executionArn=arn)

    caller = responder.caller("throttle_caller")
    machine = responder.aws.outputs["Respond"].replace(":stateMachine:", ":execution:")
    arn = f"{machine}:{responder.execution()}"
    with responder.telling(stopped):
        responder.respond(**caller)
        for _ in range(6):
            if states.describe_execution(executionArn=arn)["status"] == "SUCCEEDED":
                break
            states.redrive_execution(executionArn=arn)
            responder.aws.deliver()
    assert states.describe_execution(executionArn=arn)["status"] == "SUCCEEDED"
    assert responder.run().status is RunStatus.CONTAINED
    assert states.describe_execution(executionArn=arn)["redriveCount"] >= 3
    assert [asked.step for asked in responder.calls if asked.word == "apply"] == list(BLOCKING)


def test_a_playbook_that_is_redriven_after_its_run_was_undone_changes_nothing_more(responder: Responder) -> None:
    caller = responder.caller("throttle_caller")
    before = responder.state()

    def fails(asked: Asked, call: int) -> None:
        if (asked.step, asked.word, call) == ("disable_gateway_key", "snapshot", 1):
            raise error("Permanent")

    with responder.telling(fails):
        run = responder.respond(**caller)
    assert run.status is RunStatus.FAILED
    states = responder.aws.client("stepfunctions")
    machine = responder.aws.outputs["ThrottleCaller"].replace(":stateMachine:", ":execution:")
    states.redrive_execution(executionArn=f"{machine}:{run.id}")
    responder.aws.deliver()
    assert states.describe_execution(executionArn=f"{machine}:{run.id}")["error"] == "Refused"
    assert differences(before, responder.state()) == []


@pytest.mark.parametrize(("step", "phase"), points(ROTATING)[1:-1:3])
def test_a_round_that_fails_is_undone_alone_and_the_others_stand(responder: Responder, step: str, phase: str) -> None:
    incident = two_users(responder)
    with responder.telling(failing_in_the_second_round(step, phase)):
        run = responder.respond(**incident)
    assert run.status is RunStatus.PARTLY_CONTAINED, (run.error, responder.aws.failures)
    first, second = (name.partition(":")[2] for name in (incident["caller"], incident["related"][1]))
    policies = responder.aws.client("iam").list_user_policies
    assert policies(UserName=first)["PolicyNames"] == ["TidegateContainment"]
    assert policies(UserName=second)["PolicyNames"] == []
    kept = [receipt.status for receipt in responder.receipts(run) if receipt.step.round == 1]
    assert kept == [StepStatus.VERIFIED] * len(ROTATING)
    undone = [asked.step for asked in responder.calls if asked.word == "undo"]
    assert undone == list(ROTATING[: ROTATING.index(step) + 1])[::-1]


def test_a_process_that_dies_after_every_call_of_every_round_changes_nothing_of_the_outcome(
    responder: Responder,
) -> None:
    def dies(_asked: Asked, call: int) -> None:
        if call % 2:
            raise error("Runtime.ExitError")

    incident = two_users(responder)
    with responder.telling(dies):
        run = responder.respond(**incident)
    assert run.status is RunStatus.CONTAINED, (run.error, responder.aws.failures)
    acted = [(asked.step, asked.word) for asked in responder.calls if asked.step]
    each = [(step, phase) for step in ROTATING for phase in PHASES for _ in range(2)]
    assert acted == each * 2


def test_a_containment_that_does_not_hold_climbs_and_a_release_is_held_down(responder: Responder) -> None:
    """Blocked, yet its calls go through: the next rung is asked for. It has none: a person decides."""
    caller = responder.caller("throttle_caller")
    session = f"session:app/{caller['caller'].partition(':')[2]}"
    run = responder.respond(**caller, responses=("throttle_caller",), related=(session, "role:app"))
    assert run.status is RunStatus.CONTAINED, (run.error, responder.aws.failures)
    responder.events.made[caller["caller"]] = (7, 0)
    responder.aws.clock.advance(900)
    second = responder.run(2)
    assert [step.action for step in second.plan.steps] == ["deny_role_session"]  # type: ignore[union-attr]
    assert "on account of one end user" in second.plan.mode_reason  # type: ignore[union-attr]
    responder.services.response.decide(second.approval_id, decision="approved", by="petra")
    responder.aws.deliver()
    second = responder.run(2)
    assert second.status is RunStatus.CONTAINED, (second.error, responder.aws.failures)
    responder.services.responses.release(second.id, reason="undone", by="olga")
    responder.aws.deliver()
    incident = responder.services.incidents.get(f"incident-{responder.count}")
    goes_on = incident.model_copy(update={"got_through_at": responder.aws.clock() + timedelta(hours=1)})
    responder.services.incidents.save(goes_on, new_findings=(), names=())
    responder.services.responses.start(incident.id, 3)
    responder.aws.deliver()
    third = responder.run(3)
    assert third.status is RunStatus.AWAITING_APPROVAL
    assert f"run {second.id} of this incident was released" in third.plan.mode_reason  # type: ignore[union-attr]


def test_above_the_blast_radius_auto_asks_a_person(responder: Responder) -> None:
    caller = responder.caller("rotate_credentials")
    responder.events.others[caller["caller"]] = [f"user:{number}" for number in range(40)]
    before = responder.state()
    run = responder.respond(**caller)
    assert run.status is RunStatus.AWAITING_APPROVAL
    assert "40 others use the lever" in run.plan.mode_reason  # type: ignore[union-attr]
    assert differences(before, responder.state()) == []
