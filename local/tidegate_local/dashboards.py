"""Panels and boards of OpenSearch Dashboards: described once, written as saved objects and as searches.

A panel is described once; the saved object, and the search that Dashboards would send for it, are both made of that,
so tests can ask a real node every question that a dashboard asks. Saved objects are in the form of exports of
OpenSearch Dashboards 2.x and 3.x. What is on the boards: dashboard_boards.py.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

WIDTH, HEIGHT = 48, 15  # of the grid, and of a panel in it

PATTERNS = {
    "events": "tidegate-events-*",
    "findings": "tidegate-findings-*",
    "incidents": "tidegate-incidents*",
    "runs": "tidegate-playbook-runs-*",
    "errors": "tidegate-ingest-errors*",
}


class Metric(NamedTuple):
    kind: str  # count, sum, max, cardinality, avg
    field: str = ""
    label: str = ""

    def as_saved(self, number: int) -> dict[str, Any]:
        params: dict[str, Any] = {"field": self.field} if self.field else {}
        if self.label:
            params["customLabel"] = self.label
        return {"id": str(number), "enabled": True, "type": self.kind, "params": params, "schema": "metric"}


class Split(NamedTuple):
    """Buckets. `terms` of a field, largest first, or a `date_histogram`."""

    kind: str
    field: str
    size: int = 10
    label: str = ""

    def as_saved(self, number: int, schema: str) -> dict[str, Any]:
        if self.kind == "date_histogram":
            params: dict[str, Any] = {
                "field": self.field,
                "interval": "auto",
                "min_doc_count": 1,
                "extended_bounds": {},
            }
        else:
            params = {
                "field": self.field,
                "orderBy": "1",
                "order": "desc",
                "size": self.size,
                "otherBucket": False,
                "missingBucket": False,
            }
        if self.label:
            params["customLabel"] = self.label
        return {"id": str(number), "enabled": True, "type": self.kind, "params": params, "schema": schema}

    def as_search(self) -> dict[str, Any]:
        if self.kind == "date_histogram":
            return {"date_histogram": {"field": self.field, "fixed_interval": "1h", "min_doc_count": 1}}
        return {"terms": {"field": self.field, "size": self.size}}


def _asked_of(value: Any) -> dict[str, Any]:
    """How the filter bar says it."""
    if isinstance(value, tuple):
        return {"params": list(value), "type": "phrases"}
    return {"params": {"query": value}, "type": "phrase"}


def _narrowed_to(field: str, value: Any) -> dict[str, Any]:
    if isinstance(value, tuple):
        return {"bool": {"should": [{"match_phrase": {field: one}} for one in value], "minimum_should_match": 1}}
    return {"match_phrase": {field: value}}


class Panel(NamedTuple):
    id: str
    title: str
    documents: str  # of PATTERNS
    look: str  # metric, line, histogram, horizontal_bar, pie, table
    metrics: tuple[Metric, ...]
    splits: tuple[Split, ...] = ()
    only: tuple[tuple[str, Any], ...] = ()  # field, value, or several of which one is enough: what narrows it
    width: int = 24

    def search(self) -> dict[str, Any]:
        """The search that Dashboards sends for this panel, without the time range it adds."""
        aggregations: dict[str, Any] = {}
        level = aggregations
        for depth, split in enumerate(self.splits):
            inner: dict[str, Any] = {}
            level[f"split{depth}"] = {**split.as_search(), "aggs": inner}
            level = inner
        for number, metric in enumerate(self.metrics):
            if metric.kind != "count":
                level[f"metric{number}"] = {metric.kind: {"field": metric.field}}
        _without_empty(aggregations)
        filters = [
            {"terms": {field: list(value)}} if isinstance(value, tuple) else {"term": {field: value}}
            for field, value in self.only
        ]
        return {"size": 0, "query": {"bool": {"filter": filters}}, "aggs": aggregations}

    def as_saved(self) -> dict[str, Any]:
        schemas = _SCHEMAS[self.look]
        aggregations = [metric.as_saved(number) for number, metric in enumerate(self.metrics, 1)]
        for depth, split in enumerate(self.splits):
            number = len(self.metrics) + 1 + depth
            aggregations.append(split.as_saved(number, schemas[min(depth, len(schemas) - 1)]))
        state = {"title": self.title, "type": self.look, "aggs": aggregations, "params": _params(self.look)}
        filters = [
            {
                "$state": {"store": "appState"},
                "meta": {
                    "alias": None,
                    "disabled": False,
                    "indexRefName": f"kibanaSavedObjectMeta.searchSourceJSON.filter[{place}].meta.index",
                    "key": field,
                    "negate": False,
                    **_asked_of(value),
                },
                "query": _narrowed_to(field, value),
            }
            for place, (field, value) in enumerate(self.only)
        ]
        source = {
            "query": {"query": "", "language": "kuery"},
            "filter": filters,
            "indexRefName": "kibanaSavedObjectMeta.searchSourceJSON.index",
        }
        names = [source["indexRefName"], *(one["meta"]["indexRefName"] for one in filters)]
        return {
            "id": f"tidegate-{self.id}",
            "type": "visualization",
            "attributes": {
                "title": f"Tidegate: {self.title}",
                "description": "",
                "visState": as_text(state),
                "uiStateJSON": "{}",
                "version": 1,
                "kibanaSavedObjectMeta": {"searchSourceJSON": as_text(source)},
            },
            "references": [
                {"name": name, "type": "index-pattern", "id": f"tidegate-{self.documents}"} for name in names
            ],
            "migrationVersion": {"visualization": "7.10.0"},
        }


class Board(NamedTuple):
    id: str
    title: str
    about: str
    panels: tuple[Panel, ...]
    since: str = "now-7d"

    def as_saved(self) -> dict[str, Any]:
        laid, x, y = [], 0, 0
        for place, panel in enumerate(self.panels):
            if x + panel.width > WIDTH:
                x, y = 0, y + HEIGHT
            laid.append(
                {
                    "version": "2.11.0",
                    "gridData": {"x": x, "y": y, "w": panel.width, "h": HEIGHT, "i": str(place)},
                    "panelIndex": str(place),
                    "embeddableConfig": {},
                    "panelRefName": f"panel_{place}",
                }
            )
            x += panel.width
        source = {"query": {"query": "", "language": "kuery"}, "filter": []}
        return {
            "id": f"tidegate-{self.id}",
            "type": "dashboard",
            "attributes": {
                "title": f"Tidegate: {self.title}",
                "description": self.about,
                "hits": 0,
                "panelsJSON": as_text(laid),
                "optionsJSON": as_text({"hidePanelTitles": False, "useMargins": True}),
                "version": 1,
                "timeRestore": True,
                "timeFrom": self.since,
                "timeTo": "now",
                "refreshInterval": {"pause": False, "value": 60_000},
                "kibanaSavedObjectMeta": {"searchSourceJSON": as_text(source)},
            },
            "references": [
                {"name": f"panel_{place}", "type": "visualization", "id": f"tidegate-{panel.id}"}
                for place, panel in enumerate(self.panels)
            ],
            "migrationVersion": {"dashboard": "7.9.3"},
        }


_SCHEMAS = {
    "metric": ("group",),
    "line": ("segment", "group"),
    "histogram": ("segment", "group"),
    "horizontal_bar": ("segment", "group"),
    "pie": ("segment",),
    "table": ("bucket",),
}


def _params(look: str) -> dict[str, Any]:
    """What a visualisation of this kind needs to be drawn; everything else is Dashboards' default."""
    if look == "metric":
        return {"addLegend": False, "type": "metric", "metric": {"style": {"fontSize": 48}, "labels": {"show": True}}}
    if look == "table":
        return {"perPage": 25, "showTotal": False, "sort": {"columnIndex": None, "direction": None}}
    if look == "pie":
        return {"type": "pie", "addLegend": True, "addTooltip": True, "isDonut": True, "legendPosition": "right"}
    side = "left" if look == "horizontal_bar" else "bottom"
    other = "bottom" if look == "horizontal_bar" else "left"
    drawn = "line" if look == "line" else "histogram"
    return {
        "type": look,
        "addLegend": True,
        "addTooltip": True,
        "legendPosition": "right",
        "categoryAxes": [
            {
                "id": "CategoryAxis-1",
                "type": "category",
                "position": side,
                "show": True,
                "scale": {"type": "linear"},
                "labels": {"show": True, "truncate": 200},
                "title": {},
            }
        ],
        "valueAxes": [
            {
                "id": "ValueAxis-1",
                "name": "ValueAxis-1",
                "type": "value",
                "position": other,
                "show": True,
                "scale": {"type": "linear", "mode": "normal"},
                "labels": {"show": True, "truncate": 100},
                "title": {"text": ""},
            }
        ],
        "seriesParams": [
            {
                "show": True,
                "type": drawn,
                "mode": "normal" if look == "line" else "stacked",
                "data": {"label": "", "id": "1"},
                "valueAxis": "ValueAxis-1",
                "drawLinesBetweenPoints": True,
                "showCircles": True,
            }
        ],
    }


def as_text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _without_empty(aggregations: dict[str, Any]) -> None:
    for found in aggregations.values():
        if "aggs" in found:
            if found["aggs"]:
                _without_empty(found["aggs"])
            else:
                del found["aggs"]
