"""Index templates: strict mappings, and how long each index is kept.

What a person decides lies in indices/*.json: patterns, settings, ECS aliases, days kept. The mapping itself is
read off the document Structs, whose fields say how they are mapped: a field that we write and don't map, or map
and don't write, can't come to be. `dynamic: strict` refuses what we don't know, so a mapping never grows by itself.

Lifecycle is attached by ISM policies that name index patterns (`ism_template`), never by settings: a node without
that plugin takes the same templates, and keeps everything.
"""

from __future__ import annotations

import hashlib
import json
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec
import msgspec.inspect as inspect
from opensearchpy import OpenSearch
from opensearchpy.exceptions import AuthorizationException, NotFoundError, TransportError

from tidegate.index.document_shapes import (
    ErrorDocument,
    FindingDocument,
    IncidentDocument,
    PromptDocument,
    RunDocument,
    SuppressionDocument,
)
from tidegate.index.event_shapes import EventDocument

DOCUMENTS: dict[str, type[msgspec.Struct]] = {
    "events": EventDocument,
    "prompts": PromptDocument,
    "findings": FindingDocument,
    "suppressions": SuppressionDocument,
    "incidents": IncidentDocument,
    "playbook-runs": RunDocument,
    "ingest-errors": ErrorDocument,
}
FIELD_LIMIT = 300
_POLICIES = "/_plugins/_ism/policies"
_NO_SUCH_PLUGIN = (400, 404, 405)  # "no handler found for uri", by version


def template(name: str, *, serverless: bool = False) -> dict[str, Any]:
    """The body of `PUT _index_template/tidegate-<name>`. `serverless`: without settings, which a collection decides."""
    decided = _decided(name)
    properties = properties_of(DOCUMENTS[name])
    for path, target in decided["ecs_aliases"].items():
        _place(properties, path.split("."), {"type": "alias", "path": target})
    return {
        "index_patterns": decided["index_patterns"],
        "priority": 200,
        "_meta": {"description": decided["description"], "kept_days": decided["kept_days"]},
        "template": {
            "aliases": {alias: {} for alias in decided["aliases"]},
            "settings": {}
            if serverless
            else {
                "index.number_of_shards": 1,
                "index.auto_expand_replicas": "0-1",
                "index.mapping.total_fields.limit": FIELD_LIMIT,
                **decided["settings"],
            },
            "mappings": {"dynamic": "strict", "_meta": {"version": _version(properties)}, "properties": properties},
        },
    }


def lifecycle(name: str) -> dict[str, Any] | None:
    """The body of `PUT _plugins/_ism/policies/tidegate-<name>`; None for what is never deleted by age."""
    decided = _decided(name)
    if not decided["kept_days"]:
        return None
    return {
        "policy": {
            "description": decided["description"],
            "default_state": "kept",
            "states": [
                {
                    "name": "kept",
                    "actions": [],
                    "transitions": [
                        {"state_name": "gone", "conditions": {"min_index_age": f"{decided['kept_days']}d"}}
                    ],
                },
                {"name": "gone", "actions": [{"delete": {}}], "transitions": []},
            ],
            "ism_template": [{"index_patterns": decided["index_patterns"], "priority": 200}],
        }
    }


def install(client: OpenSearch, *, serverless: bool = False) -> None:
    """Puts all templates, and the lifecycle policies where the plugin answers. Safe to repeat.

    A template speaks for indices to come only. So that a new version's new fields aren't refused until next week,
    they are added to the indices there are. Raises the client's TransportError; 400 if a field changed its type:
    `tidegate index upgrade` (migrating.py) copies such an index, and until then the queue keeps what belongs there.
    """
    put_templates(client, serverless=serverless)
    if serverless:
        return  # no lifecycles there; what indices there are is brought up to date one by one (migrating.py)
    for name in DOCUMENTS:
        body = template(name)
        mappings = body["template"]["mappings"]
        client.indices.put_mapping(
            index=",".join(body["index_patterns"]),
            body={"properties": mappings["properties"], "_meta": mappings["_meta"]},
            params={"ignore_unavailable": "true", "allow_no_indices": "true"},
        )
    put_policies(client)


