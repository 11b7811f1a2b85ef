"""What commands ask of OpenSearch: the saved queries that analysts have, answered as rows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from opensearchpy import OpenSearch

from tidegate.index.client import connect
from tidegate.index.queries import open_saved
from tidegate.wiring import Services

QUERIES = Path(__file__).resolve().parents[2] / "dashboards" / "queries"
type Rows = list[list[Any]]


def client_of(services: Services) -> OpenSearch:
    settings = services.settings
    credentials = None if settings.opensearch_service == "none" else services.session.get_credentials()
    return connect(
        settings.opensearch_endpoint,
        service=settings.opensearch_service,
        region=settings.region,
        credentials=credentials,
    )


def ask(client: OpenSearch, query: str, values: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The answer to a saved query, by the name of its file."""
    return open_saved(QUERIES / f"{query}.json").run(client, values)


def findings_of(services: Services, incident_id: str) -> list[dict[str, Any]]:
    """Findings of an incident as the index has them: detector, title, time, score, events, evidence."""
    answer = ask(client_of(services), "findings_of_incident", {"incident": incident_id})
    return [_finding(hit["_source"]) for hit in answer["hits"]["hits"]]


def _finding(document: Mapping[str, Any]) -> dict[str, Any]:
    ours = document["tidegate"]
    return {
        "id": document["metadata"]["uid"],
        "detector": ours["detector"],
        "title": document["finding_info"]["title"],
        "severity": document["severity"],
        "score": ours["score"],
        "time": moment(document["time"]),
        "events": len(ours.get("event_ids", ())),
        "evidence": ours.get("evidence", {}),
    }


def moment(millis: float | None) -> str:
    """Epoch milliseconds, as OpenSearch has times, for people."""
    return f"{datetime.fromtimestamp(millis / 1000, UTC):%Y-%m-%d %H:%M:%S}" if millis else ""
