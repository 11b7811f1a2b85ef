"""AWS as moto holds it: what these tests prove is our side of the conversation, not AWS's own behaviour."""

from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from tidegate.aws.clients import AwsClients


@pytest.fixture
def session() -> Iterator[boto3.Session]:
    with mock_aws(config={"stepfunctions": {"execute_state_machine": False}}):
        yield boto3.Session("test", "test", region_name="eu-central-1")


@pytest.fixture
def clients(session: boto3.Session) -> AwsClients:
    return AwsClients(session, quota_table="Quotas")
