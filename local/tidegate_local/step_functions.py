"""moto's Step Functions interpreter, made to behave as AWS where we rely on it.

Patched: state machine role (every call of a state is decided by IAM, a denial has AWS's error name), casing of
parameters and results, `startExecution.sync:2`, error names, datetimes in results, execution names, redelivery
of the same execution, and all waiting (Wait, Retry, TimeoutSeconds, heartbeats), which is on the run's clock.
"""


# ruff: noqa: ARG001  replacements keep the signatures of what they replace

from __future__ import annotations

import copy
import json
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import Any

from tidegate_local import hooks
from tidegate_local.account import current, the_account
from tidegate_local.permissions import role_session
from tidegate_local.run_threads import RunEvent, RunThread, RunThreading, RunTime, interpreter

_PARSER = "moto.stepfunctions.parser"
_TASK = f"{_PARSER}.asl.component.state.exec.state_task.service"

# Names of AWS SDK integrations (aws-sdk:NAME:action) where boto3 calls the service otherwise.
_BOTO3_NAMES = {
    "bedrockagent": "bedrock-agent",
    "bedrockruntime": "bedrock-runtime",
    "cloudwatchlogs": "logs",
    "eventbridge": "events",
    "sfn": "stepfunctions",
    "states": "stepfunctions",
}

# The service part of error names of AWS SDK integrations, as in "Iam.NoSuchEntityException".
_ERROR_NAMES = {
    "bedrock": "Bedrock",
    "bedrockagent": "BedrockAgent",
    "cloudwatch": "CloudWatch",
    "dynamodb": "DynamoDb",
    "eventbridge": "EventBridge",
    "iam": "Iam",
    "kms": "Kms",
    "lambda": "Lambda",
    "s3": "S3",
    "scheduler": "Scheduler",
    "secretsmanager": "SecretsManager",
    "sfn": "Sfn",
    "sns": "Sns",
    "sqs": "Sqs",
    "ssm": "Ssm",
    "sts": "Sts",
}


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
    import importlib
    import threading

    for name in _MODULES:
        importlib.import_module(f"{_PARSER}.{name}")
    if f"{_PARSER}.models:StepFunctionsParserBackend.start_execution" in _installed:
        return
    _installed.add(f"{_PARSER}.models:StepFunctionsParserBackend.start_execution")
    hooks.replace_imported(_PARSER, "threading", threading, RunThreading)
    hooks.replace_imported(_PARSER, "Thread", threading.Thread, RunThread)
    hooks.replace_imported(_PARSER, "Event", threading.Event, RunEvent)
    _on_the_runs_clock()
    client = importlib.import_module(f"{_PARSER}.asl.utils.boto_client").boto_client_for
    hooks.replace_imported(_PARSER, "boto_client_for", client, lambda *a, **named: _client_for(client, *a, **named))
    service = f"{_TASK}.state_task_service:StateTaskService"
    hooks.replace(f"{service}._normalise_parameters", lambda _: _normalise_parameters)
    hooks.replace(f"{service}._normalise_response", lambda _: _normalise_response)
    hooks.replace(f"{service}._get_boto_service_name", _boto3_service_name)
    hooks.replace(f"{_TASK}.state_task_service_callback:StateTaskServiceCallback._eval_sync", lambda _: _until_ended)
    hooks.replace(f"{_TASK}.state_task_service_sfn:StateTaskServiceSfn._from_error", _sfn_error)
    hooks.replace(f"{_TASK}.state_task_service_aws_sdk:_SERVICE_ERROR_NAMES", lambda names: {**names, **_ERROR_NAMES})
    hooks.replace(f"{_PARSER}.models:StepFunctionsParserBackend.start_execution", _start_execution)
    hooks.replace(f"{_PARSER}.models:StepFunctionsParserBackend._validate_definition", _validated_once)
    hooks.replace(f"{_PARSER}.backend.execution:BaseExecutionWorkerCommunication.terminated", _terminated)
    hooks.replace(f"{_PARSER}.backend.execution:Execution.stop", _stop)
    hooks.replace(f"{_PARSER}.asl.eval.environment:Environment.set_error", _set_error)


