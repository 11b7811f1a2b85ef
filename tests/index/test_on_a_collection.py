"""OpenSearch Serverless: what its documentation lists works, what it doesn't list is not asked for.

Collections can't be had here. A proxy in front of a real node refuses what
https://docs.aws.amazon.com/opensearch-service/latest/developerguide/serverless-genref.html does not list, and settings
of shards, replicas, refresh and codec, which a collection decides by itself. It takes external versions: AWS's own
pipelines from DynamoDB write them into collections.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from index_builders import (
    ACCOUNT,
    START,
    KeptOriginals,
    a_finding,
    an_api_call,
    an_incident,
    an_invocation,
    time_left,
)
from opensearchpy import OpenSearch

from tidegate.index import templates
from tidegate.index.client import connect
from tidegate.index.documents import finding_document, incident_document
from tidegate.index.event_index import OpenSearchEventIndex
from tidegate.index.events import bulk_bytes
from tidegate.index.installing import Installer
from tidegate.index.sender import Message, Sender, Sent
from tidegate_local.node_proxy import Asked, NodeProxy, Refusal, in_front_of

pytestmark = pytest.mark.opensearch

_SUPPORTED = [  # method, path; an index is <index>
    ("PUT|HEAD|DELETE|GET", "<index>"),
    ("GET|PUT", "<index>/_mapping"),
    ("GET|PUT", "<index>/_settings"),
    ("GET", "_cat/indices"),
    ("POST", "_bulk"),
    ("POST", "<index>/_bulk"),
    ("GET|POST", "<index>/_count"),
    ("GET|POST", "<index>/_search"),
    ("GET|POST", "<index>/_field_caps"),
    ("POST", "_aliases"),
    ("GET|HEAD", "_alias/<index>"),
    ("GET|HEAD|PUT|DELETE|POST", "_index_template/<index>"),
]
_TAKEN = [(methods.split("|"), re.compile(path.replace("<index>", r"[^_/][^/]*"))) for methods, path in _SUPPORTED]
_DECIDED_BY_THE_SERVICE = re.compile(rb'"(index\.)?(number_of_|auto_expand_|refresh_interval|codec)')


def as_a_collection(asked: Asked) -> Refusal | None:
    path = asked.path.strip("/")
    if not any(asked.method in methods and pattern.fullmatch(path) for methods, pattern in _TAKEN):
        return Refusal(404, {})
    if asked.method in ("PUT", "POST") and not asked.is_bulk and _DECIDED_BY_THE_SERVICE.search(asked.body):
        return Refusal(400, {"error": {"type": "illegal_argument_exception", "reason": "setting"}, "status": 400})
    return None


def as_a_time_series_collection(asked: Asked) -> Refusal | None:
    if not asked.is_bulk:
        return as_a_collection(asked)
    error = {
        "type": "illegal_argument_exception",
        "reason": "Document ID is not supported in create/index operation request",
    }
    verbs = [next(iter(json.loads(head))) for head in asked.body.splitlines()[::2]]
    return Refusal(
        200, {"took": 0, "errors": True, "items": [{verb: {"status": 400, "error": error}} for verb in verbs]}
    )


@pytest.fixture
def collection(opensearch: OpenSearch, opensearch_url: str) -> Iterator[NodeProxy]:
    with in_front_of(opensearch_url) as proxy:
        proxy.before = as_a_collection
        yield proxy
    templates.put_templates(opensearch)  # others' tests expect those of a domain


def sent_to(proxy: NodeProxy, kept: KeptOriginals, *documents: bytes) -> Sent:
    sender = Sender(connect(proxy.url), damaged=kept, clock=lambda: START, serverless=True)
    return sender.send([Message("m", "s3://outbox/m", b"".join(documents))], remaining=time_left())


def test_an_installation_asks_for_nothing_that_a_collection_lacks(collection: NodeProxy) -> None:
    done = Installer(connect(collection.url), serverless=True).install()
    assert (done.templates, done.lifecycles, done.roles) == (len(templates.DOCUMENTS), False, False)
    put = [json.loads(one.body)["template"] for one in collection.asked if one.method == "PUT"]
    assert [body["settings"] for body in put] == [{}] * len(put)
    assert {body["mappings"]["dynamic"] for body in put} == {"strict"}


def test_documents_are_there_once_and_in_their_newest_revision(collection: NodeProxy, opensearch: OpenSearch) -> None:
    kept = KeptOriginals()
    documents = [
        bulk_bytes(an_invocation()),
        bulk_bytes(an_api_call()),
        finding_document(a_finding()),
        incident_document(an_incident(revision=2)),
    ]
    assert sent_to(collection, kept, *documents).indexed == 4
    again = sent_to(collection, kept, *documents, incident_document(an_incident(revision=1)))
    assert (again.failed, again.indexed, again.already_there, kept.originals) == ({}, 0, 5, {})
    opensearch.indices.refresh(index="tidegate-*")
    counted = OpenSearchEventIndex(connect(collection.url))
    assert counted.calls(ACCOUNT, "user:ada", since=START.timestamp() - 60, until=START.timestamp() + 60)


def test_a_new_field_reaches_the_indices_there_are_and_one_of_another_type_is_left_as_it_is(
    collection: NodeProxy, opensearch: OpenSearch
) -> None:
    properties = templates.template("findings")["template"]["mappings"]["properties"]
    for month, changed in (("02", {"severity_id": {"type": "float"}}), ("03", {})):
        fields = {name: mapping for name, mapping in (properties | changed).items() if name != "risk_score"}
        mappings = {"_meta": {"version": "older"}, "dynamic": "strict", "properties": fields}
        opensearch.indices.create(index=f"tidegate-findings-2026.{month}", body={"mappings": mappings})
    done = Installer(connect(collection.url), serverless=True).install()
    assert (done.named("extended"), done.named("left")) == (
        ["tidegate-findings-2026.03"],
        ["tidegate-findings-2026.02"],
    )
    assert sent_to(collection, KeptOriginals(), finding_document(a_finding())).indexed == 1


def test_a_collection_that_takes_no_ids_fails_the_messages_and_damages_no_document(collection: NodeProxy) -> None:
    collection.before = as_a_time_series_collection
    kept = KeptOriginals()
    sent = sent_to(collection, kept, bulk_bytes(an_invocation()), incident_document(an_incident()))
    assert "only collections of type SEARCH" in sent.failed["m"]
    assert (sent.damaged, kept.originals) == (0, {})
