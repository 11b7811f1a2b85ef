"""moto's Step Functions interpreter: executions as AWS runs them, on the run's clock.

Patched here: names of executions, stopping them, what happens at their end, and all waiting (Wait, Retry,
TimeoutSeconds, heartbeats). What a single state does when it calls a service is in state_tasks.py.
"""

from __future__ import annotations

import importlib
import json
import threading
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from tidegate_local import hooks, redriving, state_tasks, task_tokens
from tidegate_local.account import current
from tidegate_local.run_threads import RunEvent, RunThread, RunThreading, RunTime, interpreter

_PARSER = "moto.stepfunctions.parser"
_STATE = "asl.component.state"
_MODULES = (  # that import by name what is replaced here
    "models", "asl.parse.asl_parser", "backend.execution", "asl.eval.environment", "asl.eval.callback.callback",
    "asl.component.program.program", "asl.component.common.retry.retrier_decl", "asl.utils.boto_client",
    f"{_STATE}.exec.execute_state", f"{_STATE}.exec.state_parallel.branches_decl",
    f"{_STATE}.exec.state_parallel.branch_worker", f"{_STATE}.exec.state_map.iteration.job",
    f"{_STATE}.exec.state_map.iteration.inline_iteration_component", f"{_STATE}.wait.wait_function.wait_function",
    f"{_STATE}.wait.wait_function.timestamp",
)  # fmt: skip


def install() -> None:
    for name in _MODULES:
        importlib.import_module(f"{_PARSER}.{name}")
    if not hooks.first_time("step functions"):
        return
    hooks.replace_imported(_PARSER, "threading", threading, RunThreading)
    hooks.replace_imported(_PARSER, "Thread", threading.Thread, RunThread)
    hooks.replace_imported(_PARSER, "Event", threading.Event, RunEvent)
    _on_the_runs_clock()
    state_tasks.install()
    hooks.replace(f"{_PARSER}.models:StepFunctionsParserBackend.start_execution", _start_execution)
    hooks.replace(f"{_PARSER}.models:StepFunctionsParserBackend._validate_definition", _validated_once)
    hooks.replace(f"{_PARSER}.asl.parse.asl_parser:AmazonStateLanguageParser.parse", _parsed_once)
    redriving.install()
    task_tokens.install()
    hooks.replace(f"{_PARSER}.backend.execution:BaseExecutionWorkerCommunication.terminated", _terminated)
    hooks.replace(f"{_PARSER}.backend.execution:Execution.stop", _stop)
    hooks.replace(f"{_PARSER}.asl.eval.environment:Environment.set_error", _set_error)


def _on_the_runs_clock() -> None:
    hooks.replace(f"{_PARSER}.asl.component.common.retry.retrier_decl:time", lambda _: RunTime)
    wait = f"{_PARSER}.asl.component.state.wait.wait_function"
    hooks.replace(f"{wait}.wait_function:time", lambda _: RunTime)
    hooks.replace(f"{wait}.timestamp:Timestamp._from_timestamp_string", lambda _: staticmethod(_parse_timestamp))
    for module in (
        "models", "backend.execution", "asl.component.state.state", "asl.eval.event.event_manager",
        "asl.component.state.wait.wait_function.timestamp",
    ):  # fmt: skip
        hooks.replace(f"{_PARSER}.{module}:datetime", lambda _: _RunDatetimeModule)


class _RunDatetime(datetime):
    """`now` is the run's."""

    @classmethod
    def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]
        moment = datetime.fromtimestamp(interpreter.time(), UTC)
        return moment if tz is not None else moment.replace(tzinfo=None)


class _RunDatetimeModule:
    """Takes the place of the module `datetime` inside the interpreter."""

    import datetime as _module

    datetime = _RunDatetime
    timezone = _module.timezone
    timedelta = _module.timedelta


def _parse_timestamp(text: str) -> datetime | None:
    """ISO 8601 with Z -> naive UTC; None for anything else, as the interpreter expects."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return None if moment.tzinfo is None else moment.astimezone(UTC).replace(tzinfo=None, microsecond=0)


def _validated_once(original: Callable[[str], None]) -> Any:
    """Parsing takes 50 ms: a definition that was found valid in this process stays valid."""

    @lru_cache(maxsize=64)
    def valid(definition: str) -> None:
        original(definition)

    return staticmethod(lambda definition: valid(definition))


def _parsed_once(original: Callable[[str], Any]) -> Any:
    """Parsing takes 50 to 150 ms; what is parsed keeps nothing of an execution."""
    parsed = lru_cache(maxsize=64)(original)
    return staticmethod(lambda definition: parsed(definition))


def _start_execution(original: Callable[..., Any]) -> Callable[..., Any]:
    def start(
        self: Any,
        state_machine_arn: str,
        name: str | None = None,
        execution_input: Any = None,
        trace_header: Any = None,
    ) -> Any:
        chosen = name or str(uuid.uuid4())
        return original(self, state_machine_arn, chosen, execution_input or "{}", trace_header)

    return start


def _terminated(original: Callable[..., None]) -> Callable[..., None]:
    def terminated(self: Any) -> None:
        original(self)
        execution = self.execution
        account = current()
        if account is not None and execution.exec_status.value in ("FAILED", "TIMED_OUT"):
            detail = {"execution": execution.exec_arn, "input": execution.input_data}
            message = json.dumps({"error": execution.error, "cause": execution.cause})
            where = f"execution {execution.exec_arn.split(':execution:')[-1]}"
            account.failed(where, RuntimeError(message), event=detail)

        def count() -> None:
            interpreter.ended += 1

        interpreter.changed(count)

    return terminated


def _stop(original: Callable[..., None]) -> Callable[..., None]:
    """Also wakes states that wait for a task token: moto would leave the execution running."""

    def stop(self: Any, stop_date: Any, error: Any, cause: Any) -> None:
        original(self, stop_date, error, cause)
        if self.exec_worker is not None and self.exec_worker.env is not None:
            for endpoint in list(self.exec_worker.env.callback_pool_manager._pool.values()):
                endpoint.interrupt_all()

    return stop


def _set_error(original: Callable[..., None]) -> Callable[..., None]:
    """What a state does after the execution was stopped changes nothing: it stays stopped."""

    def set_error(self: Any, error: Any) -> None:
        if type(self.program_state()).__name__ != "ProgramStopped":
            original(self, error)

    return set_error