def ensure(client: OpenSearch, *, serverless: bool = False) -> None:
    """Installs them; or, where this role may only write documents, sees that somebody did.

    Raises TransportError: an index made without its template would guess its mapping.
    """
    try:
        install(client, serverless=serverless)
    except AuthorizationException:
        for name in DOCUMENTS:
            if not client.indices.exists_index_template(name=f"tidegate-{name}"):
                raise


def put_templates(client: OpenSearch, *, serverless: bool = False) -> None:
    for name in DOCUMENTS:
        client.indices.put_index_template(name=f"tidegate-{name}", body=template(name, serverless=serverless))


def put_policies(client: OpenSearch) -> bool:
    """False where the plugin for lifecycles doesn't answer."""
    for name in DOCUMENTS:
        policy = lifecycle(name)
        if policy and not _put_policy(client, f"{_POLICIES}/tidegate-{name}", policy):
            return False
    return True


def delete_policies(client: OpenSearch) -> None:
    for name in DOCUMENTS:
        try:
            client.transport.perform_request("DELETE", f"{_POLICIES}/tidegate-{name}")
        except TransportError as error:
            if error.status_code not in _NO_SUCH_PLUGIN:
                raise


def properties_of(document: type[msgspec.Struct]) -> dict[str, Any]:
    """OpenSearch `properties` of a Struct. Raises TypeError for a field that doesn't say how it is mapped."""
    described = inspect.type_info(document)
    assert isinstance(described, inspect.StructType)  # noqa: S101 - narrows for the type checker
    return {field.encode_name: _mapping(field.type, f"{document.__name__}.{field.name}") for field in described.fields}


def _mapping(described: inspect.Type, where: str) -> dict[str, Any]:
    match described:
        case inspect.Metadata(extra={"opensearch": mapping}):
            return dict(mapping)
        case inspect.StructType(cls=document):
            return {"properties": properties_of(document)}
        case inspect.UnionType(types=types):
            (present,) = [kind for kind in types if not isinstance(kind, inspect.NoneType)]
            return _mapping(present, where)
        case inspect.VarTupleType(item_type=item):
            return _mapping(item, where)
        case _:
            raise TypeError(
                f"{where} does not say how it is mapped: annotate it with one of the names in index/field_types.py"
            )


def _version(properties: dict[str, Any]) -> str:
    """Of a mapping: a digest of what it says, so that no one has to remember to count."""
    return hashlib.sha256(json.dumps(properties, sort_keys=True).encode()).hexdigest()[:12]


def _place(properties: dict[str, Any], path: list[str], mapping: dict[str, Any]) -> None:
    *parents, leaf = path
    for parent in parents:
        properties = properties.setdefault(parent, {"properties": {}})["properties"]
    if leaf in properties:
        raise ValueError(f"the ECS alias {'.'.join(path)} has the name of a field of ours")
    properties[leaf] = mapping


def _put_policy(client: OpenSearch, path: str, policy: dict[str, Any]) -> bool:
    """False where no such plugin answers."""
    try:
        stored = client.transport.perform_request("GET", path)
    except NotFoundError:
        stored = None
    except TransportError as error:
        if error.status_code in _NO_SUCH_PLUGIN:
            return False
        raise
    try:
        if stored is None:
            client.transport.perform_request("PUT", path, body=policy)
        elif not _holds(stored["policy"], policy["policy"]):
            condition = {"if_seq_no": stored["_seq_no"], "if_primary_term": stored["_primary_term"]}
            client.transport.perform_request("PUT", path, params=condition, body=policy)
    except TransportError as error:
        if error.status_code == 409:  # another process has just put the same
            return True
        if error.status_code in _NO_SUCH_PLUGIN and stored is None:
            return False
        raise
    return True


def _holds(stored: Any, wanted: Any) -> bool:
    """Whether `stored` says all that `wanted` says; the plugin adds defaults and times of its own."""
    if isinstance(wanted, dict):
        return isinstance(stored, dict) and all(_holds(stored.get(key), value) for key, value in wanted.items())
    if isinstance(wanted, list):
        return (
            isinstance(stored, list)
            and len(stored) == len(wanted)
            and all(_holds(left, right) for left, right in zip(stored, wanted, strict=True))
        )
    return bool(stored == wanted)


@cache
def _decided(name: str) -> dict[str, Any]:
    text = (files("tidegate.index") / "indices" / f"{name}.json").read_text("utf-8")
    decided: dict[str, Any] = json.loads(text)
    return decided
