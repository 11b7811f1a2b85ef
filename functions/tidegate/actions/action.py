"""What an action is: one change to one thing, with the four verbs a responder thinks in.

An action's file holds `about`, its typed records `Found` and `Changed`, and

    snapshot(step, clients) -> Found             what is there now; Refused when this lever can't or must not be used
    differences(step, found) -> differences      exactly what apply would change; pure, so that `observe` can show it
    apply(step, found, clients) -> Changed       makes the change, or sees that it was made already
    verify(step, found, changed, clients) -> Proof      reads back; NotProven while it does not hold yet
    undo(step, found, changed, clients) -> Restored     exactly as found; ChangedSince when it is no longer ours.
                                                 `changed` is None when a crash hid whether apply happened

Each is safe to run twice and after a death between any two calls; the frame undoes twice, to read back that nothing
is left. Ledger, expiry, refuse list, reach and retries belong to the frame (response/) and are written once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from tidegate.model import Difference, Model, Step

if TYPE_CHECKING:
    from mypy_boto3_bedrock_agent import AgentsforBedrockClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_secretsmanager import SecretsManagerClient


class Clients(Protocol):
    """The AWS clients that actions receive. Built in aws/, each under the role of the function it runs in."""

    @property
    def iam(self) -> IAMClient: ...

    @property
    def secrets(self) -> SecretsManagerClient: ...

    @property
    def agents(self) -> AgentsforBedrockClient: ...

    @property
    def dynamodb(self) -> DynamoDBClient: ...

    @property
    def quota_table(self) -> str: ...

    def named(self, service: str) -> Any:
        """A client of any other service, by botocore's name; untyped, because few actions need each."""
        ...


class Family(StrEnum):
    """Which function, and so which role, may take the action."""

    CALLERS = "callers"
    CREDENTIALS = "credentials"
    MODELS = "models"
    PROTECTIONS = "protections"  # guardrails and the invocation log
    DATA = "data"  # what is shared, and with whom
    ACCOUNT = "account"  # above the account: the organization's policies and Identity Center


class Reach(StrEnum):
    ONE_END_USER = "one end user"
    ONE_SESSION = "one role session"
    ONE_USER = "one IAM user"
    ONE_KEY = "one access key"
    ONE_API_KEY = "one Bedrock API key"
    ONE_PERSON = "one person of Identity Center, in one permission set"
    ONE_ADDRESS = "everyone who comes from the address"
    ONE_ROLE = "everyone who uses the role"
    MINTED = "whoever uses temporary credentials of the user that were made before"
    OLDER_SESSIONS = "every session of the role that was opened before"
    READERS = "everyone who reads the secret"
    ONE_PRINCIPAL = "one principal, in every Region of its account"
    ONE_ALIAS = "everyone who calls the agent through this alias"
    ONE_MODEL = "everyone who calls this model, endpoint or flow"
    ONE_APPLICATION = "everyone who uses the application"
    ONE_KNOWLEDGE_BASE = "everyone whose questions are answered from it"
    ONE_GUARDRAIL = "every call that names the guardrail's draft"
    EVERY_CALL = "every model call of the account in the Region"
    OUTSIDERS = "only those outside the account that it was shared with"
    NOBODY = "nobody"


@dataclass(frozen=True)
class Action:
    id: str
    summary: str  # one sentence, imperative
    family: Family
    reads: tuple[str, ...]  # IAM permissions of snapshot and verify, and so of planning
    changes: tuple[str, ...]  # IAM permissions of apply and undo on top of these
    calls: tuple[str, ...]  # the changing calls of apply, in order
    limits: str
    reach: Reach
    undo: str  # how it is undone, one sentence
    shared: bool = False  # one state that several runs may hold at once: the last to let go restores it
    outlasts: timedelta = timedelta()  # stays for so long after it was applied, also where the containment ends before
    kept: Callable[[Step], str] = field(default=lambda _step: "")  # why undo leaves the change; empty: it is put back
    for_good: bool = False  # right for good: neither an expiry nor a failure elsewhere takes it back, only a person

    @property
    def permissions(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*self.reads, *self.changes)))


class Proof(Model):
    """That the change holds, by reading it back. Never a secret value."""

    facts: dict[str, Any]


class Restored(Model):
    """What undo did. `already`: nothing was left to do. `kept` says why something was left changed on purpose."""

    facts: dict[str, Any]
    already: bool = False
    kept: str = ""


class ActionModule(Protocol):
    """The shape of an action's file, as the frame uses it."""

    about: Action
    Found: type[Model]
    Changed: type[Model]

    def snapshot(self, step: Step, clients: Clients) -> Model: ...

    def differences(self, step: Step, found: Any) -> Iterable[Difference]: ...

    def apply(self, step: Step, found: Any, clients: Clients) -> Model: ...

    def verify(self, step: Step, found: Any, changed: Any, clients: Clients) -> Proof: ...

    def undo(self, step: Step, found: Any, changed: Any, clients: Clients) -> Restored: ...
