"""What a state does when it calls a service: role, parameters, results and errors as in AWS.

Every call is decided by IAM with the state machine's role; a denial has AWS's error name. Parameters and results get
AWS's casing, datetimes become text, `.sync` and `.sync:2` wait for the nested execution instead of polling.
"""

# ruff: noqa: ARG001  replacements keep the signatures of what they replace

from __future__ import annotations

import copy
import importlib
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import Any

import botocore.session
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import ClientError

from tidegate_local import hooks
from tidegate_local.account import current, the_account
from tidegate_local.permissions import role_session
from tidegate_local.run_threads import interpreter

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


def install() -> None:
    """Called once, when the interpreter's modules are imported."""
    client = importlib.import_module(f"{_PARSER}.asl.utils.boto_client").boto_client_for
    hooks.replace_imported(_PARSER, "boto_client_for", client, lambda *a, **named: _client_for(client, *a, **named))
    service = f"{_TASK}.state_task_service:StateTaskService"
    hooks.replace(f"{service}._normalise_parameters", lambda _: _normalise_parameters)
    hooks.replace(f"{service}._normalise_response", lambda _: _normalise_response)
    hooks.replace(f"{service}._get_boto_service_name", _boto3_service_name)
    hooks.replace(f"{_TASK}.state_task_service_callback:StateTaskServiceCallback._eval_sync", lambda _: _until_ended)
    hooks.replace(f"{_TASK}.state_task_service_sfn:StateTaskServiceSfn._from_error", _sfn_error)
    hooks.replace(f"{_TASK}.state_task_service_aws_sdk:_SERVICE_ERROR_NAMES", lambda names: {**names, **_ERROR_NAMES})


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
    once = Config(retries={"total_max_attempts": 1})  # Retry is the state machine's business
    return role_session(the_account(), role, "states").client(service, config=once)  # type: ignore[call-overload]


def forget_clients() -> None:
    _role_client.cache_clear()


@cache
def _service_model(service: str) -> Any:
    return botocore.session.get_session().get_service_model(service)


def _operation(task: Any, service: str | None, action: str | None) -> Any:
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

    def from_error(self: Any, env: Any, ex: Exception) -> Any:
        if isinstance(ex, ClientError):
            response = copy.deepcopy(ex.response)
            response["Error"]["Code"] = response["Error"]["Code"].removesuffix("Exception")
            ex = ClientError(response, ex.operation_name)
        return original(self, env, ex)

    return from_error