_installed: set[str] = set()


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


def _client_for(original: Callable[..., Any], region: str, service: str, state_credentials: Any = None) -> Any:
    account = current()
    if account is None:
        return original(region=region, service=service, state_credentials=state_credentials)
    role: str | None = getattr(state_credentials, "role_arn", None)
    if role is None:
        raise RuntimeError(f"a state calls {service} without a role: the state machine has none")
    return _role_client(id(account), role, service)


@cache
def _role_client(account_id: int, role: str, service: str) -> Any:
    from botocore.config import Config

    once = Config(retries={"total_max_attempts": 1})  # Retry is the state machine's business
    return role_session(the_account(), role, "states").client(service, config=once)  # type: ignore[call-overload]


def forget_clients() -> None:
    _role_client.cache_clear()


@cache
def _service_model(service: str) -> Any:
    import botocore.session

    return botocore.session.get_session().get_service_model(service)


def _operation(task: Any, service: str | None, action: str | None) -> Any:
    from botocore import xform_name

    model = _service_model(service or task._get_boto_service_name())
    wanted = action or task._get_boto_service_action()
    for name in model.operation_names:
        if xform_name(name) == wanted:
            return model.operation_model(name)
    raise RuntimeError(f"{model.service_name} has no operation {wanted}: Resource {task.resource.resource_arn}")


def _normalise_parameters(
    self: Any, parameters: dict[str, Any], boto_service_name: str | None = None, service_action_name: str | None = None
) -> None:
    shape = _operation(self, boto_service_name, service_action_name).input_shape
    if shape is not None:
        self._to_boto_request(parameters, shape)


def _normalise_response(
    self: Any, response: Any, boto_service_name: str | None = None, service_action_name: str | None = None
) -> None:
    if current() is None and boto_service_name is None and not isinstance(response, dict):
        return
    shape = _operation(self, boto_service_name, service_action_name).output_shape
    if shape is not None:
        self._from_boto_response(response, shape)
    _with_iso_times(response)


def _with_iso_times(value: Any) -> Any:
    """Datetimes become text, in place: a state's result is JSON."""
    if isinstance(value, dict):
        for key in value:
            value[key] = _with_iso_times(value[key])
    elif isinstance(value, list):
        value[:] = [_with_iso_times(one) for one in value]
    elif isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return value


def _boto3_service_name(original: Callable[..., str]) -> Callable[..., str]:
    def name(self: Any, boto_service_name: str | None = None) -> str:
        given = original(self, boto_service_name)
        return _BOTO3_NAMES.get(given, given)

    return name


def _until_ended(
    self: Any,
    env: Any,
    sync_resolver: Callable[[], Any],
    timeout_seconds: int | None,
    callback_endpoint: Any,
    heartbeat_endpoint: Any,
) -> Any:
    """`.sync` and `.sync:2`: instead of polling twice a second, look again whenever an execution has ended."""
    while env.is_running():
        seen = interpreter.ended
        if (result := sync_resolver()) is not None:
            return result
        interpreter.wait(lambda seen=seen: interpreter.ended != seen or not env.is_running())  # type: ignore[misc]
    return None


def _sfn_error(original: Callable[..., Any]) -> Callable[..., Any]:
    """ "StepFunctions." + code: moto appends "Exception" also to a code that ends in it."""
    from botocore.exceptions import ClientError

    def from_error(self: Any, env: Any, ex: Exception) -> Any:
        if isinstance(ex, ClientError):
            response = copy.deepcopy(ex.response)
            response["Error"]["Code"] = response["Error"]["Code"].removesuffix("Exception")
            ex = ClientError(response, ex.operation_name)
        return original(self, env, ex)

    return from_error


def _validated_once(original: Callable[[str], None]) -> Any:
    """Parsing takes 50 ms: a definition that was found valid in this process stays valid."""

    @lru_cache(maxsize=64)
    def valid(definition: str) -> None:
        original(definition)

    return staticmethod(lambda definition: valid(definition))


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
