"""Each port twice: in memory, and over AWS on tables made as template.yaml says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from deployed_template import resources
from moto import mock_aws

from tidegate.aws.approvals import DynamoApprovals
from tidegate.aws.callers import DynamoCallerStates, DynamoDeliveries
from tidegate.aws.confirmations import DynamoConfirmations
from tidegate.aws.incidents import DynamoIncidents
from tidegate.aws.ledger import DynamoLedger
from tidegate.aws.notices import DynamoNotices
from tidegate.aws.snapshots import DynamoSnapshots
from tidegate.ports import (
    Approvals,
    CallerStates,
    ConfigurationSnapshots,
    Confirmations,
    Deliveries,
    Incidents,
    Ledger,
    Notices,
)
from tidegate_local import memory

REGION = "eu-central-1"


@dataclass
class Stores:
    states: CallerStates
    deliveries: Deliveries
    snapshots: ConfigurationSnapshots
    incidents: Incidents
    ledger: Ledger
    approvals: Approvals
    confirmations: Confirmations
    notices: Notices


@pytest.fixture(params=["memory", "aws"])
def stores(request: pytest.FixtureRequest) -> Iterator[Stores]:
    if request.param == "memory":
        yield Stores(
            memory.MemoryCallerStates(),
            memory.MemoryDeliveries(),
            memory.MemoryConfigurationSnapshots(),
            memory.MemoryIncidents(),
            memory.MemoryLedger(),
            memory.MemoryApprovals(),
            memory.MemoryConfirmations(),
            memory.MemoryNotices(),
        )
        return
    with mock_aws():
        dynamodb = boto3.client("dynamodb", REGION, aws_access_key_id="test", aws_secret_access_key="test")
        for name, table in resources("AWS::DynamoDB::Table").items():
            create_table(dynamodb, name, table)
        yield Stores(
            DynamoCallerStates(dynamodb, "CallerTable"),
            DynamoDeliveries(dynamodb, "DeliveryTable"),
            DynamoSnapshots(dynamodb, "SnapshotTable"),
            DynamoIncidents(dynamodb, "IncidentTable"),
            DynamoLedger(dynamodb, "LedgerTable"),
            DynamoApprovals(dynamodb, "ApprovalTable"),
            DynamoConfirmations(dynamodb, "ApprovalTable"),
            DynamoNotices(dynamodb, "NoticeTable"),
        )


def create_table(dynamodb: Any, name: str, properties: dict[str, Any]) -> None:
    wanted = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")
    dynamodb.create_table(TableName=name, **{key: properties[key] for key in wanted if key in properties})
