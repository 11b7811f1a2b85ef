"""A real OpenSearch node for tests: one per process of tests, as pytest-xdist's workers are; nobody else's is touched.

`opensearch_url` gives its address. A test that asks for `opensearch` has the node to itself and finds it without
indices of ours. OPENSEARCH_URL names another node to use: then *its* `tidegate-*` indices are deleted, so never name
one that holds anything of worth; workers share it, and wait for each other.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from opensearchpy import OpenSearch

from tidegate.index.client import connect
from tidegate_local.node import Node


@pytest.fixture(scope="session")
def own_node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """The process. Who stops it starts it again: a start costs more than most tests."""
    with Node.start(tmp_path_factory.mktemp("opensearch")) as node:
        yield node


@pytest.fixture(scope="session")
def opensearch_url(request: pytest.FixtureRequest) -> str:
    if other := os.environ.get("OPENSEARCH_URL"):
        return other.rstrip("/")
    node: Node = request.getfixturevalue("own_node")
    return node.url


@pytest.fixture(scope="session")
def _opensearch_lock(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.getbasetemp()
    shared = "PYTEST_XDIST_WORKER" in os.environ and "OPENSEARCH_URL" in os.environ
    return (folder.parent if shared else folder) / "opensearch.in-use"


@pytest.fixture
def opensearch(opensearch_url: str, _opensearch_lock: Path) -> Iterator[OpenSearch]:
    with to_itself(opensearch_url, _opensearch_lock) as client:
        yield client


@contextmanager
def to_itself(url: str, lock: Path) -> Iterator[OpenSearch]:
    """A client of the node, whose `tidegate-*` indices are gone before and after."""
    client = connect(url)
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        forget(client)
        yield client
        forget(client)
    client.close()


def forget(client: OpenSearch) -> None:
    client.indices.delete(index="tidegate-*", params={"ignore_unavailable": "true", "allow_no_indices": "true"})
