"""Indices whose mapping is of an older version, moved without loss.

A template carries the version of its mapping: a digest of what it says. An index made of another is brought up to
date in place where fields were only added. Where a field changed its type, that can't be: then its documents are
copied into a new index (`NAME-m-DIGEST`), which takes the old one's name as an alias that may be written to, in one
step with the removal of the old. Who writes or asks meanwhile uses the same name all along.

While documents are copied, the old index takes no writes (403 `cluster_block_exception`): the sender's messages come
back from the queue and arrive afterwards. Versions go along, so a late document is still told to be stale.
A copy that was interrupted is thrown away and made anew; the old index stays until every document is in the new one.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from opensearchpy import OpenSearch
from opensearchpy.exceptions import RequestError

from tidegate.errors import Retryable
from tidegate.index import templates

type Done = Literal["current", "extended", "copied"]
COPY_SECONDS = 600.0


class Migrated(NamedTuple):
    name: str  # of the index
    done: Done
    documents: int = 0  # copied


def states(client: OpenSearch) -> list[tuple[str, str, bool]]:
    """(index, kind of document, whether its mapping is the current one) of every index of ours."""
    found = []
    for kind in templates.DOCUMENTS:
        body = templates.template(kind)
        wanted = body["template"]["mappings"]["_meta"]["version"]
        stored = client.indices.get_mapping(
            index=",".join(body["index_patterns"]), params={"ignore_unavailable": "true", "allow_no_indices": "true"}
        )
        for index, mapping in sorted(stored.items()):
            found.append((index, kind, mapping["mappings"].get("_meta", {}).get("version") == wanted))
    return found


def migrate(client: OpenSearch) -> list[Migrated]:
    """Brings every index up to date; the templates are put already. Safe to repeat, also after it was cut short."""
    return [
        Migrated(index, "current") if current else _one(client, index, kind) for index, kind, current in states(client)
    ]


def _one(client: OpenSearch, index: str, kind: str) -> Migrated:
    mappings = templates.template(kind)["template"]["mappings"]
    change = {"properties": mappings["properties"], "_meta": mappings["_meta"]}
    try:
        client.indices.put_mapping(index=index, body=change)
    except RequestError as error:
        if error.error not in ("illegal_argument_exception", "mapper_parsing_exception"):
            raise
        return Migrated(index, "copied", _copied(client, index, kind, mappings["_meta"]["version"]))
    return Migrated(index, "extended")


def _copied(client: OpenSearch, index: str, kind: str, version: str) -> int:
    """Raises Retryable when documents are missing in the copy; the old index stays, writable again."""
    body = templates.template(kind)["template"]
    name = index.partition("-m-")[0]
    new = f"{name}-m-{version}"
    client.indices.delete(index=new, params={"ignore_unavailable": "true"})
    client.indices.create(index=new, body={"settings": body["settings"], "mappings": body["mappings"]})
    client.indices.put_settings(index=index, body={"index.blocks.write": True})
    try:
        client.indices.refresh(index=index)
        expected = client.count(index=index)["count"]
        copied = client.reindex(
            body={"source": {"index": index}, "dest": {"index": new, "version_type": "external"}},
            params={"wait_for_completion": "true", "refresh": "true", "request_timeout": COPY_SECONDS},
        )
        arrived = client.count(index=new)["count"]
        if copied["failures"] or arrived != expected:
            why: Any = copied["failures"][:1] or f"{arrived} of {expected} documents arrived"
            raise Retryable(f"{index} could not be copied to {new}, and stays as it is: {why}")  # noqa: TRY301
        aliases = [{"add": {"index": new, "alias": alias}} for alias in body["aliases"]]
        client.indices.update_aliases(
            body={
                "actions": [
                    {"remove_index": {"index": index}},
                    {"add": {"index": new, "alias": name, "is_write_index": True}},
                    *aliases,
                ]
            }
        )
    except BaseException:
        client.indices.put_settings(
            index=index, body={"index.blocks.write": None}, params={"ignore_unavailable": "true"}
        )
        raise
    return int(expected)
