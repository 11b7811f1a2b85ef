"""A real OpenSearch node under the deployed template: stopped while things happen, started again, nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from deployed_account import CONTAINED, Deployed, deployed
from opensearch_node import forget
from opensearchpy import OpenSearch

from tidegate.index.client import connect
from tidegate.model import RunStatus
from tidegate_local import story
from tidegate_local.node import Node

pytestmark = [pytest.mark.end_to_end, pytest.mark.opensearch]


@pytest.fixture
def node(own_node: Node) -> Iterator[Node]:
    """This process's own, without indices of ours. The next test finds it running, however this one ended."""
    client = connect(own_node.url)
    forget(client)
    yield own_node
    if not own_node.pid:
        own_node.resume()
    forget(client)
    client.close()


def indexed(client: OpenSearch) -> set[tuple[str, str]]:
    client.indices.refresh(index="tidegate-*")
    asked = {"size": 10_000, "_source": False, "query": {"match_all": {}}}
    hits = client.search(index="tidegate-*", body=asked)["hits"]["hits"]
    return {(hit["_index"], hit["_id"]) for hit in hits}


def run_statuses(client: OpenSearch) -> dict[str, str]:
    asked = {"size": 100, "query": {"term": {"tidegate.kind": "run"}}}
    hits = client.search(index="tidegate-playbook-runs-*", body=asked)["hits"]["hits"]
    return {hit["_id"]: hit["_source"]["status"] for hit in hits}


def written(stack: Deployed) -> set[tuple[str, str]]:
    return set(stack.documents())


def test_stopped_in_the_middle_and_started_again_loses_nothing(node: Node) -> None:
    with deployed(opensearch_url=node.url, ResponseMode="auto") as stack:
        client = connect(node.url)
        stack.before_it()
        assert indexed(client) == written(stack)
        early = len(written(stack))

        node.stop()
        stack.it_happens()
        assert stack.waiting("IndexQueue") > 0
        while_away = {caller: run.status for caller, run in stack.runs().items()}
        # Detection and correlation go on without the index. Whether a lever reaches others can't be known now: a
        # person is asked, except for an end user's block, which reaches nobody else.
        assert while_away.pop(f"user:{story.GREEDY_USER}") is RunStatus.CONTAINED, stack.aws.failures
        assert set(while_away.values()) == {RunStatus.AWAITING_APPROVAL}
        assert while_away.keys() | {f"user:{story.GREEDY_USER}"} == CONTAINED.keys()
        stack.aws.clock.advance(13 * 60)  # hidden messages come back, and go again: it is still away

        node.resume()
        stack.services.response.decide(
            stack.runs()[f"iam-user:{story.PHANTOM}"].approval_id, decision="approved", by="olga"
        )
        stack.aws.deliver()
        stack.aws.clock.advance(13 * 60)
        assert stack.waiting("IndexQueue") == stack.waiting("IndexQueueDeadLetters") == 0
        assert len(written(stack)) > early + 600
        assert indexed(client) == written(stack)
        assert run_statuses(client) == {run.id: run.status.value for run in stack.services.ledger.runs(limit=100)}
        damaged = client.search(index="tidegate-ingest-errors-*")["hits"]["hits"]
        assert ["truncated" in hit["_source"]["tidegate"]["reason"] for hit in damaged] == [True]

        # Every document object delivered once more: what is there stays as it is.
        before = indexed(client), run_statuses(client)
        s3, bucket = stack.aws.client("s3"), stack.aws.outputs["OutboxBucket"]
        for entry in s3.list_objects_v2(Bucket=bucket, Prefix="documents/")["Contents"]:
            body = s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read()
            s3.put_object(Bucket=bucket, Key=entry["Key"], Body=body)
        stack.aws.deliver()
        assert (indexed(client), run_statuses(client)) == before
        client.close()
