"""RedriveExecution, which moto lacks: an execution that failed, timed out or was stopped goes on where it stood.

It keeps its ARN, input, definition and history; the state that did not succeed is entered again with the input it had
the first time, its retries counted anew, and the machine's TimeoutSeconds begin anew. Of an Inline Map AWS repeats only
the iterations that did not succeed; here the whole Map is entered again. Executions of 14 days ago are refused.
https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from moto.core.exceptions import AWSError
from moto.core.responses import ActionResult

from tidegate_local import hooks
from tidegate_local.run_threads import RunThread, interpreter

_RESPONSE = "moto.stepfunctions.responses:StepFunctionResponse"
_REDRIVABLE_FOR = timedelta(days=14)


def install() -> None:
    hooks.add(f"{_RESPONSE}.redrive_execution", _redrive_execution)
    hooks.replace(f"{_RESPONSE}.describe_execution", _described)


def _redrive_execution(self: Any) -> Any:
    execution = self.stepfunction_backend.describe_execution(self._get_param("executionArn"))
    if reason := not_redrivable(execution):
        raise ExecutionNotRedrivable(f"Execution is not redrivable: {reason}")
    now = _now()
    execution.redrive_count = getattr(execution, "redrive_count", 0) + 1
    execution.redrive_date = now
    _go_on(execution)
    return ActionResult({"redriveDate": now})


class ExecutionNotRedrivable(AWSError):
    TYPE = "ExecutionNotRedrivable"
    STATUS = 400


def not_redrivable(execution: Any) -> str:
    """Why, in AWS's words of redriveStatusReason; empty when it may be redriven."""
    if execution.status in ("RUNNING", "SUCCEEDED"):
        return f"Execution is {execution.status} and cannot be redriven."
    if execution.stop_date is not None and _now() - execution.stop_date.astimezone(UTC) > _REDRIVABLE_FOR:
        return "Execution redrivable period exceeded."
    return ""


def _described(original: Callable[..., Any]) -> Callable[..., Any]:
    def describe(self: Any) -> Any:
        answer = original(self)
        execution = self.stepfunction_backend.describe_execution(self._get_param("executionArn"))
        reason = not_redrivable(execution)
        shown: dict[str, Any] = {
            "redriveCount": getattr(execution, "redrive_count", 0),
            "redriveStatus": "NOT_REDRIVABLE" if reason else "REDRIVABLE",
        }
        if reason:
            shown["redriveStatusReason"] = reason
        if date := getattr(execution, "redrive_date", None):
            shown["redriveDate"] = date
        return ActionResult({**answer.result, **shown})

    return describe


def _go_on(execution: Any) -> None:
    """A new worker in the place of the one that ended, with its history, at the state that did not succeed."""
    former = execution.exec_worker.env
    state, given = _unfinished(former.event_manager.get_event_history(), execution.state_machine.definition)
    worker = execution.exec_worker = execution._get_start_execution_worker()
    program = _from(worker._get_evaluation_entrypoint(), state)
    env = worker.env = worker._get_evaluation_environment()
    env.event_manager, env.event_history_context = former.event_manager, former.event_history_context
    env.states.reset(given)
    env.event_manager.add_event(
        context=env.event_history_context,
        event_type=_event_type("ExecutionRedriven"),
        event_details={"executionRedrivenEventDetails": {"redriveCount": execution.redrive_count}},
    )
    execution.exec_status = type(execution.exec_status)("RUNNING")
    execution.stop_date = execution.error = execution.cause = None

    def run() -> None:
        program.eval(env)
        worker._execution_communication.terminated()

    RunThread(target=run, daemon=True).start()


def _unfinished(history: list[Mapping[str, Any]], definition: str) -> tuple[str, Any]:
    """The last state of the machine itself (not of a Map inside it) that was entered, and its input."""
    states = json.loads(definition)["States"]
    for event in reversed(history):
        entered = event.get("stateEnteredEventDetails")
        if entered is not None and entered["name"] in states:
            return entered["name"], json.loads(entered["input"])
    raise RuntimeError("an execution that ended entered no state: there is nothing to redrive")


def _from(program: Any, state: str) -> Any:
    from moto.stepfunctions.parser.asl.component.common.flow.start_at import StartAt

    return type(program)(
        program.query_language, StartAt(state), program.states, program.timeout_seconds, program.comment
    )


def _event_type(name: str) -> Any:
    from moto.stepfunctions.parser.api import HistoryEventType

    return HistoryEventType(name)


def _now() -> datetime:
    return datetime.fromtimestamp(interpreter.time(), UTC)
