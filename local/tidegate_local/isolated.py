"""Functions as they are shipped: the `sam build` artefact in child processes under the Lambda runtime client.

What in-process functions can't show shows here: a module or package missing from the artefact, an environment
variable that only this process has, an import that is slow. A child sees the artefact, the Lambda runtime's own
packages and nothing else; it calls the account over loopback with its role's key. Its clock is the wall clock, so
give the account a clock that starts now. The artefact's compiled packages must fit this machine's processor.
"""

from __future__ import annotations

import json
import os
import platform
import queue
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tidegate.errors import ConfigurationError
from tidegate_local import server_permissions
from tidegate_local.account import Account
from tidegate_local.functions import Function, FunctionError
from tidegate_local.permissions import role_caller

# What AWS's Python runtime holds beside the standard library.
_RUNTIME_PACKAGES = (
    "awslambdaric", "runtime_client", "simplejson", "snapshot_restore_py", "boto3", "botocore", "s3transfer",
    "jmespath", "dateutil", "urllib3", "six",
)  # fmt: skip
_START = 30.0  # real seconds that a cold start may take on a busy machine


def artefact_for_this_machine(project: Path) -> Path:
    """`make build-here` lays it beside the artefact that is deployed, which is for arm64 unless chosen otherwise."""
    here = project / ".aws-sam" / "here"
    return here if here.is_dir() else project / ".aws-sam" / "build"


def _of_another_processor(artefact: Path) -> str:
    """A compiled package that this interpreter can't load, or nothing. CPython names the processor in the suffix."""
    other = "aarch64" if platform.machine() == "x86_64" else "x86_64"
    return next((str(path.relative_to(artefact)) for path in artefact.glob(f"*/*/*-{other}-linux-gnu.so")), "")


class Children:
    """One child process per function, started at its first call and kept warm."""

    def __init__(self, account: Account, artefact: Path) -> None:
        """Raises ConfigurationError when there is no artefact."""
        if not artefact.is_dir():
            raise ConfigurationError(f"{artefact} does not exist: run `sam build`, or leave --isolated away")
        if foreign := _of_another_processor(artefact):
            raise ConfigurationError(
                f"{artefact}: {foreign} was built for another processor than this machine's ({platform.machine()}): "
                "run `make build-here`"
            )
        self._account = account
        self._artefact = artefact
        self._children: dict[str, _Child] = {}
        self._lock = threading.Lock()
        self._folder = tempfile.TemporaryDirectory(prefix="tidegate-isolated-")
        self._runtime = _runtime_folder(Path(self._folder.name) / "runtime")

    def call(self, function: Function, event: Any) -> Any:
        """The function's answer. Raises FunctionError with Lambda's error object."""
        with self._lock:
            child = self._children.get(function.name)
            if child is None or not child.alive():
                child = self._children[function.name] = self._start(function)
        return child.call(event, function.timeout)

    def _start(self, function: Function) -> _Child:
        code = self._artefact / function.logical_id
        if not code.is_dir():
            raise ConfigurationError(f"{code} does not exist: run `sam build` again")
        caller = role_caller(self._account, function.role, function.name)
        server_permissions.restrict(caller)
        environment = {
            "PATH": "/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "TZ": ":UTC",
            "_HANDLER": function.handler,
            "LAMBDA_TASK_ROOT": str(code),
            "PYTHONPATH": os.pathsep.join([str(code), str(self._runtime)]),
            "AWS_REGION": self._account.region,
            "AWS_DEFAULT_REGION": self._account.region,
            "AWS_ENDPOINT_URL": str(self._account.endpoint),
            "AWS_ACCESS_KEY_ID": caller.access_key,
            "AWS_SECRET_ACCESS_KEY": "embedded",
            "AWS_SESSION_TOKEN": "embedded",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_LAMBDA_FUNCTION_NAME": function.name,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory),
            "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{function.name}",
            "AWS_LAMBDA_LOG_STREAM_NAME": "embedded",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            **function.environment,
        }
        return _Child(function, environment, Path(self._folder.name) / f"{function.logical_id}.log")

    def close(self) -> None:
        for child in self._children.values():
            child.close()
        server_permissions.forget_all()
        self._folder.cleanup()


