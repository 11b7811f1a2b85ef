"""Mode observe, with everything happening that could ask for a response: the account is untouched."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from deployed_account import CONTAINED, Deployed, deployed

from tidegate.model import RunStatus, StepStatus
from tidegate_local import story
from tidegate_local.account_state import State, differences

pytestmark = pytest.mark.end_to_end


@pytest.fixture(scope="module")
def observed() -> Iterator[tuple[Deployed, State]]:
    with deployed(ResponseMode="observe") as stack:
        stack.before_it()
        before = stack.state()
        stack.it_happens()
        stack.aws.clock.advance(2 * 3600)
        yield stack, before


def test_the_account_is_as_it_was_but_for_what_the_attackers_did(observed: tuple[Deployed, State]) -> None:
    stack, before = observed
    (change,) = differences(before, stack.state())
    assert change == f'agents.{story.AGENT}.aliases.{story.ALIAS}.version: ["3"] -> ["5"]'


def test_no_call_was_even_tried_outside_of_tidegates_own_stores(observed: tuple[Deployed, State]) -> None:
    """Every call that is no read went to a store, queue, key or state machine of the stack."""
    stack, _ = observed
    reads = ("Get", "List", "Describe", "BatchGet", "Query", "Scan", "Receive")
    own = [*stack.aws.outputs.values(), "arn:aws:kms:", "-tidegate-", ":tidegate-", ":rule/StepFunctionsGetEvents"]
    names = [value.rsplit("/", 1)[-1].rsplit(":", 1)[-1] for value in stack.aws.outputs.values()]
    for call in stack.aws.calls:
        service, _, action = call.action.partition(":")
        if not action.startswith(reads):
            assert service not in ("iam", "secretsmanager", "bedrock", "scheduler"), call
            if call.action == "events:PutEvents":  # probes of the sources, on the account's own bus
                assert call.role.startswith("tidegate-ProbeSourcesRole"), call
                continue
            assert any(name in call.resource for name in [*own, *names]), call


def test_every_plan_is_recorded_with_its_exact_difference(observed: tuple[Deployed, State]) -> None:
    stack, _ = observed
    runs = stack.runs()
    for caller, (playbook, actions) in CONTAINED.items():
        run = runs[caller]
        assert (run.playbook, run.status) == (playbook, RunStatus.OBSERVED), run.error
        assert run.plan is not None
        assert [step.action for step in run.plan.steps] == actions
        assert all(step.difference for step in run.plan.steps)
        assert {receipt.status for receipt in stack.receipts(run)} == {StepStatus.PLANNED}
    assert len(runs) == len(CONTAINED)


def test_no_playbook_ran_and_no_schedule_stands(observed: tuple[Deployed, State]) -> None:
    stack, _ = observed
    states = stack.aws.client("stepfunctions")
    for machine in ("ThrottleCaller", "RotateCredentials", "RollBackModel", "Release"):
        assert states.list_executions(stateMachineArn=stack.aws.outputs[machine])["executions"] == []
    group = stack.aws.outputs["ContainmentSchedules"]
    assert stack.aws.client("scheduler").list_schedules(GroupName=group)["Schedules"] == []
    assert stack.aws.failures == []
