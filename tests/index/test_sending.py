"""The sender against a real node: every document lands, is stale, or is kept with a reason."""

from __future__ import annotations

import msgspec
import pytest
from index_builders import START, KeptOriginals, a_finding, an_api_call, an_incident, an_invocation, time_left
from opensearchpy import OpenSearch

from tidegate.index.documents import finding_document, incident_document
from tidegate.index.events import bulk_bytes
from tidegate.index.sender import Message, Sender, Sent
from tidegate.model import IncidentStatus

pytestmark = pytest.mark.opensearch

EVENTS = "tidegate-events-2026.10"
ERRORS = "tidegate-ingest-errors-*"


def of(*documents: bytes, name: str = "m1") -> Message:
    return Message(name, f"s3://outbox/documents/{name}.json.gz", b"".join(documents))


@pytest.fixture
def kept() -> KeptOriginals:
    return KeptOriginals()


def send(client: OpenSearch, kept: KeptOriginals, *messages: Message, bulk_bytes: int = 5_000_000) -> Sent:
    sender = Sender(client, damaged=kept, clock=lambda: START, bulk_bytes=bulk_bytes)
    sent = sender.send(messages, remaining=time_left())
    client.indices.refresh(index="tidegate-*")
    return sent


def count(client: OpenSearch, index: str) -> int:
    found: int = client.count(index=index)["count"]
    return found


def test_documents_of_all_messages_land(opensearch: OpenSearch, kept: KeptOriginals) -> None:
    sent = send(
        opensearch,
        kept,
        of(*[bulk_bytes(an_invocation(number)) for number in range(20)]),
        of(*[bulk_bytes(an_api_call(number)) for number in range(5)], name="m2"),
    )
    assert sent == Sent(indexed=25, bulks=1)
    assert count(opensearch, EVENTS) == 25


def test_a_redelivered_event_is_there_once_and_no_failure(opensearch: OpenSearch, kept: KeptOriginals) -> None:
    message = of(bulk_bytes(an_invocation()))
    send(opensearch, kept, message)
    again = send(opensearch, kept, message)
    assert (again.failed, again.indexed, again.already_there) == ({}, 0, 1)
    assert count(opensearch, EVENTS) == 1


def test_a_stale_revision_is_dropped(opensearch: OpenSearch, kept: KeptOriginals) -> None:
    newer = an_incident(revision=5, status=IncidentStatus.CONTAINED)
    sent = send(
        opensearch, kept, of(incident_document(newer)), of(incident_document(an_incident(revision=4)), name="m2")
    )
    assert (sent.failed, sent.already_there) == ({}, 1)
    stored = opensearch.get(index="tidegate-incidents", id="incident-1")
    assert stored["_version"] == 5
    assert stored["_source"]["status"] == "contained"


def test_a_newer_revision_takes_the_place_of_the_older(opensearch: OpenSearch, kept: KeptOriginals) -> None:
    send(opensearch, kept, of(finding_document(a_finding())))
    send(opensearch, kept, of(finding_document(a_finding(), incident_id="incident-1")))
    stored = opensearch.get(index="tidegate-findings-2026.03", id="finding-1")
    assert stored["_source"]["tidegate"]["incident_uid"] == "incident-1"


def test_a_document_that_the_mapping_refuses_goes_to_the_errors_and_its_original_is_kept(
    opensearch: OpenSearch, kept: KeptOriginals
) -> None:
    bad = b'{"create":{"_index":"tidegate-events-2026.10","_id":"bad"}}\n{"surprise":1}\n'
    sent = send(opensearch, kept, of(bulk_bytes(an_invocation(1)), bad, bulk_bytes(an_invocation(2))))
    assert (sent.failed, sent.indexed, sent.damaged) == ({}, 2, 1)
    ((note_id, original),) = kept.originals.items()
    assert original == bad
    (hit,) = opensearch.search(index=ERRORS)["hits"]["hits"]
    assert hit["_id"] == note_id
    note = hit["_source"]["tidegate"]
    assert "strict_dynamic_mapping_exception" in note["reason"]
    assert "[surprise]" in note["reason"]
    assert note["original_ref"] == f"s3://outbox/damaged/{note_id}"
    assert note["where"] == "s3://outbox/documents/m1.json.gz tidegate-events-2026.10/bad"