def _runtime_folder(folder: Path) -> Path:
    """Links to the packages that Lambda's runtime brings, and to no others."""
    folder.mkdir(parents=True)
    for name in _RUNTIME_PACKAGES:
        spec = find_spec(name)
        if spec is None or spec.origin is None:
            raise ConfigurationError(f"{name} is not installed: install requirements/dev.txt")
        origin = Path(spec.origin)
        target = origin.parent if origin.name == "__init__.py" else origin
        (folder / target.name).symlink_to(target)
    return folder


@dataclass
class _Call:
    id: str
    body: bytes
    deadline: float
    answer: queue.Queue[tuple[bytes, bool]] = field(default_factory=lambda: queue.Queue(maxsize=1))


class _Child:
    """A process and the Runtime API that it asks for work.

    https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
    """

    def __init__(self, function: Function, environment: dict[str, str], log: Path) -> None:
        self._function = function
        self._work: queue.Queue[_Call | None] = queue.Queue()
        self._calls: dict[str, _Call] = {}
        self._one_at_a_time = threading.Lock()
        self._init_error: bytes | None = None
        self._log = log
        self._api = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._api.daemon_threads = True
        threading.Thread(target=self._api.serve_forever, daemon=True).start()
        environment = environment | {"AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self._api.server_address[1]}"}
        with log.open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603  our own interpreter and the function's own handler
                [sys.executable, "-S", "-m", "awslambdaric", function.handler],
                env=environment,
                cwd=environment["LAMBDA_TASK_ROOT"],
                stdout=output,
                stderr=output,
            )

    def alive(self) -> bool:
        return self._process.poll() is None

    def call(self, event: Any, timeout: int) -> Any:
        with self._one_at_a_time:
            call = _Call(str(uuid.uuid4()), json.dumps(event).encode(), time.time() + timeout)
            self._calls[call.id] = call
            self._work.put(call)
            body, failed = self._answer(call, timeout)
            del self._calls[call.id]
        if failed:
            raise FunctionError(body.decode())
        return json.loads(body) if body else None

    def _answer(self, call: _Call, timeout: int) -> tuple[bytes, bool]:
        until = time.monotonic() + timeout + _START
        while time.monotonic() < until:
            try:
                return call.answer.get(timeout=0.1)
            except queue.Empty:
                if not self.alive():
                    return self._init_error or self._error("Runtime.ExitError", "the process ended"), True
        self.close()
        return self._error("Sandbox.Timedout", f"Task timed out after {timeout} seconds"), True

    def _error(self, kind: str, message: str) -> bytes:
        tail = self._log.read_text(encoding="utf-8", errors="replace").splitlines()[-20:]
        return json.dumps({"errorType": kind, "errorMessage": message, "stackTrace": tail}).encode()

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        self._work.put(None)  # frees the thread that serves `next`
        self._api.shutdown()
        self._api.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        child = self

        class RuntimeApi(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # or each answer waits 40 ms for an acknowledgement

            def log_message(self, *given: Any) -> None:
                """Quiet: the child's own log is kept."""

            def do_GET(self) -> None:
                call = child._work.get()
                if call is None:
                    self.close_connection = True
                    return
                self.send_response(200)
                for name, value in (
                    ("Lambda-Runtime-Aws-Request-Id", call.id),
                    ("Lambda-Runtime-Deadline-Ms", str(int(call.deadline * 1000))),
                    ("Lambda-Runtime-Invoked-Function-Arn", child._function.arn),
                    ("Content-Type", "application/json"),
                    ("Content-Length", str(len(call.body))),
                ):
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(call.body)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                *_, identifier, verb = self.path.rsplit("/", 2)
                if self.path.endswith("/init/error"):
                    child._init_error = body
                elif identifier in child._calls:
                    child._calls[identifier].answer.put((body, verb == "error"))
                self.send_response(202)
                self.send_header("Content-Length", "0")
                self.end_headers()

        return RuntimeApi
