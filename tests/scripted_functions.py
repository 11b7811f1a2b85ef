"""The template's real state machines over functions that a test scripts: answers, errors, deaths, silence.

Executions run under their real roles on the embedded runtime; only what a function would do is said by the test.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from tidegate_local.embedded import Embedded
from tidegate_local.functions import Function, FunctionError
from tidegate_local.playbook_pages import machine_named
from tidegate_local.run_threads import RunTime

HANGS = "hangs"  # no answer: longer than any TimeoutSeconds of a task
LONG = 10_000  # seconds


class Asked(NamedTuple):
    """What a state asks of a function, told apart without the ids that travel."""

    function: str  # logical id
    step: str  # name of the action; empty where the state serves any step
    word: str  # phase, outcome, or which form of the question

    @classmethod
    def by_state(cls, body: Mapping[str, Any]) -> Asked:
        given = body["Parameters"]
        payload = given["Payload"]
        step = payload.get("step_id.$", "").removeprefix("$.steps.").removeprefix("$.step_id")
        return cls(given["FunctionName"][2:-1].removesuffix("FunctionArn"), step, _word(payload))

    @classmethod
    def by_call(cls, function: Function, event: Mapping[str, Any]) -> Asked:
        step = "" if event.get("phase") == "undo" else event.get("step_id", "")
        return cls(function.logical_id, step, _word(event))


def _word(payload: Mapping[str, Any]) -> str:
    waits = "task_token" in payload or "task_token.$" in payload
    return str(payload.get("phase") or payload.get("outcome") or ("waits" if waits else "asks"))


def tasks_of(machine: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every Task of a state machine and of the Maps in it: name and definition."""
    for name, body in machine["States"].items():
        if body["Type"] == "Task":
            yield name, body
        if "ItemProcessor" in body:
            yield from tasks_of(body["ItemProcessor"])


def asked_in(name: str) -> dict[str, Asked]:
    """Name of each state of the machine that calls a function -> what it asks."""
    found = tasks_of(machine_named(name))
    return {state: Asked.by_state(body) for state, body in found if "lambda:invoke" in body["Resource"]}


class Machines:
    """One embedded account whose functions answer as told. Steps are named as their actions."""

    def __init__(self, aws: Embedded) -> None:
        self.aws = aws
        self.answers: dict[Asked, Any] = {}
        self.faults: dict[Asked, list[str]] = {}  # at its next calls, first first: an error's name, or HANGS
        self.calls: list[Asked] = []
        self.tokens: list[str] = []
        self._started = 0
        aws._functions.run = self._run

    def _run(self, function: Function, event: Mapping[str, Any]) -> Any:
        asked = Asked.by_call(function, event)
        if "run_id" in event or "incident_id" in event:  # not what a schedule calls
            self.calls.append(asked)
        if "task_token" in event:
            self.tokens.append(event["task_token"])
        faults = self.faults.get(asked)
        if faults:
            self._fails(faults.pop(0))
        return self.answers.get(asked, {})

    def _fails(self, error: str) -> None:
        if error != HANGS:
            raise FunctionError(json.dumps({"errorType": error, "errorMessage": "as the test says"}))
        RunTime.sleep(LONG)

    def next_name(self) -> int:
        self._started += 1
        return self._started

    def start(self, machine: str, given: Mapping[str, Any]) -> str:
        """Runs until it rests; the execution's ARN."""
        self.calls.clear()
        self.tokens.clear()
        logical = "".join(part.title() for part in machine.split("_"))
        arn: str = self._states.start_execution(
            stateMachineArn=self.aws.outputs[logical], name=f"test-{self.next_name()}", input=json.dumps(given)
        )["executionArn"]
        self.aws.deliver()
        return arn

    def redrive(self, execution: str) -> None:
        self.calls.clear()
        self._states.redrive_execution(executionArn=execution)
        self.aws.deliver()

    def wait(self, execution: str, *, steps: int = 40, seconds: int = 30) -> None:
        """Lets the run's clock go on until the execution has ended."""
        for _ in range(steps):
            if self.ended(execution) != "RUNNING":
                return
            self.aws.clock.advance(seconds)

    def ended(self, execution: str) -> str:
        return str(self._described(execution)["status"])

    def error(self, execution: str) -> str:
        return str(self._described(execution).get("error", ""))

    def _described(self, execution: str) -> dict[str, Any]:
        found: dict[str, Any] = self._states.describe_execution(executionArn=execution)
        return found

    def answer(self, decision: str) -> None:
        self._states.send_task_success(taskToken=self.tokens[-1], output=json.dumps({"decision": decision}))
        self.aws.deliver()

    def states(self, execution: str) -> list[str]:
        """Names of the states that were entered, in order."""
        pages = self._states.get_paginator("get_execution_history").paginate(executionArn=execution)
        events = [event for page in pages for event in page["events"]]
        return [event["stateEnteredEventDetails"]["name"] for event in events if "stateEnteredEventDetails" in event]

    @property
    def _states(self) -> Any:
        return self.aws.client("stepfunctions")
