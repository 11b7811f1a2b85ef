"""Indices whose mapping is of an older version, moved without loss.

A template carries the version of its mapping: a digest of what it says. An index made of another is brought up to
date in place where fields were only added. Where a field changed its type, that can't be: then its documents are
copied into a new index (`NAME-m-DIGEST`), which takes the old one's name as an alias that may be written to, in one
step with the removal of the old. Who writes or asks meanwhile uses the same name all along.

While documents are copied, the old index takes no writes (403 `cluster_block_exception`): the sender's messages come
back from the queue and arrive afterwards. Versions go along, so a late document is still told to be stale.
The cluster copies by itself, so a copy may outlast the process that began it: whoever comes next (the installing
function on its schedule, `tidegate index upgrade`) finds it among the cluster's tasks, or finds it done. One that ended
short of a document is thrown away and made anew; the old index stays until every document is in the new one.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Literal, NamedTuple

from opensearchpy import OpenSearch
from opensearchpy.exceptions import NotFoundError, RequestError

from tidegate.errors import Retryable
from tidegate.index import templates

type Done = Literal["current", "extended", "copied", "copying", "left"]
COPY_SECONDS = 600.0
RESERVE_SECONDS = 20.0  # left to the caller for what comes after
LONGEST_LOOK = 2.0  # seconds between two looks at a copy


class Migrated(NamedTuple):
    name: str  # of the index
    done: Done
    documents: int = 0  # copied


def states(client: OpenSearch) -> list[tuple[str, str, bool]]:
    """(index, kind of document, whether its mapping is the current one) of every index of ours.

    A copy that has not taken its index's name yet is no index of its own.
    """
    found = []
    for kind in templates.DOCUMENTS:
        body = templates.template(kind)
        wanted = body["template"]["mappings"]["_meta"]["version"]
        stored = client.indices.get_mapping(
            index=",".join(body["index_patterns"]), params={"ignore_unavailable": "true", "allow_no_indices": "true"}
        )
        for index, mapping in sorted(stored.items()):
            if index.partition("-m-")[0] in stored.keys() - {index}:
                continue
            found.append((index, kind, mapping["mappings"].get("_meta", {}).get("version") == wanted))
    return found


class Migration:
    """Brings every index up to date; the templates are put already. Safe to repeat, also after it was cut short."""

    def __init__(
        self,
        client: OpenSearch,
        *,
        remaining: Callable[[], float] = lambda: COPY_SECONDS,
        pause: Callable[[float], None] = time.sleep,
        copies: bool = True,
    ) -> None:
        """`remaining`: seconds left; a copy that needs more goes on without us and is `copying`. `copies`: whether the
        cluster can copy an index (OpenSearch Serverless can't: there such an index is `left` as it is).
        """
        self._client = client
        self._remaining = remaining
        self._pause = pause
        self._copies = copies

    def run(self) -> list[Migrated]:
        """Raises Retryable where a copy lacks documents; TransportError where the cluster refuses or is away."""
        return [
            Migrated(index, "current") if current else self._one(index, kind)
            for index, kind, current in states(self._client)
        ]

    def _one(self, index: str, kind: str) -> Migrated:
        mappings = templates.template(kind)["template"]["mappings"]
        change = {"properties": mappings["properties"], "_meta": mappings["_meta"]}
        try:
            self._client.indices.put_mapping(index=index, body=change)
        except RequestError as error:
            if error.error not in ("illegal_argument_exception", "mapper_parsing_exception"):
                raise
            return self._copied(index, kind, mappings["_meta"]["version"]) if self._copies else Migrated(index, "left")
        return Migrated(index, "extended")

    def _copied(self, index: str, kind: str, version: str) -> Migrated:
        """Raises Retryable when documents are missing in the copy; the old index stays, writable again."""
        new = f"{index.partition('-m-')[0]}-m-{version}"
        try:
            return self._copy(index, new, kind)
        except BaseException:
            self._block(index, None)
            raise

    def _copy(self, index: str, new: str, kind: str) -> Migrated:
        task = self._under_way(index, new)
        if task is None and not self._complete(index, new):
            task = self._begin(index, new, kind)
        failures = self._wait(task) if task else []
        if failures is None:
            return Migrated(index, "copying")
        if failures or not self._complete(index, new):
            why = failures[:1] or f"{self._count(new)} of {self._count(index)} documents arrived"
            raise Retryable(f"{index} could not be copied to {new}, and stays as it is: {why}")
        documents = self._count(new)
        self._take_the_name(index, new, kind)
        return Migrated(index, "copied", documents)

    def _begin(self, index: str, new: str, kind: str) -> str:
        """The id of the cluster's task. What an earlier try left is thrown away."""
        body = templates.template(kind)["template"]
        self._client.indices.delete(index=new, params={"ignore_unavailable": "true"})
        self._client.indices.create(index=new, body={"settings": body["settings"], "mappings": body["mappings"]})
        self._block(index, True)
        self._client.indices.refresh(index=index)
        task: str = self._client.reindex(
            body={"source": {"index": index}, "dest": {"index": new, "version_type": "external"}},
            params={"wait_for_completion": "false"},
        )["task"]
        return task

    def _under_way(self, index: str, new: str) -> str | None:
        asked = {"actions": "*reindex", "detailed": "true", "group_by": "none"}
        for task in self._client.tasks.list(params=asked)["tasks"]:
            if f"[{index}] to [{new}]" in task["description"]:
                return f"{task['node']}:{task['id']}"
        return None

    def _wait(self, task: str) -> list[Any] | None:
        """Documents that the copy refused; None when time ran out first."""
        look = 0.1
        while True:
            try:
                told = self._client.tasks.get(task_id=task)
            except NotFoundError:  # the node it ran on is gone: counting tells how far it came
                return []
            if told["completed"]:
                error = told.get("error")
                return [error] if error else list(told["response"]["failures"])
            if self._remaining() < RESERVE_SECONDS:
                return None
            self._pause(look)
            look = min(2 * look, LONGEST_LOOK)

    def _complete(self, index: str, new: str) -> bool:
        """Whether the copy has every document of an index that takes no writes any more."""
        settings = self._client.indices.get_settings(index=index, params={"flat_settings": "true"})
        if settings[index]["settings"].get("index.blocks.write") != "true" or not self._client.indices.exists(
            index=new
        ):
            return False
        self._client.indices.refresh(index=new)
        return self._count(new) == self._count(index)

    def _count(self, index: str) -> int:
        return int(self._client.count(index=index)["count"])

    def _take_the_name(self, index: str, new: str, kind: str) -> None:
        aliases = templates.template(kind)["template"]["aliases"]
        self._client.indices.update_aliases(
            body={
                "actions": [
                    {"remove_index": {"index": index}},
                    {"add": {"index": new, "alias": index.partition("-m-")[0], "is_write_index": True}},
                    *({"add": {"index": new, "alias": alias}} for alias in aliases),
                ]
            }
        )

    def _block(self, index: str, write: bool | None) -> None:
        self._client.indices.put_settings(
            index=index, body={"index.blocks.write": write}, params={"ignore_unavailable": "true"}
        )
