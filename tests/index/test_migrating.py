"""A mapping that changed reaches the indices there are, and no document is lost on the way."""

from __future__ import annotations

from typing import Any

import pytest
from index_builders import START, KeptOriginals, a_finding, an_incident, time_left
from opensearchpy import OpenSearch
from opensearchpy.exceptions import RequestError

from tidegate.errors import Retryable
from tidegate.index import migrating, templates
from tidegate.index.documents import error_document, finding_document, incident_document
from tidegate.index.replaying import replay
from tidegate.index.sender import Message, Sender
from tidegate.model import DamagedNote

pytestmark = pytest.mark.opensearch


def of_before(client: OpenSearch, index: str, kind: str, **changed: Any) -> None:
    """An index as an older version made it: `changed` fields at the top mapped otherwise, None: not there."""
    properties = templates.template(kind)["template"]["mappings"]["properties"]
    properties = {name: mapping for name, mapping in (properties | changed).items() if mapping}
    body = {"mappings": {"dynamic": "strict", "_meta": {"version": "older"}, "properties": properties}}
    if client.indices.exists_index_template(name=f"tidegate-{kind}"):
        client.indices.delete_index_template(name=f"tidegate-{kind}")
    client.indices.create(index=index, body=body)


def test_what_is_current_stays_as_it_is(opensearch: OpenSearch) -> None:
    templates.put_templates(opensearch)
    opensearch.bulk(body=incident_document(an_incident()), params={"refresh": "true"})
    assert migrating.Migration(opensearch, pause=lambda _: None).run() == [
        migrating.Migrated("tidegate-incidents", "current")
    ]


def test_a_new_field_is_added_in_place(opensearch: OpenSearch) -> None:
    of_before(opensearch, "tidegate-findings-2026.03", "findings", risk_score=None)
    templates.put_templates(opensearch)
    assert migrating.Migration(opensearch, pause=lambda _: None).run() == [
        migrating.Migrated("tidegate-findings-2026.03", "extended")
    ]
    assert not opensearch.bulk(body=finding_document(a_finding()))["errors"]
    assert all(current for _, _, current in migrating.states(opensearch))


@pytest.mark.parametrize(
    ("index", "kind", "documents"),
    [
        ("tidegate-findings-2026.03", "findings", [finding_document(a_finding(id=f"f-{n}")) for n in range(30)]),
        (
            "tidegate-incidents",
            "incidents",
            [incident_document(an_incident(id=f"i-{n}", revision=n + 2)) for n in range(30)],
        ),
    ],
)
def test_a_field_of_another_type_moves_every_document_behind_the_name(
    opensearch: OpenSearch, index: str, kind: str, documents: list[bytes]
) -> None:
    of_before(opensearch, index, kind, severity_id={"type": "float"})
    opensearch.bulk(body=b"".join(documents), params={"refresh": "true"})
    templates.put_templates(opensearch)
    for round_ in range(2):
        (moved,) = migrating.Migration(opensearch, pause=lambda _: None).run()
        assert (moved.done, moved.documents) == (("copied", 30) if round_ == 0 else ("current", 0))
    assert opensearch.count(index=index)["count"] == 30
    (made,) = opensearch.indices.get_alias(name=index)
    assert made.startswith(f"{index}-m-")
    # Versions went along: what was there is stale, what is newer goes through the same name.
    answer = opensearch.bulk(body=documents[0])
    assert answer["items"][0]["index"]["status"] == 409
    newer = (
        finding_document(a_finding(id="f-0"), incident_id="i")
        if kind == "findings"
        else incident_document(an_incident(id="i-0", revision=99))
    )
    assert not opensearch.bulk(body=newer, params={"refresh": "true"})["errors"]
    if kind == "findings":
        assert opensearch.count(index="tidegate-findings")["count"] == 30  # the alias of all months


def test_a_copy_that_lacks_a_document_is_not_taken_and_the_old_index_takes_writes_again(opensearch: OpenSearch) -> None:
    of_before(
        opensearch, "tidegate-incidents", "incidents", severity_id={"type": "keyword"}, strange={"type": "keyword"}
    )
    action = b'{"index":{"_index":"tidegate-incidents","_id":"odd"}}\n{"strange":"x"}\n'
    opensearch.bulk(body=action, params={"refresh": "true"})
    templates.put_templates(opensearch)
    with pytest.raises((Retryable, RequestError)):
        migrating.Migration(opensearch, pause=lambda _: None).run()
    assert opensearch.count(index="tidegate-incidents")["count"] == 1
    assert not opensearch.bulk(body=action)["errors"]


class Originals:
    def __init__(self, kept: KeptOriginals) -> None:
        self._kept = kept

    def read(self, bucket: str, key: str) -> bytes:
        assert bucket == "outbox"
        return self._kept.originals[key.removeprefix("damaged/")]


def test_what_was_refused_arrives_when_it_is_sent_again_after_mending(opensearch: OpenSearch) -> None:
    of_before(opensearch, "tidegate-findings-2026.03", "findings", risk_score=None)
    kept = KeptOriginals()
    sender = Sender(opensearch, damaged=kept, clock=lambda: START)
    sender._installed = True  # as a process that started with the older version
    sent = sender.send([Message("m", "s3://outbox/m", finding_document(a_finding()))], remaining=time_left())
    assert (sent.damaged, sent.failed) == (1, {})
    unread = DamagedNote(id="u", time=START, source="cloudtrail", where="x", reason="no JSON", original_ref="s3://o/u")
    opensearch.bulk(body=error_document(unread), params={"refresh": "true"})
    templates.put_templates(opensearch)
    migrating.Migration(opensearch, pause=lambda _: None).run()
    answers = [replay(opensearch, sender, Originals(kept), since="2026-01-01", remaining=time_left()) for _ in range(2)]
    assert [(one.found, one.indexed, one.already_there, one.refused, one.not_documents) for one in answers] == [
        (2, 1, 0, 0, 1),
        (2, 0, 1, 0, 1),
    ]
