"""Executions over Step Functions: the state machine as it ran, and what happened in it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from tidegate.aws.faults import calling, code_of
from tidegate.ports import Execution

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

MOST_EVENTS = 2000  # of one execution; a playbook's have some hundred
_GONE = {"ExecutionDoesNotExist", "StateMachineDoesNotExist", "ResourceNotFound"}


class StepFunctionsExecutions:
    """Playbooks' machines are named as `respond` is: STACK-respond, STACK-throttle-caller."""

    def __init__(self, states: SFNClient, *, respond: str) -> None:
        self._states = states
        self._respond = respond

    def of_run(self, playbook: str, run_id: str) -> Execution | None:
        """The machine as it is, with no events, when the run has not come to it (or Step Functions has forgotten)."""
        machine = self._machine(playbook)
        execution = f"{machine.replace(':stateMachine:', ':execution:')}:{run_id}"
        return self._ran(playbook, execution) or self._waiting(playbook, machine)

    def _ran(self, playbook: str, arn: str) -> Execution | None:
        try:
            with calling(f"reading execution {arn}"):
                machine = self._states.describe_state_machine_for_execution(executionArn=arn)
                pages = self._states.get_paginator("get_execution_history").paginate(
                    executionArn=arn, includeExecutionData=False, PaginationConfig={"MaxItems": MOST_EVENTS}
                )
                events: list[Any] = [event for page in pages for event in page["events"]]
        except ClientError as error:
            if code_of(error) in _GONE:
                return None
            raise
        return Execution(playbook, json.loads(machine["definition"]), events)

    def _waiting(self, playbook: str, arn: str) -> Execution | None:
        try:
            with calling(f"reading state machine {arn}"):
                machine = self._states.describe_state_machine(stateMachineArn=arn)
        except ClientError as error:
            if code_of(error) in _GONE:
                return None
            raise
        return Execution(playbook, json.loads(machine["definition"]), [])

    def _machine(self, playbook: str) -> str:
        beginning, _, name = self._respond.rpartition(":")
        return f"{beginning}:{name.removesuffix('respond')}{playbook.replace('_', '-')}"
