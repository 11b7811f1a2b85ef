from __future__ import annotations

import json
import socket
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from command_line_builders import Tidegate
from moto import mock_aws

from tidegate.errors import ConfigurationError
from tidegate_local import stack

OUTPUTS = {name: f"the-{name}" for name in stack._OUTPUTS.values()}


def test_settings_come_from_the_outputs() -> None:
    settings = stack.settings_of(OUTPUTS | {"OpenSearchEndpoint": "http://127.0.0.1:9200"}, "mine", "eu-west-1")

    assert settings.incident_table == "the-IncidentTable"
    assert settings.opensearch_service == "none"
    assert settings.stack == "mine"


@pytest.mark.parametrize(
    ("endpoint", "service"),
    [
        ("https://search-x.eu-central-1.es.amazonaws.com", "es"),
        ("https://abc123.eu-central-1.aoss.amazonaws.com", "aoss"),
        ("https://abc123.aoss.eu-central-1.on.aws", "aoss"),
    ],
)
def test_requests_are_signed_for_the_service_of_the_address(endpoint: str, service: str) -> None:
    settings = stack.settings_of(OUTPUTS | {"OpenSearchEndpoint": endpoint}, "mine", "eu-central-1")
    assert settings.opensearch_service == service


def test_a_stack_without_our_outputs_is_refused_by_name() -> None:
    with pytest.raises(ConfigurationError, match="LedgerTable"):
        stack.settings_of({}, "other", "eu-west-1")


def test_without_a_name_and_without_a_demo_the_error_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="--stack NAME"):
        stack.find(None, state_file=tmp_path / "embedded.json")


def test_a_held_demo_is_found_by_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "")
    with socket.create_server(("127.0.0.1", 0)) as account:
        endpoint = f"http://127.0.0.1:{account.getsockname()[1]}"
        known = {"endpoint": endpoint, "region": "us-east-1", "outputs": OUTPUTS}
        (tmp_path / "embedded.json").write_text(json.dumps(known))

        found = stack.find(None, state_file=tmp_path / "embedded.json")

    assert found.embedded
    assert found.services().clients.iam.meta.endpoint_url == endpoint


def test_a_demo_that_was_killed_is_said_at_once(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as account:
        endpoint = f"http://127.0.0.1:{account.getsockname()[1]}"
    (tmp_path / "embedded.json").write_text(json.dumps({"endpoint": endpoint, "region": "us-east-1", "outputs": {}}))
    with pytest.raises(ConfigurationError, match="has ended"):
        stack.find(None, state_file=tmp_path / "embedded.json")


@pytest.mark.parametrize(
    ("raised", "said"),
    [
        (
            ClientError({"Error": {"Code": "AccessDeniedException", "Message": "not authorized"}}, "Query"),
            "AWS refused Query: AccessDeniedException: not authorized",
        ),
        (EndpointConnectionError(endpoint_url="https://192.0.2.1"), "AWS was not reached: Could not connect"),
    ],
)
def test_what_aws_refuses_is_said_in_a_line(
    tidegate: Tidegate, monkeypatch: pytest.MonkeyPatch, raised: Exception, said: str
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise raised

    monkeypatch.setattr(stack, "find", refuse)
    ran = tidegate("incidents")
    assert ran.code == 1
    assert said in " ".join(ran.problems.split())


def test_a_fault_of_ours_keeps_its_traceback(tidegate: Tidegate, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise LookupError("ours")

    monkeypatch.setattr(stack, "find", fail)
    with pytest.raises(LookupError):
        tidegate("incidents")


def test_the_region_is_that_of_aws_region(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the AWS CLI reads it; boto3 knows AWS_DEFAULT_REGION alone."""
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    for name, value in (("AWS_ACCESS_KEY_ID", "testing"), ("AWS_SECRET_ACCESS_KEY", "testing")):
        monkeypatch.setenv(name, value)
    with mock_aws():
        outputs = {name: {"Value": value} for name, value in OUTPUTS.items()}
        template = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}, "Outputs": outputs}
        boto3.client("cloudformation", region_name="eu-west-1").create_stack(
            StackName="mine", TemplateBody=json.dumps(template)
        )
        found = stack.find("mine")
    assert (found.region, found.outputs) == ("eu-west-1", OUTPUTS)
