"""OpenSearch Ingestion in the function's place: what its pipeline reads is what the outbox holds.

Data Prepper itself isn't run: the names of its options are those of its documentation (s3 source, opensearch sink,
dead-letter queue), read in November 2026.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import reduce
from typing import Any

import pytest
import yaml
from deployed_account import TEMPLATE
from deployed_template import listed, resources, statements
from index_builders import START, a_finding, a_receipt, a_run, an_api_call, an_incident, an_invocation

from tidegate.aws.objects import S3Outbox
from tidegate.index.documents import (
    error_document,
    finding_document,
    incident_document,
    receipt_document,
    run_document,
)
from tidegate.index.events import bulk_bytes
from tidegate.model import DamagedNote
from tidegate_local.clock import RunClock
from tidegate_local.embedded import Embedded
from tidegate_local.template import Template

DOMAIN = {
    "OpenSearch": "endpoint",
    "OpenSearchEndpoint": "https://index.example.com",
    "OpenSearchResource": "domain/search",
    "Indexing": "pipeline",
}
COLLECTION = DOMAIN | {"OpenSearchSigning": "aoss", "OpenSearchResource": "collection/abc123"}
DOCUMENTS = [
    bulk_bytes(an_invocation()),
    bulk_bytes(an_api_call()),
    finding_document(a_finding()),
    incident_document(an_incident()),
    run_document(a_run()),
    receipt_document(a_receipt()),
    error_document(DamagedNote(id="n", time=START, source="cloudtrail", where="f#1", reason="torn")),
]


@pytest.fixture(scope="module", params=[DOMAIN, COLLECTION], ids=["domain", "collection"])
def stack(request: pytest.FixtureRequest) -> Iterator[Embedded]:
    clock = RunClock(datetime(2026, 3, 2, 9, 0, tzinfo=UTC))
    with Embedded(TEMPLATE, request.param, clock=clock, out_of_reach=["InstalledIndex"]) as aws:
        yield aws


def pipeline(aws: Embedded) -> dict[str, Any]:
    (found,) = aws.client("osis").list_pipelines()["Pipelines"]
    body = aws.client("osis").get_pipeline(PipelineName=found["PipelineName"])["Pipeline"]["PipelineConfigurationBody"]
    read: dict[str, Any] = yaml.safe_load(body)["documents"]
    return read


def lines(aws: Embedded) -> list[dict[str, Any]]:
    """Every kind of document as the outbox holds it."""
    bucket = aws.outputs["OutboxBucket"]
    S3Outbox(aws.client("s3"), bucket).write("every-kind", DOCUMENTS)
    body = aws.client("s3").get_object(Bucket=bucket, Key="documents/every-kind.ndjson.gz")["Body"].read()
    return [json.loads(line) for line in gzip.decompress(body).splitlines()]


def at(line: dict[str, Any], pointer: str) -> Any:
    return reduce(
        lambda value, key: value.get(key, {}) if isinstance(value, dict) else {}, pointer.split("/")[1:], line
    )


def test_every_line_goes_one_way_and_has_all_that_this_way_reads(stack: Embedded) -> None:
    read = pipeline(stack)
    ways = {name: re.fullmatch(r"(/\w+) != null", when)[1] for way in read["route"] for name, when in way.items()}  # type: ignore[index]
    sinks = {sink["opensearch"]["routes"][0]: sink["opensearch"] for sink in read["sink"]}
    assert ways.keys() == sinks.keys()
    taken = []
    for line in lines(stack):
        (way,) = [name for name, pointer in ways.items() if at(line, pointer)]
        sink = sinks[way]
        asked = re.findall(r"\$\{(/[\w/]+)\}", json.dumps(sink))
        assert asked
        assert all(at(line, pointer) for pointer in asked), (way, line)
        assert sink["action"] in line
        assert at(line, "/" + sink["document_root_key"])
        assert ("version" in line[sink["action"]]) == (sink.get("document_version_type") == "external")
        taken.append(way)
    assert set(taken) == set(ways)


def test_the_place_that_a_sink_builds_is_the_document_s(stack: Embedded) -> None:
    sinks = {sink["opensearch"]["action"]: sink["opensearch"] for sink in pipeline(stack)["sink"]}
    for action, sink in sinks.items():
        assert (sink["index"], sink["document_id"]) == (f"${{/{action}/_index}}", f"${{/{action}/_id}}")
        assert sink["index_type"] == "management_disabled"  # the templates are ours to install
    assert sinks["index"]["document_version"] == "${/index/version}"


def test_it_reads_the_outbox_by_its_queue_and_waits_for_the_index_before_it_deletes_a_message(stack: Embedded) -> None:
    source = pipeline(stack)["source"]["s3"]
    assert source["sqs"]["queue_url"] == stack.outputs["IndexQueue"]
    assert (source["notification_source"], source["compression"], list(source["codec"])) == (
        "eventbridge",
        "gzip",
        ["ndjson"],
    )
    assert source["acknowledgments"] is True
    assert source["sqs"]["visibility_duplication_protection"] is True


def test_what_is_refused_is_kept_where_no_rule_takes_it_for_new_documents(stack: Embedded) -> None:
    for sink in pipeline(stack)["sink"]:
        kept = sink["opensearch"]["dlq"]["s3"]
        assert kept["bucket"] == stack.outputs["OutboxBucket"]
        assert "max_retries" not in sink["opensearch"]  # a cluster that is away is no reason to give up
    (statement,) = [one for one in statements("IngestionRole") if one["Sid"] == "KeepRefused"]
    assert statement["Resource"] == {"Fn::Sub": "${OutboxBucket.Arn}/" + kept["key_path_prefix"] + "*"}
    (prefix,) = resources("AWS::Events::Rule")["DocumentsWritten"]["EventPattern"]["detail"]["object"]["key"]
    assert not kept["key_path_prefix"].startswith(prefix["prefix"])


def test_the_function_leaves_the_queue_to_it(stack: Embedded) -> None:
    lines(stack)
    stack.deliver()
    url = stack.outputs["IndexQueue"]
    waiting = stack.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
    assert int(waiting["Attributes"]["ApproximateNumberOfMessages"]) > 0
    assert stack.failures == []


def test_only_the_service_assumes_its_role_and_only_for_this_account() -> None:
    (trust,) = resources("AWS::IAM::Role")["IngestionRole"]["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "osis-pipelines.amazonaws.com"}
    assert trust["Condition"]["StringEquals"]["aws:SourceAccount"] == {"Ref": "AWS::AccountId"}
    asked = {action for one in statements("IngestionRole") for action in listed(one["Action"])}
    assert not {action for action in asked if "Delete" in action} - {"sqs:DeleteMessage"}


def test_it_is_left_out_where_requests_are_not_signed() -> None:
    unsigned = DOMAIN | {"OpenSearchEndpoint": "http://127.0.0.1:9", "OpenSearchSigning": "none"}
    declared = Template(TEMPLATE, unsigned, stack="tidegate").declared()
    assert "Index" in declared
    assert not {"IngestionPipeline", "IngestionRole", "IngestionLog"} & declared
