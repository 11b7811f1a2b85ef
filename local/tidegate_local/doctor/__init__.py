"""What `tidegate doctor` looks at: is Tidegate awake, what can it not see, and what does the defence stand on.

A check asks AWS, never changes anything, and answers in sentences: what was found and how to mend it. What it may not
ask, or what AWS doesn't answer, is `unknown` with the reason: a check that can't look never says that all is well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Any, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from tidegate.errors import TidegateError
from tidegate.wiring import Services
from tidegate_local.stack import Stack


class State(StrEnum):
    BAD = "bad"  # the defence has a hole here
    WARN = "warn"  # it stands, and could stand better
    UNKNOWN = "unknown"  # couldn't be looked at
    OK = "ok"

    @property
    def rank(self) -> int:
        return list(State).index(self)


class Answer(NamedTuple):
    state: State
    what: str
    mend: str = ""


def ok(what: str) -> Answer:
    return Answer(State.OK, what)


def warn(what: str, mend: str) -> Answer:
    return Answer(State.WARN, what, mend)


def bad(what: str, mend: str) -> Answer:
    return Answer(State.BAD, what, mend)


def unknown(what: str, mend: str = "") -> Answer:
    return Answer(State.UNKNOWN, what, mend)


@dataclass(frozen=True)
class Patient:
    """The stack and its account, asked under the credentials of whoever runs the command."""

    stack: Stack
    now: datetime
    watched: tuple[str, ...] = ()  # buckets of training data and models
    regions: tuple[str, ...] = ()  # empty: all that the account has on

    def client(self, service: str, region: str = "") -> Any:
        session: Any = self.stack.session  # the name is a value here; the stubs want a literal
        return session.client(service, region_name=region or self.stack.region)

    @cached_property
    def services(self) -> Services:
        return self.stack.services()

    @cached_property
    def account(self) -> str:
        return str(self.client("sts").get_caller_identity()["Account"])

    @cached_property
    def every_region(self) -> tuple[str, ...]:
        if self.regions:
            return self.regions
        found = self.client("ec2").describe_regions(AllRegions=False)["Regions"]
        return tuple(sorted(region["RegionName"] for region in found))

    @cached_property
    def invocation_logs(self) -> dict[str, dict[str, Any] | ClientError | BotoCoreError]:
        """By Region: how model invocations are logged there ({}: not at all), or why that couldn't be asked."""
        found: dict[str, dict[str, Any] | ClientError | BotoCoreError] = {}
        for region in self.every_region:
            try:
                answer = self.client("bedrock", region).get_model_invocation_logging_configuration()
            except (ClientError, BotoCoreError) as error:
                found[region] = error
            else:
                found[region] = answer.get("loggingConfig") or {}
        return found


class Check(NamedTuple):
    id: str
    group: str  # alive, sight, posture
    title: str
    look: Callable[[Patient], Iterable[Answer]]


def examined(patient: Patient, checks: Iterable[Check]) -> Iterator[tuple[Check, Answer]]:
    """Every check's answers. One that fails is unknown and doesn't hold up the others."""
    for check in checks:
        try:
            answers = list(check.look(patient))
        except (ClientError, BotoCoreError, TidegateError) as error:
            yield check, unasked(error)
            continue
        for answer in answers:
            yield check, answer


def unasked(error: Exception, of: str = "") -> Answer:
    """What couldn't be asked, `of` what, and the permission that is missing for it."""
    if not isinstance(error, ClientError):
        return unknown(f"{of}{error}")
    code = error.response["Error"].get("Code", "")
    denied = code in ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation")
    mend = f"Ask with credentials that may call {error.operation_name}." if denied else ""
    return unknown(f"{of}{error.operation_name} answered {code}", mend)
