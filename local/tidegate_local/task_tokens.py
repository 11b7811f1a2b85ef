"""Answers to a task that is over: AWS says TaskTimedOut; moto calls the token invalid, or takes the answer in vain.

A token is over when its task was answered, or its execution has ended. One that nobody was given stays an InvalidToken.
https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskSuccess.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.core.exceptions import AWSError
from moto.stepfunctions.parser.api import ExecutionStatus

from tidegate_local import hooks

_BACKEND = "moto.stepfunctions.parser.models:StepFunctionsParserBackend"
OVER = "Task Timed Out: 'Provided task does not exist anymore'"


class TaskTimedOut(AWSError):
    TYPE = "TaskTimedOut"
    STATUS = 400


def install() -> None:
    for operation in ("send_task_success", "send_task_failure", "send_task_heartbeat"):
        hooks.replace(f"{_BACKEND}.{operation}", _told)


def _told(original: Callable[..., Any]) -> Callable[..., Any]:
    def send(self: Any, task_token: str, *outcome: Any, **more: Any) -> Any:
        if _is_over(self, task_token):
            raise TaskTimedOut(OVER)
        return original(self, task_token, *outcome, **more)

    return send


def _is_over(backend: Any, token: str) -> bool:
    for execution in backend._get_executions():
        endpoint = execution.exec_worker.env.callback_pool_manager.get(token)
        if endpoint is not None:
            timed_out = endpoint.consumer_error is not None
            return timed_out or endpoint.get_outcome() is not None or execution.status != ExecutionStatus.RUNNING
    return False
