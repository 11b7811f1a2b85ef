"""Our own events, asked how far a lever reaches and whether a containment holds.

Every argument ends up as a value in a `term` or `range` of the request's JSON. Caller names are written by
attackers (session names, end users): none is ever part of a query string, a wildcard or an index name.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from opensearchpy import OpenSearch
from opensearchpy.exceptions import NotFoundError, TransportError

from tidegate.errors import Permanent, Retryable
from tidegate.index.events import INDEX_PREFIX
from tidegate.model import Minted
from tidegate.model.minted import LIFETIMES, minted
from tidegate.ports import MOST_MINTED

MODEL_OPERATIONS = (
    "InvokeModel",
    "InvokeModelWithResponseStream",
    "InvokeModelWithBidirectionalStream",
    "Converse",
    "ConverseStream",
    "CreateInference",
)
DENIALS = ("AccessDenied", "AccessDeniedException", "Client.UnauthorizedOperation", "UnauthorizedException")
MOST_CALLERS = 1000  # far over any limit of reach; more are not told apart
_INDICES = INDEX_PREFIX + "*"


class OpenSearchEventIndex:
    """ports.EventIndex over OpenSearch. What it sees is at most 30 s old: the refresh interval of the events."""

    def __init__(self, client: OpenSearch) -> None:
        self._client = client

    def other_callers(self, account: str, name: str, *, since: float, until: float) -> list[str]:
        body = {
            "size": 0,
            "query": {
                "bool": {"filter": _of(account, name, since, until), "must_not": [{"term": {"tidegate.caller": name}}]}
            },
            "aggs": {
                "callers": {
                    "terms": {
                        "field": "tidegate.caller",
                        "size": MOST_CALLERS,
                        "order": [{"_count": "desc"}, {"_key": "asc"}],
                    }
                }
            },
        }
        buckets = self._search(body)["aggregations"]["callers"]["buckets"]
        return [bucket["key"] for bucket in buckets]

    def calls(self, account: str, name: str, *, since: float, until: float) -> tuple[int, int]:
        """Each call once, though the invocation log and CloudTrail both tell of it: by request id.

        Exact up to 40,000 calls, within 6 % above (`cardinality`).
        """
        requests = {
            "known": {"cardinality": {"field": "metadata.correlation_uid", "precision_threshold": 40_000}},
            "unknown": {"missing": {"field": "metadata.correlation_uid"}},  # each stands for a call of its own
        }
        body = {
            "size": 0,
            "query": {
                "bool": {
                    "filter": [
                        *_of(account, name, since, until),
                        {"terms": {"api.operation": list(MODEL_OPERATIONS)}},
                    ]
                }
            },
            "aggs": {
                "succeeded": {"filter": {"term": {"status": "Success"}}, "aggs": requests},
                "denied": {"filter": {"terms": {"status_code": list(DENIALS)}}, "aggs": requests},
            },
        }
        found = self._search(body)["aggregations"]
        return _requests(found["succeeded"]), _requests(found["denied"])

    def dollars(self, account: str, name: str, *, since: float, until: float) -> float:
        body = {
            "size": 0,
            "query": {"bool": {"filter": _of(account, name, since, until)}},
            "aggs": {"dollars": {"sum": {"field": "tidegate.dollars"}}},
        }
        return float(self._search(body)["aggregations"]["dollars"]["value"] or 0.0)

    def minted(self, account: str, key: str, *, since: float, until: float) -> list[Minted]:
        asked = [{"terms": {"api.operation": list(LIFETIMES)}}, {"term": {"status": "Success"}}]
        body = {
            "size": MOST_MINTED,
            "query": {"bool": {"filter": [*_of(account, f"key:{key}", since, until), *asked]}},
            "sort": [{"time": "desc"}, {"metadata.uid": "asc"}],
            "_source": ["time", "api"],
        }
        found = (_minted(hit["_source"]) for hit in self._search(body)["hits"]["hits"])
        return [each for each in found if each]

    def events_of(
        self, account: str, name: str, *, since: float, until: float, limit: int = 1000
    ) -> list[dict[str, Any]]:
        """Event documents, oldest first."""
        events: list[dict[str, Any]] = []
        body: dict[str, Any] = {
            "query": {"bool": {"filter": _of(account, name, since, until)}},
            "sort": [{"time": "asc"}, {"metadata.uid": "asc"}],
        }
        while len(events) < limit:
            body["size"] = min(1000, limit - len(events))
            hits = self._search(body)["hits"]["hits"]
            events += [hit["_source"] for hit in hits]
            if len(hits) < body["size"]:
                break
            body["search_after"] = hits[-1]["sort"]
        return events

    def _search(self, body: dict[str, Any]) -> dict[str, Any]:
        with _understood():
            found: dict[str, Any] = self._client.search(
                index=_INDICES, body=body, params={"ignore_unavailable": "true", "allow_no_indices": "true"}
            )
        if found.get("timed_out") or found["_shards"]["failed"]:
            # Half an answer would understate how far a lever reaches.
            raise Retryable("the event index answered in part only: some of its shards failed")
        found.setdefault("aggregations", _NOTHING_FOUND)
        return found


# An index pattern that matches nothing answers without aggregations.
_NOTHING_FOUND: dict[str, Any] = {
    "callers": {"buckets": []},
    "dollars": {"value": 0.0},
    "succeeded": {"known": {"value": 0}, "unknown": {"doc_count": 0}},
    "denied": {"known": {"value": 0}, "unknown": {"doc_count": 0}},
}


def _minted(event: dict[str, Any]) -> Minted | None:
    api = event.get("api", {})
    asked, answered = (api.get(part, {}).get("data") for part in ("request", "response"))
    return minted(
        str(api.get("operation", "")),
        event["time"] / 1000,
        asked if isinstance(asked, dict) else {},
        answered if isinstance(answered, dict) else {},
    )


def _requests(counted: dict[str, Any]) -> int:
    return int(counted["known"]["value"] + counted["unknown"]["doc_count"])


def _of(account: str, name: str, since: float, until: float) -> list[dict[str, Any]]:
    """Events of `account` in [since, until), epoch seconds, that went through `name`."""
    window = {"gte": int(since * 1000), "lt": int(until * 1000), "format": "epoch_millis"}
    return [
        {"term": {"cloud.account.uid": account}},
        {"term": {"tidegate.names": name}},
        {"range": {"time": window}},
    ]


@contextmanager
def _understood() -> Iterator[None]:
    try:
        yield
    except NotFoundError as error:
        raise Permanent(f"the event index is not there: {error.error}") from error
    except TransportError as error:
        if isinstance(error.status_code, int) and 400 <= error.status_code < 500 and error.status_code != 429:
            raise Permanent(f"the event index refused a question: {error.status_code} {error.error}") from error
        raise Retryable(f"the event index did not answer: {error.error}") from error