def test_a_redelivered_damaged_document_is_noted_once(opensearch: OpenSearch, kept: KeptOriginals) -> None:
    message = of(b'{"create":{"_index":"tidegate-events-2026.10","_id":"bad"}}\n{"time":"not a time"}\n')
    send(opensearch, kept, message)
    send(opensearch, kept, message)
    assert count(opensearch, ERRORS) == 1
    assert len(kept.originals) == 1


@pytest.mark.parametrize(
    "source",
    [b'{"time":', b'{"time":1}}', b'{"time":1,"status":"\xff\xfe"}', b'{"time":1,"time":2}', b'{"status":{"a":1}}'],
)
def test_broken_json_takes_no_other_document_along(opensearch: OpenSearch, kept: KeptOriginals, source: bytes) -> None:
    bad = b'{"create":{"_index":"tidegate-events-2026.10","_id":"bad"}}\n' + source + b"\n"
    sent = send(opensearch, kept, of(bulk_bytes(an_invocation(1)), bad, bulk_bytes(an_invocation(2))))
    assert (sent.failed, sent.indexed, sent.damaged) == ({}, 2, 1)
    assert list(kept.originals.values()) == [bad]


@pytest.mark.parametrize(
    "action",
    [
        b'{"delete":{"_index":"tidegate-incidents","_id":"incident-1"}}',
        b'{"update":{"_index":"tidegate-incidents","_id":"incident-1"}}',
        b'{"index":{"_index":"other","_id":"1"}}',
        b'{"index":{"_index":"tidegate-*","_id":"1"}}',
        b'{"index":{"_index":"tidegate-incidents"}}',
        b'{"index":{"_index":"tidegate-incidents","_id":"1","pipeline":"x"}}',
        b'{"index":{"_index":"tidegate-incidents","_id":"' + "\u00e4".encode() * 300 + b'"}}',
        b"{}",
        b"not json",
    ],
)
def test_an_action_that_is_none_of_ours_is_kept_and_not_sent(
    opensearch: OpenSearch, kept: KeptOriginals, action: bytes
) -> None:
    send(opensearch, kept, of(incident_document(an_incident())))
    sent = send(opensearch, kept, of(action + b'\n{"doc":{}}\n', bulk_bytes(an_invocation())))
    assert (sent.failed, sent.indexed, sent.damaged) == ({}, 1, 1)
    assert count(opensearch, "tidegate-incidents") == 1
    assert [original.split(b"\n")[0] for original in kept.originals.values()] == [action]


def test_bulks_are_cut_by_size_and_one_large_document_gets_its_own(opensearch: OpenSearch, kept: KeptOriginals) -> None:
    large = bulk_bytes(an_api_call(99, parameters=msgspec.Raw(b'{"prompt":"' + b"x" * 9_000 + b'"}')))
    small = [bulk_bytes(an_invocation(number)) for number in range(10)]
    sent = send(opensearch, kept, of(*small[:5], large, *small[5:]), bulk_bytes=6_000)
    assert (sent.failed, sent.indexed, sent.damaged) == ({}, 11, 0)
    assert sent.bulks >= 3
    assert count(opensearch, EVENTS) == 11


def test_what_attackers_write_is_a_value(opensearch: OpenSearch, kept: KeptOriginals) -> None:
    hostile = 'x"}}\n{"delete":{"_index":"tidegate-incidents","_id":"incident-1"}}\n'
    send(opensearch, kept, of(incident_document(an_incident())))
    sent = send(opensearch, kept, of(bulk_bytes(an_invocation(caller="user:" + hostile, id=hostile))))
    assert (sent.failed, sent.indexed) == ({}, 1)
    assert count(opensearch, "tidegate-incidents") == 1
    assert opensearch.get(index=EVENTS, id=hostile)["_source"]["tidegate"]["caller"] == "user:" + hostile
