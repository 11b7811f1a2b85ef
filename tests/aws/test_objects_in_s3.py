"""Log files, the outbox, damaged originals and evidence as objects."""

from __future__ import annotations

import gzip
import json

import pytest

from tidegate.aws.clients import AwsClients
from tidegate.aws.objects import S3DamagedStore, S3Evidence, S3LogFiles, S3Outbox
from tidegate.errors import Permanent


@pytest.fixture(autouse=True)
def bucket(clients: AwsClients) -> None:
    clients.s3.create_bucket(Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})


def keys(clients: AwsClients) -> list[str]:
    return [entry["Key"] for entry in clients.s3.list_objects_v2(Bucket="bucket").get("Contents", [])]


def body(clients: AwsClients, key: str) -> bytes:
    return clients.s3.get_object(Bucket="bucket", Key=key)["Body"].read()


def test_a_batch_is_one_object_with_a_line_a_document_and_the_same_bytes_each_time(clients: AwsClients) -> None:
    outbox = S3Outbox(clients.s3, "bucket")
    documents = [b'{"create":{}}\n{"a":1}\n{"create":{}}\n{"b":2}\n', b'{"index":{}}\n{"c":"},\\"document\\":{"}\n']
    outbox.write("events-1", iter(documents))
    first = body(clients, "documents/events-1.ndjson.gz")
    outbox.write("events-1", documents)
    assert keys(clients) == ["documents/events-1.ndjson.gz"]
    assert body(clients, "documents/events-1.ndjson.gz") == first
    assert [json.loads(line) for line in gzip.decompress(first).splitlines()] == [
        {"create": {}, "document": {"a": 1}},
        {"create": {}, "document": {"b": 2}},
        {"index": {}, "document": {"c": '},"document":{'}},
    ]


def test_a_batch_without_documents_writes_nothing(clients: AwsClients) -> None:
    S3Outbox(clients.s3, "bucket").write("events-2", [])
    assert keys(clients) == []


def test_damaged_originals_are_kept_as_they_came(clients: AwsClients) -> None:
    reference = S3DamagedStore(clients.s3, "bucket").keep("damaged-1", b"\xff{not json")
    assert reference == "s3://bucket/damaged/damaged-1"
    assert body(clients, "damaged/damaged-1") == b"\xff{not json"


def test_evidence_once_kept_is_not_replaced(clients: AwsClients) -> None:
    evidence = S3Evidence(clients.s3, "bucket")
    assert evidence.keep("run-1/manifest.json", b"first") == "s3://bucket/run-1/manifest.json"
    assert evidence.keep("run-1/manifest.json", b"second") == "s3://bucket/run-1/manifest.json"
    assert body(clients, "run-1/manifest.json") == b"first"


def test_a_log_file_is_read_as_it_lies_and_one_that_is_gone_says_so(clients: AwsClients) -> None:
    logs = S3LogFiles(clients.s3, "bucket")
    assert logs.write("subscription/1.json.gz", b"\x1f\x8b...") == "s3://bucket/subscription/1.json.gz"
    assert logs.read("bucket", "subscription/1.json.gz") == b"\x1f\x8b..."
    with pytest.raises(Permanent, match="s3://bucket/gone.json.gz"):
        logs.read("bucket", "gone.json.gz")
