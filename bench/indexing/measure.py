"""Documents a second into a real OpenSearch node: our sender beside opensearch-py's helpers, in one run.

    python bench/indexing/measure.py [--documents 20000] [--rounds 3]

Node and client share this machine, so the wall clock mostly measures the node; the client's own CPU time per
document is what a function is billed for. Every round each way writes the same documents into an empty index, in
turns. The helpers get ready-made dictionaries, made outside the clock; our figure includes making documents from
records. OPENSEARCH_URL names another node to use; its `tidegate-*` indices are deleted.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import msgspec
from opensearchpy import OpenSearch, helpers

from tidegate.index import templates
from tidegate.index.client import connect
from tidegate.index.events import bulk_bytes, event_document, index_name
from tidegate.index.sender import Message, Sender
from tidegate.model import ApiCall, Invocation, Principal, Record
from tidegate_local.node import running

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
PEOPLE = 200
ACCOUNT = "111122223333"


class Measured(NamedTuple):
    seconds: float
    cpu_seconds: float


class NothingDamaged:
    def keep(self, note_id: str, original: bytes) -> str:
        raise AssertionError(f"{note_id} was refused: {original[:300]!r}")


def records(count: int) -> list[Record]:
    """Half invocations, half API calls, by a few hundred callers over a day."""
    made: list[Record] = []
    for number in range(count):
        person = number * 7919 % PEOPLE
        principal = Principal(
            kind="AssumedRole",
            arn=f"arn:aws:sts::{ACCOUNT}:assumed-role/chat/s-{person}",
            account=ACCOUNT,
            principal_id=f"AROAEXAMPLE:s-{person}",
            access_key=f"ASIAEXAMPLE{person:05}",
            name="chat",
            session=f"s-{person}",
            role_arn=f"arn:aws:iam::{ACCOUNT}:role/chat",
        )
        common: dict[str, Any] = {
            "id": f"00000000-0000-4000-8000-{number:012}",
            "time": START.timestamp() + number * 86_400 / count,
            "account": ACCOUNT,
            "region": "eu-central-1",
            "principal": principal,
        }
        if number % 2:
            made.append(
                Invocation(
                    **common,
                    operation="Converse",
                    model="eu.anthropic.claude-sonnet-4-20250514-v1:0",
                    caller=f"user:person-{person}",
                    input_tokens=500 + number % 1000,
                    output_tokens=number % 300,
                    stop_reason="end_turn",
                    latency_ms=number % 4000,
                    metadata={"user": f"person-{person}", "feature": "search"},
                    where=f"s3://logs/AWSLogs/{ACCOUNT}/file.json.gz#{number}",
                )
            )
        else:
            made.append(
                ApiCall(
                    **common,
                    service="bedrock",
                    name="GetFoundationModel",
                    caller=f"session:chat/s-{person}",
                    request_id=f"10000000-0000-4000-8000-{number:012}",
                    address=f"198.51.100.{person % 254 + 1}",
                    user_agent="Boto3/1.44.5 md/Botocore#1.44.5 ua/2.1 os/linux lang/python#3.13",
                    read_only=True,
                    parameters=msgspec.Raw(b'{"modelIdentifier":"anthropic.claude-sonnet-4","page":{"size":20}}'),
                    where=f"s3://logs/AWSLogs/{ACCOUNT}/trail.json.gz#{number}",
                )
            )
    return made


def actions(made: list[Record]) -> list[dict[str, Any]]:
    return [
        {
            "_op_type": "create",
            "_index": index_name(record.time),
            "_id": record.id,
            "_source": msgspec.json.decode(msgspec.json.encode(event_document(record))),
        }
        for record in made
    ]


def timed(client: OpenSearch, write: Callable[[], object], expected: int) -> Measured:
    client.indices.delete(index="tidegate-*")
    wall, cpu = time.perf_counter(), time.process_time()
    write()
    measured = Measured(time.perf_counter() - wall, time.process_time() - cpu)
    client.indices.refresh(index="tidegate-*")
    found = client.count(index="tidegate-events-*")["count"]
    assert found == expected, f"{found} of {expected} documents arrived"
    return measured


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--documents", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    made = records(arguments.documents)
    ready_made = actions(made)
    with tempfile.TemporaryDirectory() as folder, running(Path(folder)) as url:
        ours = connect(url)
        plain = OpenSearch(url, timeout=60)  # as their documentation has it: not compressed
        packed = OpenSearch(url, timeout=60, http_compress=True)
        templates.install(ours)
        sender = Sender(ours, damaged=NothingDamaged(), clock=lambda: START)

        def by_sender() -> None:
            documents = b"".join([bulk_bytes(record) for record in made])
            sent = sender.send([Message("1", "bench", documents)], remaining=lambda: 600)
            assert not sent.failed, sent.failed

        def by_streaming() -> None:
            for fine, result in helpers.streaming_bulk(plain, ready_made):
                assert fine, result

        ways: dict[str, Callable[[], object]] = {
            "tidegate sender, from records, gzip 1": by_sender,
            "helpers.bulk, from ready dictionaries": lambda: helpers.bulk(plain, ready_made),
            "helpers.bulk, gzip": lambda: helpers.bulk(packed, ready_made),
            "helpers.streaming_bulk": by_streaming,
        }
        by_sender()  # warms the node up
        results: dict[str, list[Measured]] = {name: [] for name in ways}
        for _ in range(arguments.rounds):
            for name, write in ways.items():
                results[name].append(timed(ours, write, len(made)))
    print(f"{len(made):,} documents, median of {arguments.rounds} rounds, node and client on one machine\n")
    print("| way | documents/s | client CPU, us a document |")
    print("| --- | --- | --- |")
    for name, measurements in results.items():
        speed = len(made) / median(measured.seconds for measured in measurements)
        cpu = median(measured.cpu_seconds for measured in measurements) / len(made) * 1e6
        print(f"| {name} | {speed:,.0f} | {cpu:.1f} |")


if __name__ == "__main__":
    main()
