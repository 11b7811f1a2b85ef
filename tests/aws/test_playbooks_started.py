"""Step Functions keeps a second start from being one; a release that failed may be asked for again."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tidegate.aws.clients import AwsClients
from tidegate.aws.playbooks import StepFunctionsResponses, StepFunctionsTasks
from tidegate.aws.schedules import EventBridgeSchedules
from tidegate.model import derived_id

RELEASE = "arn:aws:states:eu-central-1:111122223333:stateMachine:tidegate-release"
RESPOND = "arn:aws:states:eu-central-1:111122223333:stateMachine:tidegate-respond"


class Executions:
    """Step Functions' rule for names: the same name and input while it runs is the same start; later it is taken."""

    def __init__(self) -> None:
        self.status: dict[str, str] = {}
        self.given: dict[str, dict[str, Any]] = {}

    def start_execution(self, *, stateMachineArn: str, name: str, input: str) -> None:
        assert len(name) <= 80
        arn = f"{stateMachineArn.replace(':stateMachine:', ':execution:')}:{name}"
        if self.status.get(arn, "RUNNING") != "RUNNING":
            raise ClientError({"Error": {"Code": "ExecutionAlreadyExists", "Message": ""}}, "StartExecution")
        self.status[arn] = "RUNNING"
        self.given[arn] = json.loads(input)

    def describe_execution(self, *, executionArn: str) -> dict[str, str]:
        return {"status": self.status[executionArn]}

    def end_all(self, status: str) -> None:
        self.status = dict.fromkeys(self.status, status)


@pytest.fixture
def executions() -> Executions:
    return Executions()


@pytest.fixture
def responses(executions: Executions) -> StepFunctionsResponses:
    return StepFunctionsResponses(executions, respond=RESPOND, release=RELEASE)  # type: ignore[arg-type]


@pytest.mark.parametrize("status", ["RUNNING", "SUCCEEDED", "FAILED"])
def test_a_response_is_started_once_a_generation_however_it_ended(
    responses: StepFunctionsResponses, executions: Executions, status: str
) -> None:
    responses.start("inc-1", 1)
    executions.end_all(status)
    responses.start("inc-1", 1)
    responses.start("inc-1", 2)
    assert list(executions.given.values()) == [
        {"incident_id": "inc-1", "generation": 1},
        {"incident_id": "inc-1", "generation": 2},
    ]
    assert next(iter(executions.given)).endswith(":" + derived_id("run", "inc-1", "1"))


@pytest.mark.parametrize("status", ["RUNNING", "SUCCEEDED"])
def test_a_release_that_runs_or_succeeded_is_not_started_again(
    responses: StepFunctionsResponses, executions: Executions, status: str
) -> None:
    name = responses.release("run-1", reason="undone", by="carol")
    executions.end_all(status)
    assert responses.release("run-1", reason="undone", by="carol") == name
    assert list(executions.given.values()) == [{"run_id": "run-1", "reason": "undone", "by": "carol"}]


def test_a_release_that_failed_gets_the_next_number(responses: StepFunctionsResponses, executions: Executions) -> None:
    first = responses.release("run-1", reason="expired", by="tidegate")
    executions.end_all("FAILED")
    second = responses.release("run-1", reason="expired", by="tidegate")
    executions.end_all("TIMED_OUT")
    third = responses.release("run-1", reason="expired", by="tidegate")
    assert (second, third) == (f"{first}-2", f"{first}-3")
    assert responses.release("run-1", reason="undone", by="carol") not in (first, second, third)


@pytest.mark.parametrize("code", ["TaskTimedOut", "TaskDoesNotExist"])
def test_answering_a_task_that_is_over_is_no_error(code: str) -> None:
    class Over:
        def send_task_success(self, **_: Any) -> None:
            raise ClientError({"Error": {"Code": code, "Message": ""}}, "SendTaskSuccess")

    StepFunctionsTasks(Over()).succeed("token", {"decision": "approved"})  # type: ignore[arg-type]


def test_the_end_of_a_containment_is_one_schedule_that_deletes_itself(clients: AwsClients) -> None:
    clients.scheduler.create_schedule_group(Name="tidegate-containments")
    schedules = EventBridgeSchedules(
        clients.scheduler, group="tidegate-containments", machine=RELEASE, role="arn:aws:iam::111122223333:role/s"
    )
    when = datetime(2026, 3, 2, 13, 0, 0, 1, tzinfo=UTC)
    for _ in range(2):
        schedules.at("run-1", when, {"run_id": "run-1", "reason": "expired", "by": "tidegate"})
    found = clients.scheduler.get_schedule(Name="run-1", GroupName="tidegate-containments")
    assert found["ScheduleExpression"] == "at(2026-03-02T13:00:01)"  # never before its time
    assert found["ActionAfterCompletion"] == "DELETE"
    assert json.loads(found["Target"]["Input"])["reason"] == "expired"
    for _ in range(2):
        schedules.cancel("run-1")
    assert clients.scheduler.list_schedules(GroupName="tidegate-containments")["Schedules"] == []
