"""A real OpenSearch node for tests: one per session, also under pytest-xdist; nobody else's node is touched.

`opensearch_url` gives its address. A test that asks for `opensearch` has the node to itself (tests of other
workers wait) and finds it without indices of ours. OPENSEARCH_URL names another node to use: then *its*
`tidegate-*` indices are deleted, so never name one that holds anything of worth.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from opensearchpy import OpenSearch

from tidegate.index.client import connect
from tidegate_local.node import Node, answers


@pytest.fixture(scope="session")
def opensearch_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if other := os.environ.get("OPENSEARCH_URL"):
        yield other.rstrip("/")
        return
    if not _one_of_many():
        with Node.start(tmp_path_factory.mktemp("opensearch")) as node:
            yield node.url
        return
    shared = tmp_path_factory.getbasetemp().parent / "opensearch"  # the same for all workers
    shared.mkdir(exist_ok=True)
    record = shared / "shared.json"
    with (shared / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        known = json.loads(record.read_text())["url"] if record.exists() else ""
        if not known or not answers(known):
            # Owned by the controlling process: it outlives this worker and ends with the session.
            known = Node.start(shared / "node", owner=os.getppid()).url
            record.write_text(json.dumps({"url": known}))
    yield known


@pytest.fixture(scope="session")
def _opensearch_lock(opensearch_url: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.getbasetemp()
    return (folder.parent if _one_of_many() else folder) / "opensearch.in-use"


@pytest.fixture
def opensearch(opensearch_url: str, _opensearch_lock: Path) -> Iterator[OpenSearch]:
    """A client of the node, whose `tidegate-*` indices are gone before and after."""
    client = connect(opensearch_url)
    with _opensearch_lock.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        forget(client)
        yield client
        forget(client)
    client.close()


def forget(client: OpenSearch) -> None:
    client.indices.delete(index="tidegate-*", params={"ignore_unavailable": "true", "allow_no_indices": "true"})


def _one_of_many() -> bool:
    return "PYTEST_XDIST_WORKER" in os.environ
