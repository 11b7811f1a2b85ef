"""Lambda functions: the same handlers, in this process, each with its own role, environment and clock.

A handler runs inside `tidegate.wiring.bound`, so that its services are built from the environment that the
template gives the function and from a session that IAM restricts to the function's role. A function called
asynchronously is tried three times, as Lambda does, on the run's clock; then its event goes to the dead-letter
queue or on-failure destination, and in any case to `failures`.
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
"""

from __future__ import annotations

import heapq
import importlib
import itertools
import json
import sys
import traceback
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tidegate.ports import EventIndex
from tidegate_local import hooks
from tidegate_local.account import Account, Invoked, current
from tidegate_local.permissions import role_session

RETRY_AFTER = (60.0, 120.0)  # seconds between the attempts of an asynchronous call


@dataclass
class Function:
    """What the template says about one function."""

    name: str
    arn: str
    logical_id: str
    handler: str  # "tidegate.handlers.correlate.handle"
    code: Path  # the CodeUri folder
    role: str  # ARN
    environment: dict[str, str]
    timeout: int
    memory: int
    dead_letters: str | None = None  # ARN of a queue or topic
    on_failure: str | None = None
    retries: int = 2
    policy: dict[str, Any] | None = None  # resource policy, as built by AWS::Lambda::Permission
    waited: float = 0.0  # seconds of its own waiting in the running call

    def wait(self, seconds: float) -> None:
        """Waiting takes the call's time, not ours."""
        self.waited += seconds


class LambdaContext:
    """What Lambda hands to a handler beside the event."""

    function_version = "$LATEST"
    log_stream_name = "embedded"
    identity = None
    client_context = None

    def __init__(self, function: Function) -> None:
        self.function_name = function.name
        self.memory_limit_in_mb = str(function.memory)
        self.invoked_function_arn = function.arn
        self.aws_request_id = str(uuid.uuid4())
        self.log_group_name = f"/aws/lambda/{function.name}"
        self._function = function
        function.waited = 0.0

    def get_remaining_time_in_millis(self) -> int:
        """The run's clock stands still while a function runs: only what the function itself waits takes time."""
        return int((self._function.timeout - self._function.waited) * 1000)


type Run = Callable[[Function, Any], Any]


