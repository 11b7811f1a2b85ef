"""An account in moto in mode approve, and the console in front of it."""

from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest
from console_builders import Site
from moto import mock_aws
from response_builders import ACCOUNT, ASSUMED_BY_BEDROCK, REGION, Account

from tidegate.model import Mode


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    machine = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:respond"
    with mock_aws():
        settings = {"response_mode": Mode.APPROVE, "respond_state_machine": machine}
        account = Account(boto3.Session(region_name=REGION), **settings)
        account.create()
        account.clients.iam.create_role(RoleName="app", AssumeRolePolicyDocument=ASSUMED_BY_BEDROCK)
        yield Site(account)
