"""Clients of an account in moto."""

from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws
from response_builders import REGION, clients_of, quota_table

from tidegate.aws.clients import AwsClients


@pytest.fixture
def clients(monkeypatch: pytest.MonkeyPatch) -> Iterator[AwsClients]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        clients = clients_of(boto3.Session(region_name=REGION))
        quota_table(clients)
        yield clients
