r"""What an organisation decides for itself: who is allowed what until when, and how much a caller may use.

    [[allow]]
    detector = "guardrail_weakened"     # a detector's id or a pattern; the others default to "*"
    principal = "role:DeployPipeline"   # kind:value or ARN, with * and ?
    model = "*"
    account = "111122223333"
    expires = 2026-12-31T00:00:00Z
    reason = "Guardrails are tuned by the pipeline until the launch, ticket 4711"

    [[budget]]
    caller = "user:*"
    calls_per_hour = 300
    tokens_per_day = 2_000_000
    dollars_per_day = 50

    [[price]]                           # dollars a million tokens; others: the AWS Price List, else an estimate
    model = "arn:aws:bedrock:*:111122223333:application-inference-profile/*"
    input = 3.0
    output = 15.0

    [[end_user]]                        # what an end user of an application may use (docs/application-quotas.md)
    user = "*@partner.example"          # the first that matches applies; others: the application's default
    calls_per_minute = 20
    tokens_per_day = 500_000
    dollars_per_day = 5

    [[quota]]                           # of the account, as Service Quotas shows it
    model = "*anthropic.claude-sonnet-4*"
    region = "us-east-1"
    requests_per_minute = 200
    tokens_per_minute = 200_000

    [[watch]]                           # a bucket that models are trained on or answer from
    bucket = "acme-training-*"
    writers = ["role:DataPipeline"]     # who may write it; left out: whoever wrote it before

    [[canary]]                          # a token planted where nobody should read it: seen in an answer, it leaked
    name = "customer export, folder B"
    token = "tidegate-canary-7f3a9c51"  # 16 to 128 letters, digits, - and _

    [[pattern]]                         # what only this organisation's secrets look like
    name = "contract number"
    pattern = '\bCN-[0-9]{4}-[0-9]{6}\b'
    severity = "high"

    [[host]]                            # answers may link there
    host = "*.example.com"

    [[tool]]                            # what a model's tool is expected to do; the first that matches applies
    tool = "fetch_*"
    hosts = ["docs.example.com"]        # where it may go
    targets = ["s3://reports/*"]        # what it may write to
    runs_code = false

    [[model_alarm]]                     # an alarm that watches a model: its events carry no tags
    alarm = "answer-quality-*"          # name or ARN of an alarm, or of a monitoring schedule
    resource = "arn:aws:bedrock:us-east-1:111122223333:agent-alias/AGENT00001/ALIAS00001"
    fed_by = ["arn:aws:bedrock:*:knowledge-base/KB00000001"]  # what it answers from: changes of these count too

    [[continuity]]                      # how an application goes on when no good version is left
    application = "customer support"
    resources = ["arn:aws:bedrock:us-east-1:111122223333:agent-alias/AGENT00001/*"]  # what it answers by
    pointer = "/support/active-model"   # SSM parameter that names its model, with what it is moved to
    fallback = "amazon.nova-lite-v1:0"
    message_parameter = "/support/maintenance"  # where it reads what to tell its users
    maintenance_message = "The assistant is under maintenance. Mail support@example.com."
    stops = "Answers about orders; the search of articles goes on."

    [[person]]                          # names of one person, who decides about nothing that it asked for or is in
    names = ["ada@example.com", "arn:aws:iam::111122223333:user/ada"]

An allowance without reason or expiry isn't one: it is refused. The first budget that matches a caller applies, and the
first watch that matches a bucket.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from tidegate.content.output_rules import CANARY, OutputRules, OwnPattern, ToolRule
from tidegate.content.patterns import bounded
from tidegate.detectors.about import Budget, ModelAlarm, Quota, Signal, Watched, matches
from tidegate.errors import ConfigurationError
from tidegate.model import Severity
from tidegate_quota.budgets import Budget as EndUserBudget
from tidegate_quota.prices import Price


class _Rule(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Allowance(_Rule):
    """A principal, a model or both, that a detector is to leave alone until a date."""

    detector: str = "*"
    principal: str = "*"
    model: str = "*"  # a model's id or ARN, or the resource's ARN
    account: str = "*"
    expires: AwareDatetime
    reason: str = Field(min_length=3)

    @model_validator(mode="after")
    def _narrow(self) -> Self:
        if self.principal == self.model == "*":
            raise ValueError("name a principal or a model: an allowance for everybody switches a detector off")
        return self

    @property
    def as_written(self) -> str:
        """What it allows, in a line: `detector=guardrail_*, principal=role:DeployPipeline`."""
        named = {"detector": self.detector, "principal": self.principal, "model": self.model, "account": self.account}
        return ", ".join(f"{name}={value}" for name, value in named.items() if value != "*" or name == "detector")

    def holds_at(self, time: float) -> bool:
        """By event time: a replay of last year judges as last year did."""
        return time < self.expires.timestamp()

    def names(self, detector: str, signal: Signal) -> bool:
        """Whether a signal is what it allows, expired or not."""
        return (
            fnmatchcase(detector, self.detector)
            and fnmatchcase(signal.account, self.account)
            and (self.principal == "*" or matches(self.principal, signal.principal, signal.caller))
            and (self.model == "*" or any(fnmatchcase(name, self.model) for name in (signal.model, signal.resource)))
        )


class CallerBudget(_Rule):
    """What callers of this pattern may use; 0 is no limit."""

    caller: str = "*"
    calls_per_hour: int = Field(default=0, ge=0)
    tokens_per_hour: int = Field(default=0, ge=0)
    calls_per_day: int = Field(default=0, ge=0)
    tokens_per_day: int = Field(default=0, ge=0)
    dollars_per_hour: float = Field(default=0, ge=0)
    dollars_per_day: float = Field(default=0, ge=0)


class ModelPrice(_Rule):
    """What a model costs here, in dollars a million tokens, where the AWS Price List doesn't say or isn't right."""

    model: str = Field(min_length=1)  # id or ARN as logged, with * and ?
    input: float = Field(ge=0)
    output: float = Field(ge=0)
    cache_read: float = Field(default=-1.0, ge=-1)
    cache_write: float = Field(default=-1.0, ge=-1)


class ModelQuota(_Rule):
    """What AWS allows the whole account of a model in a Region."""

    model: str = Field(min_length=1)  # id or ARN as logged, with * and ?
    region: str = "*"
    requests_per_minute: int = Field(default=0, ge=0)
    tokens_per_minute: int = Field(default=0, ge=0)


class BucketWatch(_Rule):
    """A bucket whose content becomes what models know."""

    bucket: str = Field(min_length=3)
    writers: tuple[str, ...] = ()


class Canary(_Rule):
    """A token that stands somewhere on purpose. It means nothing, so an answer that holds it read it there."""

    name: str = Field(min_length=1)
    token: str

    @field_validator("token")
    @classmethod
    def _findable(cls, token: str) -> str:
        if not CANARY.fullmatch(token):
            raise ValueError("16 to 128 letters, digits, - and _, so that it can be told from words")
        return token


class PatternOfSecret(_Rule):
    """A regular expression of what only this organisation has. Judged when read: none may take long on any text."""

    name: str = Field(min_length=1)
    pattern: str = Field(min_length=4)
    severity: Severity = Severity.HIGH

    @field_validator("pattern")
    @classmethod
    def _bounded(cls, pattern: str) -> str:
        if bounded(pattern).match(""):
            raise ValueError("matches nothing at all: every answer would hold it")
        return pattern


class HostOfLinks(_Rule):
    """A host that answers may link to."""

    host: str = Field(min_length=3)


class ToolOfModel(_Rule):
    """What a tool that models call is expected to do."""

    tool: str = Field(min_length=1)
    caller: str = "*"
    hosts: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    runs_code: bool = False


class AlarmOfModel(_Rule):
    """An alarm, or a Model Monitor schedule, and what it watches."""

    alarm: str = Field(min_length=1)
    resource: str = Field(min_length=1)
    fed_by: tuple[str, ...] = ()


class ContinuityOfApplication(_Rule):
    """What an application falls back to, and what its users are told."""

    application: str = Field(min_length=1)
    resources: tuple[str, ...] = Field(min_length=1)
    pointer: str = ""
    fallback: str = ""
    message_parameter: str = ""
    maintenance_message: str = Field(default="", max_length=4000)  # a standard parameter holds 4 KB
    stops: str = Field(min_length=3)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if bool(self.pointer) != bool(self.fallback):
            raise ValueError("pointer and fallback belong together: what is moved, and to what")
        if bool(self.message_parameter) != bool(self.maintenance_message):
            raise ValueError("message_parameter and maintenance_message belong together: where, and what")
        if not self.pointer and not self.message_parameter:
            raise ValueError("name a fallback, a maintenance message or both: else nothing goes on")
        return self


class PersonByNames(_Rule):
    """One person, by every name that may stand under a decision: ARN, claim, session."""

    names: tuple[str, ...] = Field(min_length=2)


class Rules(_Rule):
    allow: tuple[Allowance, ...] = ()
    budget: tuple[CallerBudget, ...] = ()
    watch: tuple[BucketWatch, ...] = ()
    canary: tuple[Canary, ...] = ()
    pattern: tuple[PatternOfSecret, ...] = ()
    host: tuple[HostOfLinks, ...] = ()
    tool: tuple[ToolOfModel, ...] = ()
    model_alarm: tuple[AlarmOfModel, ...] = ()
    price: tuple[ModelPrice, ...] = ()
    quota: tuple[ModelQuota, ...] = ()
    end_user: tuple[EndUserBudget, ...] = ()
    continuity: tuple[ContinuityOfApplication, ...] = ()
    person: tuple[PersonByNames, ...] = ()

    @classmethod
    def from_toml(cls, text: str, *, where: str = "rules") -> Rules:
        """Raises ConfigurationError that names the place and what is wrong there."""
        try:
            return cls.model_validate(_with_times(tomllib.loads(text)))
        except tomllib.TOMLDecodeError as error:
            raise ConfigurationError(f"{where}: not TOML: {error}. Correct the text there.") from error
        except ValidationError as error:
            wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
            raise ConfigurationError(f"{where}: {wrong}. Correct the text there.") from error

    @classmethod
    def together(cls, parts: Iterable[Rules]) -> Rules:
        """Several texts as one set, in their order: where the first that matches applies, the first text wins."""
        every = list(parts)
        return cls(**{name: tuple(rule for one in every for rule in getattr(one, name)) for name in cls.model_fields})

    @property
    def watched(self) -> tuple[Watched, ...]:
        return tuple(Watched(rule.bucket, rule.writers) for rule in self.watch)

    @property
    def model_alarms(self) -> tuple[ModelAlarm, ...]:
        return tuple(ModelAlarm(rule.alarm, rule.resource, rule.fed_by) for rule in self.model_alarm)

    @property
    def quotas(self) -> tuple[Quota, ...]:
        return tuple(
            Quota(rule.model, rule.region, rule.requests_per_minute, rule.tokens_per_minute) for rule in self.quota
        )

    @property
    def prices(self) -> tuple[tuple[str, Price], ...]:
        return tuple((row.model, Price(row.input, row.output, row.cache_read, row.cache_write)) for row in self.price)

    @cached_property
    def outputs(self) -> OutputRules:
        return OutputRules(
            {rule.token.lower(): rule.name for rule in self.canary},
            tuple(OwnPattern(rule.name, bounded(rule.pattern), rule.severity) for rule in self.pattern),
            tuple(rule.host.lower() for rule in self.host),
            tuple(ToolRule(rule.tool, rule.caller, rule.hosts, rule.targets, rule.runs_code) for rule in self.tool),
        )

    def allowance(self, detector: str, signal: Signal) -> Allowance | None:
        """The allowance that covers a signal: of several the one that holds longest, else one that has expired."""
        naming = [allowance for allowance in self.allow if allowance.names(detector, signal)]
        return max(naming, key=lambda allowance: allowance.expires, default=None)

    def expired(self, time: float) -> tuple[Allowance, ...]:
        """Allowances that no longer allow anything: to be renewed or taken out."""
        return tuple(allowance for allowance in self.allow if not allowance.holds_at(time))

    def budget_of(self, caller: str) -> Budget | None:
        """The first written budget whose pattern a caller's name matches."""
        for rule in self.budget:
            if fnmatchcase(caller, rule.caller):
                return Budget(
                    rule.calls_per_hour,
                    rule.tokens_per_hour,
                    rule.calls_per_day,
                    rule.tokens_per_day,
                    source=f"rules, budget of {rule.caller}",
                    dollars_per_hour=rule.dollars_per_hour,
                    dollars_per_day=rule.dollars_per_day,
                )
        return None


def _with_times(values: dict[str, object]) -> dict[str, object]:
    """TOML knows local dates and times; ours are UTC."""
    allow = values.get("allow")
    for row in allow if isinstance(allow, list) else ():
        expires = row.get("expires") if isinstance(row, dict) else None
        if isinstance(expires, datetime) and expires.tzinfo is None:
            row["expires"] = expires.replace(tzinfo=UTC)
        elif expires is not None and not isinstance(expires, datetime | str):
            row["expires"] = datetime(expires.year, expires.month, expires.day, tzinfo=UTC)
    return values
