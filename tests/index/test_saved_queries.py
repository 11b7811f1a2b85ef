"""Every saved question is asked on a real node and answers what it promises."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from index_builders import (
    ACCOUNT,
    START,
    a_finding,
    a_receipt,
    a_run,
    a_threat,
    an_api_call,
    an_incident,
    an_invocation,
)
from opensearchpy import OpenSearch

from tidegate.errors import Permanent
from tidegate.index import templates
from tidegate.index.documents import error_document, finding_document, incident_document, receipt_document, run_document
from tidegate.index.events import bulk_bytes
from tidegate.index.queries import SavedQuery, open_saved, saved_queries
from tidegate.model import DamagedNote, IncidentStatus, Mode, RunStatus, Severity, StepStatus

FOLDER = Path(__file__).parents[2] / "dashboards" / "queries"
QUERIES = saved_queries(FOLDER)
WINDOW = {"since": "2026-03-02T00:00:00Z", "until": "2026-03-03T00:00:00Z"}

Ask = Callable[..., dict[str, Any]]


@pytest.fixture
def ask(opensearch: OpenSearch) -> Ask:
    """Asks a saved query of a day on which a bit of everything happened."""
    templates.install(opensearch)
    later = START.replace(hour=9)
    documents = [
        *[bulk_bytes(an_invocation(number)) for number in range(3)],
        bulk_bytes(an_invocation(3, model="amazon.nova-pro-v1:0", time=later.timestamp(), input_tokens=5_000)),
        bulk_bytes(an_invocation(4, caller="user:bob", guardrail_action="INTERVENED", guardrails=("gr-1",))),
        bulk_bytes(an_api_call(5, error="AccessDenied")),
        bulk_bytes(an_api_call(6, error="AccessDenied", name="ListFoundationModels")),
        bulk_bytes(an_api_call(7, name="UpdateGuardrail", address="203.0.113.9")),
        bulk_bytes(a_threat()),
        finding_document(a_finding(), incident_id="incident-1"),
        finding_document(a_finding(id="finding-2"), incident_id="incident-2"),
        incident_document(an_incident()),
        incident_document(an_incident(id="incident-2", severity=Severity.CRITICAL)),
        incident_document(an_incident(id="incident-3", status=IncidentStatus.CLOSED)),
        run_document(a_run()),
        run_document(a_run(id="run-2", mode=Mode.OBSERVE, status=RunStatus.OBSERVED)),
        run_document(a_run(id="run-3", expires_at=START.replace(minute=30))),
        receipt_document(a_receipt()),
        receipt_document(a_receipt(id="step-2", status=StepStatus.UNDONE, undone_by="ops")),
        error_document(DamagedNote(id="note-1", time=START, source="cloudtrail", where="file#3", reason="no JSON")),
    ]
    answer = opensearch.bulk(body=b"".join(documents), params={"refresh": "true"})
    assert not answer["errors"], answer

    def run(name: str, /, **values: Any) -> dict[str, Any]:
        window = {key: value for key, value in WINDOW.items() if key in QUERIES[name].parameters}
        return QUERIES[name].run(opensearch, window | values)

    return run


def ids(answer: dict[str, Any]) -> list[str]:
    return [hit["_id"] for hit in answer["hits"]["hits"]]


def buckets(answer: dict[str, Any], name: str) -> dict[str, dict[str, Any]]:
    return {str(bucket["key"]): bucket for bucket in answer["aggregations"][name]["buckets"]}


@pytest.mark.opensearch
def test_every_saved_query_runs_with_its_defaults_on_an_empty_node(opensearch: OpenSearch) -> None:
    given = {"text": "anything", "address": "198.51.100.0/24"}
    for query in QUERIES.values():
        needed = {
            name: given[parameter.type] for name, parameter in query.parameters.items() if parameter.default is None
        }
        assert ids(query.run(opensearch, needed)) == []


@pytest.mark.opensearch
def test_model_use_shows_the_newest_pair_of_caller_and_model_first(ask: Ask) -> None:
    pairs = ask("model_use")["aggregations"]["pairs"]["buckets"]
    assert pairs[0]["key"] == ["user:ada", "amazon.nova-pro-v1:0"]
    assert {caller for caller, _ in (pair["key"] for pair in pairs)} == {"user:ada", "user:bob"}


@pytest.mark.opensearch
def test_guardrail_blocks_by_caller(ask: Ask) -> None:
    callers = buckets(ask("guardrail_blocks"), "callers")
    assert callers.keys() == {"user:bob"}
    assert callers["user:bob"]["guardrails"]["buckets"][0]["key"] == "gr-1"


@pytest.mark.opensearch
def test_token_spikes_by_hour(ask: Ask) -> None:
    callers = buckets(ask("token_spikes"), "callers")
    assert callers["user:ada"]["tokens"]["value"] == 3 * 120 + 5_020
    assert [hour["prompt"]["value"] for hour in callers["user:ada"]["by_hour"]["buckets"]] == [300, 5_000]


@pytest.mark.opensearch
def test_access_denied_by_caller_and_address(ask: Ask) -> None:
    denied = buckets(ask("access_denied"), "callers")["session:chat/i-0a"]
    assert denied["doc_count"] == 2
    assert {bucket["key"] for bucket in denied["operations"]["buckets"]} == {"Converse", "ListFoundationModels"}
    assert denied["addresses"]["buckets"][0]["key"] == "198.51.100.7"


@pytest.mark.opensearch
def test_protection_changes(ask: Ask) -> None:
    assert ids(ask("protection_changes")) == ["event-7"]


@pytest.mark.opensearch
def test_events_of_a_session_include_those_of_its_end_users(ask: Ask) -> None:
    found = ids(ask("events_of_name", account=ACCOUNT, name="session:chat/i-0a"))
    assert len(found) == 9
    assert ids(ask("events_of_name", account=ACCOUNT, name="user:bob")) == ["request-4"]
    assert ids(ask("events_of_name", account=ACCOUNT, name='user:*" OR "')) == []


@pytest.mark.opensearch
def test_events_of_an_address_or_network_include_what_guardduty_saw(ask: Ask) -> None:
    assert ids(ask("events_of_address", address="203.0.113.9")) == ["event-7"]
    assert "threat-1" in ids(ask("events_of_address", address="198.51.100.0/24"))


@pytest.mark.opensearch
def test_open_incidents_worst_first(ask: Ask) -> None:
    answer = ask("open_incidents")
    assert ids(answer) == ["incident-2", "incident-1"]
    assert ids(ask("open_incidents", severity_id=5)) == ["incident-2"]


@pytest.mark.opensearch
def test_findings_of_an_incident(ask: Ask) -> None:
    assert ids(ask("findings_of_incident", incident="incident-1")) == ["finding-1"]


@pytest.mark.opensearch
def test_playbook_steps_by_outcome(ask: Ask) -> None:
    answer = ask("playbook_steps")
    assert ids(answer) == ["step-1", "step-2"]
    assert answer["aggregations"]["rolled_back"]["doc_count"] == 1


@pytest.mark.opensearch
def test_contained_now_says_until_when_and_how_it_is_released(ask: Ask) -> None:
    answer = ask("contained_now")
    assert ids(answer) == ["run-3", "run-1"]
    assert answer["hits"]["hits"][0]["_source"]["tidegate"]["undo"] == "remove the block of ada"


@pytest.mark.opensearch
def test_ingest_errors(ask: Ask) -> None:
    answer = ask("ingest_errors")
    assert ids(answer) == ["note-1"]
    assert buckets(answer, "sources").keys() == {"cloudtrail"}


def test_a_value_never_becomes_part_of_the_question() -> None:
    hostile = '"}},{"match_all":{}},{"$parameter":"account"}'
    body = QUERIES["events_of_name"].filled({"account": "1", "name": hostile})
    assert {"term": {"tidegate.names": hostile}} in body["query"]["bool"]["filter"]


@pytest.mark.parametrize(
    ("query", "values", "complaint"),
    [
        ("events_of_name", {"account": "1"}, "needs name: kind:value"),
        ("open_incidents", {"colour": "red"}, "no parameter is called colour; it has severity_id"),
        ("open_incidents", {"severity_id": "5"}, "must be a number"),
        ("open_incidents", {"severity_id": True}, "must be a number"),
        ("events_of_name", {"account": "1", "name": {"match_all": {}}}, "must be a text"),
        ("events_of_name", {"account": "1", "name": "a", "since": "now-1d || 2"}, "no time like"),
        ("events_of_address", {"address": "everywhere"}, "no IP address or network"),
        ("events_of_address", {"address": "198.51.100.0/99"}, "no IP address or network"),
    ],
)
def test_a_wrong_value_is_refused_with_what_is_wrong(query: str, values: dict[str, Any], complaint: str) -> None:
    with pytest.raises(Permanent, match=complaint):
        QUERIES[query].filled(values)


@pytest.mark.parametrize("language", ["query_string", "wildcard", "regexp", "script"])
def test_a_query_that_would_read_a_value_as_a_language_is_refused(tmp_path: Path, language: str) -> None:
    saved = {
        "question": "?",
        "index": "tidegate-events-*",
        "parameters": {"name": {"type": "text", "about": "a name"}},
        "body": {"query": {language: {"query": {"$parameter": "name"}}}},
    }
    (tmp_path / "bad.json").write_text(json.dumps(saved))
    with pytest.raises(Permanent, match="would be read as a language"):
        open_saved(tmp_path / "bad.json")


def test_declared_and_used_parameters_must_agree(tmp_path: Path) -> None:
    saved = {"question": "?", "index": "i", "parameters": {}, "body": {"query": {"term": {"a": {"$parameter": "b"}}}}}
    (tmp_path / "odd.json").write_text(json.dumps(saved))
    with pytest.raises(Permanent, match="differ: b"):
        open_saved(tmp_path / "odd.json")


@pytest.mark.parametrize("query", QUERIES.values(), ids=lambda query: query.id)
def test_a_question_ends_like_one_and_asks_our_indices(query: SavedQuery) -> None:
    assert query.question[-1] in "?."
    assert query.index.startswith("tidegate-")
