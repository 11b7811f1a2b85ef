"""Findings of an incident, out of the index: they are kept nowhere else for long."""

from __future__ import annotations

from typing import Any

from opensearchpy import OpenSearch
from opensearchpy.exceptions import TransportError

from tidegate.errors import Permanent, Retryable

_INDICES = "tidegate-findings-*"


class OpenSearchFindings:
    """ports.FindingIndex over OpenSearch. The incident's id is a value in a `term`, never query text."""

    def __init__(self, client: OpenSearch) -> None:
        self._client = client

    def of_incident(self, incident_id: str, *, limit: int = 200) -> list[dict[str, Any]]:
        body = {
            "size": limit,
            "query": {"bool": {"filter": [{"term": {"tidegate.incident_uid": incident_id}}]}},
            "sort": [{"time": "asc"}, {"metadata.uid": "asc"}],
        }
        try:
            found: dict[str, Any] = self._client.search(
                index=_INDICES, body=body, params={"ignore_unavailable": "true", "allow_no_indices": "true"}
            )
        except TransportError as error:
            if isinstance(error.status_code, int) and 400 <= error.status_code < 500 and error.status_code != 429:
                raise Permanent(f"the index refused a question: {error.status_code} {error.error}") from error
            raise Retryable(f"the index did not answer: {error.error}") from error
        return [hit["_source"] for hit in found["hits"]["hits"]]
