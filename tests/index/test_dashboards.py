"""Dashboards: saved objects that hang together, and every panel's question asked on a real node."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from index_builders import START, a_finding, a_receipt, a_run, an_incident, an_invocation
from opensearchpy import OpenSearch

from tidegate.index import templates
from tidegate.index.documents import error_document, finding_document, incident_document, receipt_document, run_document
from tidegate.index.events import bulk_bytes
from tidegate.model import DamagedNote, IncidentStatus, Severity
from tidegate_local.dashboard_boards import BOARDS, FILE, ndjson, panels, saved_objects
from tidegate_local.dashboards import PATTERNS, Panel

OBJECTS = {(one["type"], one["id"]): one for one in saved_objects()}
Ask = Callable[[str], dict[str, Any]]


@pytest.fixture
def ask(opensearch: OpenSearch) -> Ask:
    templates.install(opensearch)
    documents = [
        *[bulk_bytes(an_invocation(number)) for number in range(3)],
        bulk_bytes(an_invocation(4, caller="user:bob", guardrail_action="INTERVENED")),
        finding_document(a_finding(), incident_id="incident-1"),
        incident_document(an_incident()),
        incident_document(an_incident(id="incident-2", severity=Severity.CRITICAL)),
        incident_document(an_incident(id="incident-3", status=IncidentStatus.CLOSED)),
        run_document(a_run()),
        receipt_document(a_receipt()),
        error_document(DamagedNote(id="note-1", time=START, source="cloudtrail", where="file#3", reason="no JSON")),
    ]
    answer = opensearch.bulk(body=b"".join(documents), params={"refresh": "true"})
    assert not answer["errors"], answer

    def search(panel: str) -> dict[str, Any]:
        found = next(one for one in panels() if one.id == panel)
        return _asked(opensearch, found)

    return search


def _asked(opensearch: OpenSearch, panel: Panel) -> dict[str, Any]:
    answer: dict[str, Any] = opensearch.search(index=PATTERNS[panel.documents], body=panel.search())
    return answer


@pytest.mark.opensearch
def test_every_panel_has_something_to_show(ask: Ask) -> None:
    empty = [panel.id for panel in panels() if ask(panel.id)["hits"]["total"]["value"] == 0]
    assert empty == []


@pytest.mark.opensearch
def test_every_field_that_a_panel_splits_by_or_sums_is_mapped(ask: Ask, opensearch: OpenSearch) -> None:
    for panel in panels():
        fields = {split.field for split in panel.splits} | {metric.field for metric in panel.metrics if metric.field}
        fields |= {field for field, _ in panel.only}
        if fields:
            known = opensearch.field_caps(index=PATTERNS[panel.documents], fields=",".join(sorted(fields)))
            assert fields <= known["fields"].keys(), panel.id


@pytest.mark.opensearch
def test_the_numbers_are_those_of_the_day(ask: Ask) -> None:
    assert ask("open-incidents")["hits"]["total"]["value"] == 2
    assert ask("active-containments")["hits"]["total"]["value"] == 1
    assert ask("callers")["aggregations"]["metric0"]["value"] == 2
    callers = ask("models-of-callers")["aggregations"]["split0"]["buckets"]
    assert {one["key"]: one["doc_count"] for one in callers} == {"user:ada": 3, "user:bob": 1}
    dearest = ask("dearest-callers")["aggregations"]["split0"]["buckets"][0]
    assert dearest["key"] == "user:ada"
    assert dearest["metric0"]["value"] > 0


def test_the_file_is_current() -> None:
    """`python -m tidegate_local.dashboard_boards` writes it anew."""
    assert FILE.read_text("utf-8") == ndjson()


def test_references_lead_to_objects_that_come_before() -> None:
    seen: set[tuple[str, str]] = set()
    for one in saved_objects():
        for reference in one["references"]:
            assert (reference["type"], reference["id"]) in seen, one["id"]
        seen.add((one["type"], one["id"]))


def test_there_are_five_boards_and_no_panel_twice() -> None:
    assert len(BOARDS) == 5
    ids = [panel.id for panel in panels()]
    assert len(ids) == len(set(ids))


def test_panels_of_a_board_do_not_overlap() -> None:
    for board in BOARDS:
        laid = json.loads(OBJECTS["dashboard", f"tidegate-{board.id}"]["attributes"]["panelsJSON"])
        taken: set[tuple[int, int]] = set()
        for panel in laid:
            grid = panel["gridData"]
            cells = {(x, grid["y"]) for x in range(grid["x"], grid["x"] + grid["w"])}
            assert grid["x"] + grid["w"] <= 48
            assert not cells & taken, board.id
            taken |= cells


def test_names_in_the_state_of_a_panel_are_all_referenced() -> None:
    for panel in panels():
        saved = OBJECTS["visualization", f"tidegate-{panel.id}"]
        source = json.loads(saved["attributes"]["kibanaSavedObjectMeta"]["searchSourceJSON"])
        named = {source["indexRefName"], *(one["meta"]["indexRefName"] for one in source["filter"])}
        assert named == {reference["name"] for reference in saved["references"]}
        kinds = [one["type"] for one in json.loads(saved["attributes"]["visState"])["aggs"]]
        assert kinds == [*(metric.kind for metric in panel.metrics), *(split.kind for split in panel.splits)]
