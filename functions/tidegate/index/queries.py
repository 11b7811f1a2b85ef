"""Saved questions of analysts: DSL bodies with parameters, filled in as values.

A saved query is a JSON file: `question`, `index`, `parameters` and `body`, in which `{"$parameter": "name"}` stands
for a value. Filling in replaces that object by the value in the parsed tree, never text by text, so a caller name
full of quotes and braces stays a caller name. `open_saved` refuses queries in which a parameter would be read as a
language (query strings, wildcards, scripts).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Literal

from opensearchpy import OpenSearch
from pydantic import BaseModel, ConfigDict

from tidegate.errors import Permanent

# Queries whose value is itself a language, or code.
_LANGUAGES = frozenset({"query_string", "simple_query_string", "wildcard", "regexp", "script", "prefix"})


class Parameter(BaseModel):
    """`time` takes ISO 8601 or epoch milliseconds, `address` an IP address or a network."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Literal["text", "number", "time", "address"]
    about: str
    default: str | int | None = None  # None: must be given


class SavedQuery(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    question: str
    index: str
    parameters: dict[str, Parameter]
    body: dict[str, Any]

    def filled(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The body with its values. Raises Permanent for a value that is absent, unknown or of the wrong type."""
        if unknown := sorted(values.keys() - self.parameters.keys()):
            known = ", ".join(self.parameters) or "none"
            raise Permanent(f"{self.id}: no parameter is called {', '.join(unknown)}; it has {known}")
        ready = {
            name: _checked(self.id, name, parameter, values.get(name)) for name, parameter in self.parameters.items()
        }
        body: dict[str, Any] = _fill(self.body, ready)
        return body

    def run(self, client: OpenSearch, values: Mapping[str, Any] | None = None) -> dict[str, Any]:
        answer: dict[str, Any] = client.search(
            index=self.index,
            body=self.filled(values or {}),
            params={"ignore_unavailable": "true", "allow_no_indices": "true"},
        )
        return answer


def open_saved(path: Path) -> SavedQuery:
    """Reads one query file; its name is the query's id."""
    query = SavedQuery.model_validate(json.loads(path.read_text("utf-8")) | {"id": path.stem})
    named = set(_parameters_in(query.body, query.id, ()))
    if named != query.parameters.keys():
        odd = ", ".join(sorted(named ^ query.parameters.keys()))
        raise Permanent(f"{path}: declared and used parameters differ: {odd}")
    return query


def saved_queries(folder: Path) -> dict[str, SavedQuery]:
    return {path.stem: open_saved(path) for path in sorted(folder.glob("*.json"))}


def _fill(node: Any, values: Mapping[str, Any]) -> Any:
    if isinstance(node, dict):
        if node.keys() == {"$parameter"}:
            return values[node["$parameter"]]
        return {key: _fill(item, values) for key, item in node.items()}
    if isinstance(node, list):
        return [_fill(item, values) for item in node]
    return node


def _parameters_in(node: Any, query: str, path: tuple[str, ...]) -> list[str]:
    if isinstance(node, dict):
        if node.keys() == {"$parameter"}:
            if unsafe := _LANGUAGES.intersection(path):
                raise Permanent(f"{query}: a parameter inside {sorted(unsafe)[0]} would be read as a language")
            return [node["$parameter"]]
        return [name for key, item in node.items() for name in _parameters_in(item, query, (*path, key))]
    if isinstance(node, list):
        return [name for item in node for name in _parameters_in(item, query, path)]
    return []


def _checked(query: str, name: str, parameter: Parameter, given: Any) -> str | int | float:
    value = parameter.default if given is None else given
    match parameter.type, value:
        case _, None:
            raise Permanent(f"{query} needs {name}: {parameter.about}")
        case "text", str():
            return value
        case "number", int() | float() if not isinstance(value, bool):
            return value
        case "time", int() if not isinstance(value, bool):
            return value
        case "time", str() if given is None:  # "now-7d": our own default, which OpenSearch works out
            return value
        case "time", str():
            try:
                return int(datetime.fromisoformat(value).timestamp() * 1000)
            except ValueError as error:
                raise Permanent(f"{query}: {name} is no time like 2026-01-31T08:00:00Z: {value!r}") from error
        case "address", str():
            try:
                return str(ip_network(value, strict=False))
            except ValueError as error:
                raise Permanent(f"{query}: {name} is no IP address or network: {value!r}") from error
    raise Permanent(f"{query}: {name} must be a {parameter.type}, got {value!r}")
