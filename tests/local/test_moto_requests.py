"""What answers in moto gets the same request as ever, and is the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws
from moto.core import request as moto_request
from moto.s3.models import s3_backends

from tidegate_local import hooks, moto_requests
from tidegate_local.signing import SECRET

moto_requests.install()

as_ever = hooks._originals["moto.core.request:Request.from_primitives"]
NAMES = st.sampled_from(
    ["Content-Type", "Content-Length", "X-Amz-Target", "Transfer-Encoding", "x-amz-meta-my_key", "X-Amz-Meta-Other"]
)
VALUES = st.sampled_from(["application/json", "application/x-www-form-urlencoded", "text/plain", "7", "å", ""])
PARTS = st.sampled_from(["a", "/", "//", "%2F", "%C3%A5", ";b", "+", "å", ".", "*", "~"])
PATHS = st.lists(PARTS, max_size=5).map("".join)
QUERIES = st.sampled_from(["", "?list-type=2&prefix=a%2Fb", "?x", "?a=b?c", "?ö=1"])
BODIES = st.sampled_from([None, b"", b"{}", "a=b&c", "å", b"\xff"])


@pytest.fixture
def session() -> Iterator[boto3.Session]:
    with mock_aws():
        yield boto3.Session("AKIAEXAMPLE000000001", SECRET, region_name="eu-central-1")


def told(request: Any) -> dict[str, Any]:
    """Everything that who answers can read of a request."""
    environ = {name: value for name, value in request.environ.items() if name.isupper() or name.startswith("moto.")}
    return environ | {"body": request.get_data(), "headers": sorted(request.headers), "url": request.raw_url}


@given(PATHS, QUERIES, st.dictionaries(NAMES, VALUES), BODIES, st.sampled_from(["POST", "GET", "PUT"]))
def test_a_request_that_is_put_together_is_the_one_that_werkzeug_builds(
    path: str, query: str, headers: dict[str, str], body: Any, method: str
) -> None:
    url = f"https://bucket.s3.eu-central-1.amazonaws.com/{path}{query}"
    made = moto_request.Request.from_primitives(method, url, headers, body)
    assert told(made) == told(as_ever(method, url, headers, body))


def test_headers_of_an_sdk_arrive_as_they_are(session: boto3.Session) -> None:
    """Bytes, repeated names and the host among them."""
    sent: list[tuple[dict[str, Any], dict[str, Any]]] = []

    def keep(request: AWSPreparedRequest, **_: Any) -> None:
        given = (request.method, request.url, request.headers, request.body)
        sent.append((told(moto_request.Request.from_primitives(*given)), told(as_ever(*given))))

    session.events.register("before-send", keep)
    session.client("dynamodb").list_tables(Limit=3)
    session.client("sqs").create_queue(QueueName="queue")
    session.client("iam").list_roles()
    s3 = session.client("s3")
    s3.create_bucket(Bucket="things", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    s3.put_object(Bucket="things", Key="a b/ü+c", Body=b"text", Metadata={"my_key": "1", "other": "2"})
    s3.list_objects_v2(Bucket="things", Prefix="a b/")
    assert len(sent) == 6
    assert [made for made, _ in sent] == [built for _, built in sent]


def test_objects_of_any_name_are_found_again(session: boto3.Session) -> None:
    s3 = session.client("s3")
    s3.create_bucket(Bucket="things", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    names = ["plain", "a/b", "a//b", "a b", "ü", "a+b", "a;b", "a%2Fb", "*"]
    for name in names:
        s3.put_object(Bucket="things", Key=name, Body=name.encode(), Metadata={"its_name": name.encode().hex()})
    assert sorted(entry["Key"] for entry in s3.list_objects_v2(Bucket="things")["Contents"]) == sorted(names)
    for name in names:
        found = s3.get_object(Bucket="things", Key=name)
        assert (found["Body"].read(), found["Metadata"]) == (name.encode(), {"its_name": name.encode().hex()})


def test_paths_that_a_service_is_given_later_are_answered(
    session: boto3.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    s3 = session.client("s3")
    assert s3.list_buckets()["Buckets"] == []
    module = s3_backends["123456789012"]["aws"]._url_module
    refused = {"{0}/$": lambda *_: (403, {}, "<Error><Code>Closed</Code></Error>")}
    monkeypatch.setattr(module, "url_paths", refused)
    with pytest.raises(ClientError, match="Closed"):
        s3.list_buckets()


def test_what_moto_does_not_know_is_said_by_moto(session: boto3.Session) -> None:
    with pytest.raises(ClientError, match="404"):
        session.client("accessanalyzer").list_analyzers()
