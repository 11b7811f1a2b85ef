"""Responses and Tasks over Step Functions: starts playbooks and answers those that wait."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from tidegate.aws.faults import calling, code_of
from tidegate.errors import Permanent
from tidegate.model import derived_id

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

MOST_RELEASES = 50  # tries of one release: half a day of sweeps
_ANSWERED = {"TaskTimedOut", "TaskDoesNotExist"}
_ENDED_BADLY = {"FAILED", "TIMED_OUT", "ABORTED"}


class StepFunctionsResponses:
    """The execution's name is derived, so that Step Functions itself keeps a second start from being one.

    The same name and input while it runs is answered with the running execution; afterwards, for 90 days, with
    ExecutionAlreadyExists.
    """

    def __init__(self, states: SFNClient, *, respond: str = "", release: str = "") -> None:
        self._states = states
        self._respond = respond
        self._release = release

    def start(self, incident_id: str, generation: int) -> None:
        name = derived_id("run", incident_id, str(generation))
        self._start(self._respond, name, {"incident_id": incident_id, "generation": generation})

    def release(self, run_id: str, *, reason: str, by: str) -> str:
        """A release that failed may be asked for again: it gets the next number."""
        first = derived_id("release", run_id, reason, by)
        for attempt in range(1, MOST_RELEASES + 1):
            name = first if attempt == 1 else f"{first}-{attempt}"
            if self._start(self._release, name, {"run_id": run_id, "reason": reason, "by": by}):
                return name
            if self._status(self._release, name) not in _ENDED_BADLY:
                return name
        raise Permanent(f"run {run_id} could not be released in {MOST_RELEASES} tries; see executions {first}*.")

    def _start(self, machine: str, name: str, data: Mapping[str, str | int]) -> bool:
        """False when an execution of this name has ended already."""
        try:
            with calling(f"starting {name}"):
                self._states.start_execution(stateMachineArn=machine, name=name, input=json.dumps(data))
        except ClientError as error:
            if code_of(error) != "ExecutionAlreadyExists":
                raise
            return False
        return True

    def _status(self, machine: str, name: str) -> str:
        execution = f"{machine.replace(':stateMachine:', ':execution:')}:{name}"
        with calling(f"looking at {name}"):
            return str(self._states.describe_execution(executionArn=execution)["status"])


class StepFunctionsTasks:
    def __init__(self, states: SFNClient) -> None:
        self._states = states

    def succeed(self, token: str, output: Mapping[str, str]) -> None:
        try:
            with calling("answering a task"):
                self._states.send_task_success(taskToken=token, output=json.dumps(dict(output)))
        except ClientError as error:
            if code_of(error) not in _ANSWERED:
                raise
