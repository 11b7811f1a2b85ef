"""Monitors: files in the Alerting plugin's form; their searches run on a real node and fire when they should."""

from __future__ import annotations

import json
import operator
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from index_builders import an_incident, an_invocation
from opensearchpy import OpenSearch

from tidegate.index import templates
from tidegate.index.documents import error_document, incident_document
from tidegate.index.events import bulk_bytes
from tidegate.model import DamagedNote, IncidentStatus, Severity

FOLDER = Path(__file__).parents[2] / "dashboards" / "monitors"
MONITORS: dict[str, dict[str, Any]] = {path.stem: json.loads(path.read_text()) for path in FOLDER.glob("*.json")}
CONDITION = re.compile(r"ctx\.results\[0\]\.hits\.total\.value (>|==) 0")
MEANS = {">": operator.gt, "==": operator.eq}


def fires(opensearch: OpenSearch, name: str) -> bool:
    """What the plugin would decide: its search on the node, and the condition, which is a plain comparison."""
    monitor = MONITORS[name]
    search = monitor["inputs"][0]["search"]
    answer = opensearch.search(
        index=",".join(search["indices"]),
        body=search["query"],
        params={"ignore_unavailable": "true", "allow_no_indices": "true"},
    )
    condition = CONDITION.fullmatch(monitor["triggers"][0]["query_level_trigger"]["condition"]["script"]["source"])
    assert condition is not None
    return bool(MEANS[condition[1]](answer["hits"]["total"]["value"], 0))


def put(opensearch: OpenSearch, *documents: bytes) -> None:
    templates.install(opensearch)
    answer = opensearch.bulk(body=b"".join(documents), params={"refresh": "true"})
    assert not answer["errors"], answer


def ago(minutes: int) -> datetime:
    return datetime.now(UTC) - timedelta(minutes=minutes)


@pytest.mark.opensearch
def test_an_index_without_recent_events_is_noticed_and_one_with_is_not(opensearch: OpenSearch) -> None:
    put(opensearch, bulk_bytes(an_invocation(1, time=ago(120).timestamp())))
    assert fires(opensearch, "ingest_lag")
    put(opensearch, bulk_bytes(an_invocation(2, time=ago(5).timestamp())))
    assert not fires(opensearch, "ingest_lag")


@pytest.mark.opensearch
def test_records_not_read_are_noticed(opensearch: OpenSearch) -> None:
    templates.install(opensearch)
    assert not fires(opensearch, "dead_letters")
    put(opensearch, error_document(DamagedNote(id="n", time=ago(2), source="cloudtrail", where="f#1", reason="torn")))
    assert fires(opensearch, "dead_letters")


@pytest.mark.opensearch
def test_a_critical_incident_is_noticed_until_somebody_looks(opensearch: OpenSearch) -> None:
    seen = {"first_seen": ago(40), "last_seen": ago(30), "severity": Severity.CRITICAL}
    put(opensearch, incident_document(an_incident(**seen, status=IncidentStatus.NEW, revision=1)))
    assert fires(opensearch, "critical_incident_waiting")
    put(opensearch, incident_document(an_incident(**seen, status=IncidentStatus.TRIAGED, revision=2)))
    assert not fires(opensearch, "critical_incident_waiting")


@pytest.mark.parametrize("name", MONITORS)
def test_a_monitor_has_what_the_plugin_needs(name: str) -> None:
    monitor = MONITORS[name]
    assert monitor["monitor_type"] == "query_level_monitor"
    assert monitor["schedule"]["period"]["interval"] > 0
    trigger = monitor["triggers"][0]["query_level_trigger"]
    assert trigger["severity"] in {"1", "2", "3", "4", "5"}
    assert all(action["destination_id"] and action["message_template"]["source"] for action in trigger["actions"])


def test_there_are_three() -> None:
    assert set(MONITORS) == {"ingest_lag", "dead_letters", "critical_incident_waiting"}