@dataclass
class Functions:
    """The account's functions by name, and the asynchronous calls that wait for another try."""

    account: Account
    by_name: dict[str, Function] = field(default_factory=dict)
    run: Run | None = None  # instead of in this process: see isolated.py
    events: EventIndex | None = None  # instead of the index that the template names: a replay has its own
    _waiting: list[tuple[float, int, str, Any, int]] = field(default_factory=list)
    _count: itertools.count[int] = field(default_factory=itertools.count)
    _services: dict[str, Any] = field(default_factory=dict)

    def add(self, function: Function) -> None:
        self.by_name[function.name] = function

    def named(self, name_or_arn: str) -> Function:
        name = name_or_arn.split(":function:")[-1].split(":")[0]
        if name not in self.by_name:
            raise LookupError(f"function {name_or_arn} does not exist in the template")
        return self.by_name[name]

    def policy_of(self, name_or_arn: str) -> dict[str, Any] | None:
        return self.named(name_or_arn).policy

    def invoke(self, name_or_arn: str, event: Any) -> Invoked:
        """One synchronous call. An exception of the handler becomes Lambda's error object, and a Failure."""
        function = self.named(name_or_arn)
        try:
            given = json.loads(json.dumps(event))
            answer = self.run(function, given) if self.run else self._in_process(function, given)
            return Invoked(json.dumps(answer), False)
        except FunctionError as error:
            self.account.failed(f"function {function.logical_id}", error, event=event, trace=error.trace)
            return Invoked(error.payload, True)
        except Exception as error:  # noqa: BLE001  the border that Lambda itself is: whatever a handler raises
            trace = traceback.format_exc()
            self.account.failed(f"function {function.logical_id}", error, event=event, trace=trace)
            lines = trace.splitlines()
            body = {"errorMessage": str(error), "errorType": type(error).__name__, "stackTrace": lines}
            return Invoked(json.dumps(body), True)

    def _in_process(self, function: Function, event: Any) -> Any:
        handle = _load(function)
        context = LambdaContext(function)
        with self._bound(function):
            return handle(event, context)

    def _bound(self, function: Function) -> Any:
        """The function's own services, built once per function as in a warm Lambda environment."""
        from tidegate import wiring
        from tidegate.settings import Settings

        if function.name not in self._services:
            environment = {**function.environment, "AWS_REGION": self.account.region}
            session = role_session(self.account, function.role, function.name)
            self._services[function.name] = wiring.build(
                Settings.from_environment(environment), session, self.account.clock, function.wait
            )
            if self.events is not None:
                self._services[function.name].events = self.events
        return wiring.bound(self._services[function.name])

    def call_later(self, name_or_arn: str, event: Any, *, attempt: int = 0, delay: float = 0.0) -> None:
        """An asynchronous call, done by the next deliver() at or after now + delay."""
        due = self.account.clock.time() + delay
        heapq.heappush(self._waiting, (due, next(self._count), name_or_arn, event, attempt))

    def next_due(self) -> float | None:
        return self._waiting[0][0] if self._waiting else None

    def pump(self) -> bool:
        """Does the asynchronous calls that are due. True if there were any."""
        busy = False
        while self._waiting and self._waiting[0][0] <= self.account.clock.time():
            _, _, name, event, attempt = heapq.heappop(self._waiting)
            busy = True
            if self.invoke(name, event).failed:
                function = self.named(name)
                if attempt < function.retries:
                    self.call_later(name, event, attempt=attempt + 1, delay=RETRY_AFTER[min(attempt, 1)])
                else:
                    self._give_up(function, event)
        return busy

    def _give_up(self, function: Function, event: Any) -> None:
        reason = {"condition": "RetriesExhausted", "functionArn": function.arn}
        failure = {"version": "1.0", "requestContext": reason, "requestPayload": event}
        for arn, body in ((function.dead_letters, event), (function.on_failure, failure)):
            if arn is None:
                continue
            if ":sqs:" in arn:
                queue = self.account.client("sqs").get_queue_url(QueueName=arn.rsplit(":", 1)[-1])["QueueUrl"]
                self.account.client("sqs").send_message(QueueUrl=queue, MessageBody=json.dumps(body))
            elif ":sns:" in arn:
                self.account.client("sns").publish(TopicArn=arn, Message=json.dumps(body))
            else:
                raise LookupError(f"function {function.logical_id}: dead letters to {arn} are not understood")


class FunctionError(Exception):
    """A function in a child process failed: Lambda's error object as it came."""

    def __init__(self, payload: str) -> None:
        body = json.loads(payload)
        super().__init__(f"{body.get('errorType', 'Error')}: {body.get('errorMessage', '')}")
        self.payload = payload
        self.trace = "\n".join(str(line) for line in body.get("stackTrace") or [])


def _load(function: Function) -> Callable[[Any, Any], Any]:
    module_name, _, attribute = function.handler.rpartition(".")
    folder = str(function.code)
    if folder not in sys.path:
        sys.path.append(folder)
    handle: Callable[[Any, Any], Any] = getattr(importlib.import_module(module_name.replace("/", ".")), attribute)
    return handle


def install() -> None:
    hooks.replace("moto.awslambda.models:LambdaFunction._invoke_lambda", _invoke_lambda)
    hooks.replace("moto.awslambda.models:LambdaFunction.invoke", _invoke)


def _invoke_lambda(original: Callable[..., Any]) -> Callable[..., Any]:
    def invoke(self: Any, event: Any = None) -> tuple[str, bool, str]:
        account = current()
        if account is None:
            found: tuple[str, bool, str] = original(self, event)
            return found
        done = account.functions.invoke(self.function_name, json.loads(event) if isinstance(event, str) else event)
        return done.payload, done.failed, ""

    return invoke


def _invoke(original: Callable[..., Any]) -> Callable[..., Any]:
    def invoke(self: Any, body: Any, request_headers: Any, response_headers: Any) -> Any:
        account = current()
        if account is None:
            return original(self, body, request_headers, response_headers)
        kind = request_headers.get("x-amz-invocation-type", "RequestResponse")
        if kind == "Event":
            account.functions.call_later(self.function_name, json.loads(body or "{}"))
            return b""
        answer = original(self, body, request_headers, response_headers)
        if "x-amz-function-error" in response_headers:
            response_headers["x-amz-function-error"] = "Unhandled"
        return answer

    return invoke
