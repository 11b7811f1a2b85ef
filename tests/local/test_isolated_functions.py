"""Functions in child processes, and the account reached over loopback."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from tidegate.errors import ConfigurationError
from tidegate_local.clock import RunClock
from tidegate_local.embedded import Embedded

SMALL_ACCOUNT = Path(__file__).parent / "embedded_account"

HANDLERS = """
import os
import boto3

def take(event, context):
    boto3.client("dynamodb").put_item(TableName=os.environ["TIDEGATE_CALLER_TABLE"], Item={"id": {"S": "taken"}})
    return {"batchItemFailures": []}

def sweep(event, context):
    if "read" in event:
        boto3.client("dynamodb").get_item(TableName=os.environ["TIDEGATE_CALLER_TABLE"], Key={"id": {"S": "x"}})
    if "bucket" in event:
        boto3.client("s3").get_object(Bucket=event["bucket"], Key="k")
    if "import" in event:
        __import__(event["import"])
    return {"name": context.function_name, "process": os.getpid()}
"""


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """The small account with an artefact as `sam build` leaves it."""
    for name in ("template.yaml", "work.asl.json"):
        shutil.copy(SMALL_ACCOUNT / name, tmp_path / name)
    for function in ("Take", "Sweep"):
        folder = tmp_path / ".aws-sam" / "build" / function
        folder.mkdir(parents=True)
        (folder / "embedded_account_handlers.py").write_text(HANDLERS)
    return tmp_path / "template.yaml"


@pytest.fixture
def isolated(built: Path) -> Iterator[Embedded]:
    with Embedded(built, clock=RunClock(), isolated=True) as aws:
        yield aws


def test_a_child_process_takes_a_message_with_its_own_role(isolated: Embedded) -> None:
    isolated.client("s3").put_object(Bucket=isolated.outputs["Files"], Key="in/a", Body=b"x")
    isolated.deliver()
    assert isolated.failures == []
    items = isolated.client("dynamodb").scan(TableName=isolated.outputs["Things"])["Items"]
    assert items == [{"id": {"S": "taken"}}]
    assert ("dynamodb:PutItem", True) in [(call.action, call.allowed) for call in isolated.calls]


def test_a_child_is_kept_warm_and_refused_what_its_role_lacks(isolated: Embedded) -> None:
    first, second = isolated.invoke("Sweep", {}), isolated.invoke("Sweep", {})
    assert first == second
    answer = isolated.invoke("Sweep", {"read": True})
    assert answer["errorType"] == "ClientError"
    assert "not authorized to perform: dynamodb:GetItem" in answer["errorMessage"]
    answer = isolated.invoke("Sweep", {"bucket": isolated.outputs["Files"]})
    assert "AccessDenied" in answer["errorMessage"]
    assert [failure.where for failure in isolated.failures] == ["function Sweep", "function Sweep"]


def test_a_package_that_the_artefact_lacks_is_missing_in_the_child(isolated: Embedded) -> None:
    assert "moto" in isolated.invoke("Sweep", {"import": "moto"})["errorMessage"]


def test_without_an_artefact_it_says_what_to_do(tmp_path: Path) -> None:
    for name in ("template.yaml", "work.asl.json"):
        shutil.copy(SMALL_ACCOUNT / name, tmp_path / name)
    with pytest.raises(ConfigurationError, match="sam build"), Embedded(tmp_path / "template.yaml", isolated=True):
        pass


def test_the_endpoint_and_the_outputs_are_on_file_while_the_account_lives(tmp_path: Path) -> None:
    state_file = tmp_path / ".tidegate" / "embedded.json"
    with Embedded(SMALL_ACCOUNT / "template.yaml", endpoint=True, state_file=state_file) as aws:
        known = json.loads(state_file.read_text())
        assert known["outputs"] == aws.outputs
        session = boto3.Session("AKIAEMBEDDEDOPERATOR", "embedded", region_name=known["region"])
        found = session.client("s3", endpoint_url=known["endpoint"]).list_buckets()["Buckets"]
        assert [bucket["Name"] for bucket in found] == [aws.outputs["Files"]]
    assert not state_file.exists()
