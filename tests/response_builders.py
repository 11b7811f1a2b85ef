"""Builders for tests of playbooks, actions and the response: only what matters is on the page of a test."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import boto3
from tidegate.aws.clients import AwsClients
from tidegate.model import Incident, Severity, Step, Target

ACCOUNT, REGION = "123456789012", "eu-west-1"  # moto's own account
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ASSUMED_BY_BEDROCK = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"bedrock.amazonaws.com"},'
    '"Action":"sts:AssumeRole"}]}'
)
OWN_POLICY = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::%s/*"}]}'
)


def an_incident(**changes: Any) -> Incident:
    given: dict[str, Any] = {
        "id": "incident-1",
        "severity": Severity.HIGH,
        "caller": "session:app/alice",
        "account": ACCOUNT,
        "region": REGION,
        "detectors": ("quota_abuse",),
        "families": ("quota_abuse",),
        "first_seen": START,
        "last_seen": START,
        "playbook": "throttle_caller",
        "generation": 1,
    }
    return Incident(**(given | changes))


def a_step(action: str, kind: str, name: str, *, number: int = 1, details: Any = None, **parameters: Any) -> Step:
    target = Target(kind=kind, id=name, account=ACCOUNT, region=REGION, details=details or {})
    return Step(id=f"step-{number}", action=action, target=target, parameters=parameters)


def quota_table(clients: AwsClients) -> None:
    clients.dynamodb.create_table(
        TableName=clients.quota_table,
        KeySchema=[{"AttributeName": "user", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "user", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )


def clients_of(session: boto3.Session) -> AwsClients:
    return AwsClients(session, quota_table="quota")
