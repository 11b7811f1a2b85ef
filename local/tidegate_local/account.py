"""The one embedded account of this process: what the hooks into moto need to know.

moto keeps its state in module globals, so there is one account at a time. Hooks ask `current()`; without an
embedded account they leave moto as it is, so that other tests in the same process are not touched.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from tidegate_local.clock import RunClock
from tidegate_local.sessions import new_session
from tidegate_local.signing import SECRET

if TYPE_CHECKING:
    from tidegate_local.resources.custom import CustomResource

ACCOUNT = "111122223333"
REGION = "us-east-1"


@dataclass(frozen=True)
class Call:
    """One decision of IAM: who asked for what, and whether it was allowed."""

    role: str  # name of the role, or of the IAM user
    action: str  # "dynamodb:PutItem"
    resource: str
    allowed: bool
    session: str = ""


@dataclass(frozen=True)
class Failure:
    """Something that AWS would retry or put aside in silence. Tests read these."""

    where: str  # "function DetectInvocations", "rule Deliveries -> queue X"
    error: str  # type of the error
    message: str
    trace: str = ""
    event: Any = None


@dataclass(frozen=True)
class EventSource:
    """A queue that calls a function (AWS::Lambda::EventSourceMapping)."""

    queue_arn: str
    function: str
    batch_size: int
    reports_failures: bool  # ReportBatchItemFailures
    enabled: bool = True
    filters: list[dict[str, Any]] = field(default_factory=list)  # event patterns over the message


@dataclass(frozen=True)
class Invoked:
    """The outcome of one function call: JSON text, and whether it is an error object."""

    payload: str
    failed: bool


class Calls(Protocol):
    """How the other services call functions, by name or ARN. Raises LookupError for one that does not exist."""

    def invoke(self, name_or_arn: str, event: Any) -> Invoked: ...

    def call_later(self, name_or_arn: str, event: Any) -> None:
        """Asynchronously: done by the next deliver()."""
        ...

    def policy_of(self, name_or_arn: str) -> dict[str, Any] | None: ...


@dataclass
class Account:
    clock: RunClock
    id: str = ACCOUNT
    region: str = REGION
    endpoint: str | None = None  # of the moto server, when functions run in child processes
    calls: list[Call] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    event_sources: list[EventSource] = field(default_factory=list)
    pending: deque[Callable[[], None]] = field(default_factory=deque)  # asynchronous deliveries, done by deliver()
    functions: Calls = field(init=False)  # set once the template's functions are there
    custom_resources: dict[str, CustomResource] = field(default_factory=dict)  # by logical id
    out_of_reach: frozenset[str] = frozenset()  # custom resources that are not asked for: see Embedded
    s3_sequence: int = 0  # of notifications, so that they can be put in order
    _clients: dict[str, Any] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        """An operator's client: not restricted by IAM."""
        if service not in self._clients:
            session = new_session("AKIAEMBEDDEDOPERATOR", SECRET, None, self.region)
            self._clients[service] = session.client(service)  # type: ignore[call-overload]
        return self._clients[service]

    def failed(self, where: str, error: BaseException, *, event: Any = None, trace: str = "") -> None:
        self.failures.append(Failure(where, type(error).__name__, str(error), trace, event))


_current: Account | None = None


def current() -> Account | None:
    return _current


def the_account() -> Account:
    if _current is None:
        raise RuntimeError("no embedded account is running: use `with Embedded(...) as aws:`")
    return _current


def make_current(account: Account | None) -> None:
    global _current
    if account is not None and _current is not None:
        raise RuntimeError("an embedded account is already running in this process: close it first (moto holds one)")
    _current = account
