"""Records and services for tests of detection, with good defaults: only what matters is on the page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import msgspec

from tidegate.detection import Delivery, Detection
from tidegate.model import (
    ApiCall,
    Finding,
    Invocation,
    Principal,
    Record,
    Severity,
    ThreatFinding,
    derived_id,
    narrowest_caller,
)
from tidegate.rules import Rules
from tidegate.settings import Settings
from tidegate.watching import Watch
from tidegate_local.memory import (
    MemoryBytes,
    MemoryCallerStates,
    MemoryConfigurationSnapshots,
    MemoryDeliveries,
    MemoryFindingQueue,
    MemoryOutbox,
)

ACCOUNT, REGION = "111122223333", "us-east-1"
NOW = datetime(2026, 9, 1, 10, tzinfo=UTC)
T = NOW.timestamp()
MODEL = "anthropic.claude-3-haiku-20240307-v1:0"


def a_user(name: str = "ci-user", access_key: str = "AKIATIDECIUSER000001") -> Principal:
    return Principal(
        kind="IAMUser",
        arn=f"arn:aws:iam::{ACCOUNT}:user/{name}",
        account=ACCOUNT,
        principal_id="AIDATIDECIUSER000001",
        access_key=access_key,
        name=name,
    )


def a_session(role: str = "SupportAssistant", session: str = "web-1") -> Principal:
    return Principal(
        kind="AssumedRole",
        arn=f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{session}",
        account=ACCOUNT,
        principal_id=f"AROATIDESUPPORT00001:{session}",
        access_key="ASIATIDESUPPORT00001",
        name=role,
        session=session,
        role_arn=f"arn:aws:iam::{ACCOUNT}:role/{role}",
    )


def an_invocation(
    at: float = 0.0,
    *,
    user: str = "u-1",
    principal: Principal | None = None,
    tokens: int = 50,
    id: str = "",
    **more: Any,
) -> Invocation:
    """`at`: seconds after NOW."""
    who = principal or a_session()
    return Invocation(
        id=id or derived_id("req", user, str(at), str(tokens), who.arn),
        time=T + at,
        account=ACCOUNT,
        region=REGION,
        operation="Converse",
        model=MODEL,
        caller=narrowest_caller(who, user),
        principal=who,
        input_tokens=tokens,
        metadata={"user": user} if user else {},
        **more,
    )


def an_api_call(
    name: str = "UpdateGuardrail",
    service: str = "bedrock",
    *,
    at: float = 0.0,
    parameters: dict[str, Any] | None = None,
    response: dict[str, Any] | None = None,
    principal: Principal | None = None,
    id: str = "",
    **more: Any,
) -> ApiCall:
    who = principal or a_user()
    return ApiCall(
        id=id or derived_id("event", service, name, str(at), who.arn, repr(parameters)),
        time=T + at,
        account=ACCOUNT,
        region=REGION,
        service=service,
        name=name,
        caller=narrowest_caller(who),
        principal=who,
        address="203.0.113.7",
        parameters=None if parameters is None else msgspec.Raw(msgspec.json.encode(parameters)),
        response=None if response is None else msgspec.Raw(msgspec.json.encode(response)),
        **more,
    )


def a_threat(
    type: str = "UnauthorizedAccess:IAMUser/TorIPCaller",
    *,
    at: float = 0.0,
    principal: Principal | None = None,
    finding: str = "f0000000000000000000000000000001",
    **more: Any,
) -> ThreatFinding:
    who = principal or a_user()
    given: dict[str, Any] = {"severity": 5.0, "addresses": ("203.0.113.66",), **more}
    return ThreatFinding(
        id=f"{finding}/{at}",
        finding_id=finding,
        time=T + at,
        first_seen=T + at - 60,
        account=ACCOUNT,
        region=REGION,
        type=type,
        title=type,
        caller=narrowest_caller(who),
        principal=who,
        **given,
    )


def a_finding(id: str = "", **more: Any) -> Finding:
    given: dict[str, Any] = {
        "detector": "quota_abuse",
        "family": "quota_abuse",
        "severity": Severity.MEDIUM,
        "score": 45.0,
        "title": "too many calls",
        "time": NOW,
        "caller": "iam-user:ci-user",
        "account": ACCOUNT,
        "region": REGION,
        "playbook": "throttle_caller",
        **more,
    }
    given.setdefault("first_seen", given["time"])
    return Finding(id=id or derived_id("finding", *(str(value) for value in given.values())), **given)


@dataclass
class World:
    """Detection on stores in memory; any of them may be replaced by one that fails."""

    states: Any = field(default_factory=MemoryCallerStates)
    deliveries: Any = field(default_factory=MemoryDeliveries)
    snapshots: Any = field(default_factory=MemoryConfigurationSnapshots)
    findings: Any = field(default_factory=MemoryFindingQueue)
    outbox: Any = field(default_factory=MemoryOutbox)
    damaged: Any = field(default_factory=MemoryBytes)
    rules: Rules = field(default_factory=Rules)
    settings: Settings = field(default_factory=lambda: Settings(pipeline_principals=("role:DeploymentPipeline",)))
    now: datetime = NOW

    def but(self, **replaced: Any) -> World:
        return replace(self, **replaced)

    @property
    def detection(self) -> Detection:
        return Detection(
            self.states,
            self.deliveries,
            self.snapshots,
            self.findings,
            self.outbox,
            self.damaged,
            self.rules,
            self.settings,
            lambda: self.now,
        )

    def see(self, *records: Record, delivery: str = "") -> set[str]:
        """One delivery of these records."""
        return self.detection.take([a_delivery(*records, id=delivery)])

    def watch(self, at: float) -> list[Finding]:
        """The watch over the sources looks, `at` seconds after NOW."""
        watch = Watch(self.states, self.snapshots, self.findings, self.outbox, self.rules, self.settings, lambda: NOW)
        return watch.look(T + at)

    @property
    def found(self) -> list[Finding]:
        """Findings sent, each once, by event time."""
        distinct = {finding.id: finding for finding in self.findings.sent}
        return sorted(distinct.values(), key=lambda finding: (finding.time, finding.id))

    @property
    def detectors(self) -> list[str]:
        return sorted({finding.detector for finding in self.found})


def a_delivery(*records: Record, id: str = "") -> Delivery:
    return Delivery(id or derived_id("delivery", *(record.id for record in records)), records)


def ids(findings: Iterable[Finding]) -> set[str]:
    return {finding.id for finding in findings}
