"""Records and models with good defaults, so that a test states only what matters to it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec

from tidegate.model import (
    ApiCall,
    Difference,
    Finding,
    Incident,
    Invocation,
    Mode,
    Plan,
    Principal,
    Receipt,
    Run,
    RunStatus,
    ServiceEvent,
    Severity,
    Step,
    StepStatus,
    Target,
    ThreatFinding,
)

ACCOUNT = "111122223333"
REGION = "eu-central-1"
START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)  # ISO week 10
ROLE = Principal(
    kind="AssumedRole",
    arn=f"arn:aws:sts::{ACCOUNT}:assumed-role/chat/i-0a",
    account=ACCOUNT,
    principal_id="AROAEXAMPLE:i-0a",
    access_key="ASIAEXAMPLE",
    name="chat",
    session="i-0a",
    role_arn=f"arn:aws:iam::{ACCOUNT}:role/chat",
)


def an_invocation(number: int = 0, **given: Any) -> Invocation:
    defaults: dict[str, Any] = {
        "id": f"request-{number}",
        "time": START.timestamp() + number,
        "account": ACCOUNT,
        "region": REGION,
        "operation": "Converse",
        "model": "anthropic.claude-sonnet-4-20250514-v1:0",
        "caller": "user:ada",
        "principal": ROLE,
        "input_tokens": 100,
        "output_tokens": 20,
        "where": f"s3://logs/file.json.gz#{number}",
    }
    return Invocation(**defaults | given)


def an_api_call(number: int = 0, **given: Any) -> ApiCall:
    defaults: dict[str, Any] = {
        "id": f"event-{number}",
        "time": START.timestamp() + number,
        "account": ACCOUNT,
        "region": REGION,
        "service": "bedrock",
        "name": "Converse",
        "caller": "session:chat/i-0a",
        "principal": ROLE,
        "request_id": f"request-{number}",
        "address": "198.51.100.7",
        "user_agent": "Boto3/1.44",
    }
    return ApiCall(**defaults | given)


def a_threat(**given: Any) -> ThreatFinding:
    defaults: dict[str, Any] = {
        "id": "threat-1",
        "finding_id": "threat",
        "time": START.timestamp(),
        "first_seen": START.timestamp() - 60,
        "account": ACCOUNT,
        "region": REGION,
        "type": "Impact:IAMUser/CostHarvesting",
        "severity": 5.0,
        "title": "Unusual spending on models",
        "caller": "session:chat/i-0a",
        "principal": ROLE,
        "addresses": ("198.51.100.7",),
    }
    return ThreatFinding(**defaults | given)


def a_service_event(**given: Any) -> ServiceEvent:
    defaults: dict[str, Any] = {
        "id": "event-1",
        "time": START.timestamp(),
        "account": ACCOUNT,
        "region": REGION,
        "source": "cloudwatch",
        "kind": "CloudWatch Alarm State Change",
        "name": "ALARM",
        "caller": f"unknown:{ACCOUNT}",
        "principal": Principal(),
        "resources": (f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:answers-grounded",),
        "status": "OK",
        "detail": msgspec.Raw(b'{"alarmName":"answers-grounded","state":{"value":"ALARM"}}'),
        "where": "events",
    }
    return ServiceEvent(**defaults | given)


def a_finding(**given: Any) -> Finding:
    defaults: dict[str, Any] = {
        "id": "finding-1",
        "detector": "quota_abuse",
        "family": "quota_abuse",
        "severity": Severity.HIGH,
        "score": 71.5,
        "title": "Ten times the tokens of any hour before",
        "time": START,
        "first_seen": START,
        "caller": "user:ada",
        "related": ("session:chat/i-0a", "address:198.51.100.7"),
        "account": ACCOUNT,
        "region": REGION,
        "event_ids": ("request-0",),
        "evidence": {"tokens": 12_000, "hours": [{"at": "08", "tokens": 900}]},
        "techniques": ("AML.T0034",),
    }
    return Finding(**defaults | given)


def an_incident(**given: Any) -> Incident:
    defaults: dict[str, Any] = {
        "id": "incident-1",
        "severity": Severity.HIGH,
        "title": "Quota abuse by user:ada",
        "caller": "user:ada",
        "account": ACCOUNT,
        "region": REGION,
        "detectors": ("quota_abuse",),
        "families": ("quota_abuse",),
        "finding_ids": ("finding-1",),
        "first_seen": START,
        "last_seen": START,
        "revision": 1,
    }
    return Incident(**defaults | given)


def a_step(**given: Any) -> Step:
    defaults: dict[str, Any] = {
        "id": "step-1",
        "action": "block_end_user",
        "target": Target(kind="end_user", id="ada", account=ACCOUNT, region=REGION),
        "calls": ("dynamodb:PutItem",),
        "difference": (Difference(resource="quota/ada", before=None, after={"blocked": True}),),
        "reach": 1,
    }
    return Step(**defaults | given)


def a_run(**given: Any) -> Run:
    defaults: dict[str, Any] = {
        "id": "run-1",
        "incident_id": "incident-1",
        "playbook": "throttle_caller",
        "mode": Mode.AUTO,
        "status": RunStatus.CONTAINED,
        "plan": Plan(
            run_id="run-1",
            incident_id="incident-1",
            playbook="throttle_caller",
            mode=Mode.AUTO,
            steps=(a_step(),),
            reason="the narrowest lever is the end user",
            created=START,
            undo="remove the block of ada",
        ),
        "started_at": START,
        "contained_at": START.replace(second=9),
        "expires_at": START.replace(hour=9),
        "revision": 3,
    }
    return Run(**defaults | given)


def a_receipt(**given: Any) -> Receipt:
    defaults: dict[str, Any] = {
        "id": "step-1",
        "run_id": "run-1",
        "incident_id": "incident-1",
        "playbook": "throttle_caller",
        "step": a_step(),
        "mode": Mode.AUTO,
        "status": StepStatus.VERIFIED,
        "found": {"item": None},
        "changed": {"secret": "never indexed"},
        "proof": {"refused": 3},
        "planned_at": START,
        "applied_at": START.replace(second=4),
        "verified_at": START.replace(second=8),
        "revision": 4,
    }
    return Receipt(**defaults | given)


class KeptOriginals:
    """A DamagedStore that remembers."""

    def __init__(self) -> None:
        self.originals: dict[str, bytes] = {}

    def keep(self, note_id: str, original: bytes) -> str:
        self.originals[note_id] = original
        return f"s3://outbox/damaged/{note_id}"


def time_left(seconds: float = 60.0) -> Callable[[], float]:
    return lambda: seconds
