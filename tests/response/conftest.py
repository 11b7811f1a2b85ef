"""An account in moto, with one application role, one build user and nothing wrong yet."""

from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws
from response_builders import ASSUMED_BY_BEDROCK, REGION, Account


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        account = Account(boto3.Session(region_name=REGION))
        account.create()
        account.clients.iam.create_role(RoleName="app", AssumeRolePolicyDocument=ASSUMED_BY_BEDROCK)
        account.clients.iam.create_user(UserName="builder")
        yield account
