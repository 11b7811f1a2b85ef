"""A call to the embedded account says who calls; what signs for others signs as AWS asks for it."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from moto import mock_aws

from tidegate_local.sessions import new_session
from tidegate_local.signing import SECRET


def headers_of(session: boto3.Session, service: str, call: str, **parameters: Any) -> dict[str, Any]:
    sent: dict[str, Any] = {}
    client: Any = session.client(service, region_name="us-east-1")  # type: ignore[call-overload]
    client.meta.events.register_first("before-send", lambda request, **_: sent.update(request.headers))
    with mock_aws():
        getattr(client, call)(**parameters)
    return {name: value.decode() if isinstance(value, bytes) else value for name, value in sent.items()}


@pytest.mark.parametrize(("service", "call"), [("sqs", "list_queues"), ("s3", "list_buckets"), ("iam", "list_users")])
def test_the_access_key_and_the_token_go_along(service: str, call: str) -> None:
    session = new_session("ASIATIDEEMBEDDED0001", SECRET, "a-token", "us-east-1")
    headers = headers_of(session, service, call)
    assert "Credential=ASIATIDEEMBEDDED0001/" in headers["Authorization"]
    assert f"/us-east-1/{service}/aws4_request" in headers["Authorization"]
    assert headers["X-Amz-Security-Token"] == "a-token"
    assert headers["X-Amz-Date"].endswith("Z")


def test_another_secret_signs() -> None:
    headers = headers_of(boto3.Session("AKIAEXAMPLE000000001", "of-somebody-else"), "sqs", "list_queues")
    assert len(headers["Authorization"].rpartition("Signature=")[2]) == 64


def test_an_address_is_signed() -> None:
    session = new_session("ASIATIDEEMBEDDED0001", SECRET, None, "us-east-1")
    address = session.client("s3").generate_presigned_url("get_object", Params={"Bucket": "b", "Key": "k"})
    assert "Signature=" in address
    assert "none" not in address
