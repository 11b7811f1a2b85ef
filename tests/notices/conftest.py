from __future__ import annotations

from collections.abc import Iterator

import pytest
from moto import mock_aws
from notice_builders import CHANNELS, EMBEDDED, Bench
from slack_server import Slack, slack_server


@pytest.fixture
def slack() -> Iterator[Slack]:
    with slack_server() as served:
        yield served


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("MOTO_ACCOUNT_ID", EMBEDDED)
    with mock_aws():
        yield


@pytest.fixture(params=CHANNELS)
def bench(request: pytest.FixtureRequest, slack: Slack, aws: None) -> Bench:
    """Each channel in turn."""
    return Bench(request.param, slack)


@pytest.fixture
def on_slack(slack: Slack, aws: None) -> Bench:
    return Bench("slack", slack)


@pytest.fixture
def webhook(slack: Slack, aws: None) -> Bench:
    return Bench("webhook", slack)


@pytest.fixture
def hub(slack: Slack, aws: None) -> Bench:
    return Bench("security_hub", slack)


@pytest.fixture
def cases(slack: Slack, aws: None) -> Bench:
    return Bench("security_ir", slack)
