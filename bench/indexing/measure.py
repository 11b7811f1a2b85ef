"""Documents a second into a real OpenSearch node: our sender beside opensearch-py's helpers, in one run.

    python bench/indexing/measure.py [--documents 20000] [--rounds 3] [--trouble] [--json FILE]

Node and client share this machine, so the wall clock mostly measures the node; the client's own CPU time per
document is what a function is billed for. Every round each way writes the same documents into an empty index, in
turns. The helpers get ready-made dictionaries, made outside the clock; our figure includes making documents from
records. Bytes on the wire are counted by a proxy in a run of its own, which also makes the node slower by a quarter
of a second a bulk. `--trouble`: also what becomes of queue
and function while the node is slow, throttles or is away (trouble.py). OPENSEARCH_URL names another node to use; its
`tidegate-*` indices are deleted.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from invented_records import START, actions, records
from opensearchpy import OpenSearch, helpers
from trouble import SCENARIOS, play

from tidegate.index import templates
from tidegate.index.client import connect
from tidegate.index.events import bulk_bytes
from tidegate.index.sender import Message, Sender
from tidegate.model import Record
from tidegate_local.node import running
from tidegate_local.node_proxy import Asked, Refusal, in_front_of

OURS = "tidegate sender, from records, gzip 1"
BASELINE = "helpers.bulk, from ready dictionaries"


SLOWER = 0.25  # seconds a bulk


class Measured(NamedTuple):
    seconds: float
    cpu_seconds: float


class NothingDamaged:
    def keep(self, note_id: str, original: bytes) -> str:
        raise AssertionError(f"{note_id} was refused: {original[:300]!r}")


def timed(client: OpenSearch, write: Callable[[], object], expected: int) -> Measured:
    client.indices.delete(index="tidegate-*")
    wall, cpu = time.perf_counter(), time.process_time()
    write()
    measured = Measured(time.perf_counter() - wall, time.process_time() - cpu)
    client.indices.refresh(index="tidegate-*")
    found = client.count(index="tidegate-events-*")["count"]
    assert found == expected, f"{found} of {expected} documents arrived"
    return measured


def ways(url: str, made: list[Record], ready_made: list[dict[str, Any]]) -> dict[str, Callable[[], object]]:
    plain = OpenSearch(url, timeout=60)  # as their documentation has it: not compressed
    packed = OpenSearch(url, timeout=60, http_compress=True)
    sender = Sender(connect(url), damaged=NothingDamaged(), clock=lambda: START)

    def by_sender() -> None:
        documents = b"".join([bulk_bytes(record) for record in made])
        sent = sender.send([Message("1", "bench", documents)], remaining=lambda: 600)
        assert not sent.failed, sent.failed

    def by_streaming(client: OpenSearch) -> Callable[[], None]:
        def write() -> None:
            for fine, result in helpers.streaming_bulk(client, ready_made):
                assert fine, result

        return write

    return {
        OURS: by_sender,
        BASELINE: lambda: helpers.bulk(plain, ready_made),
        "helpers.bulk, gzip": lambda: helpers.bulk(packed, ready_made),
        "helpers.streaming_bulk": by_streaming(plain),
        "helpers.streaming_bulk, gzip": by_streaming(packed),
    }


def speed(url: str, count: int, rounds: int) -> dict[str, Any]:
    made = records(count)
    ready_made = actions(made)
    client = connect(url)
    templates.install(client)
    direct = ways(url, made, ready_made)
    direct[OURS]()  # warms the node up
    results: dict[str, list[Measured]] = {name: [] for name in direct}
    for _ in range(rounds):
        for name, write in direct.items():
            results[name].append(timed(client, write, count))
    wire, slower = {}, {}
    with in_front_of(url) as proxy:
        proxy.before = slow
        for name, write in ways(proxy.url, made, ready_made).items():
            proxy.asked.clear()
            slower[name] = timed(client, write, count).seconds
            bulks = [asked for asked in proxy.asked if asked.is_bulk]
            wire[name] = (len(bulks), sum(one.on_the_wire for one in bulks), sum(len(one.body) for one in bulks))
    seconds = {name: median(one.seconds for one in measured) for name, measured in results.items()}
    return {
        name: {
            "documents_a_second": round(count / seconds[name]),
            "of_helpers_bulk": round(seconds[BASELINE] / seconds[name], 2),
            "documents_a_second_of_a_slow_node": round(count / slower[name]),
            "client_cpu_us": round(median(one.cpu_seconds for one in measured) / count * 1e6, 1),
            "requests": wire[name][0],
            "bytes_on_the_wire": round(wire[name][1] / count),
            "bytes_inflated": round(wire[name][2] / count),
        }
        for name, measured in results.items()
    }


def slow(asked: Asked) -> Refusal | None:
    if asked.is_bulk:
        time.sleep(SLOWER)
    return None


def machine() -> dict[str, Any]:
    model = next(
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    )
    return {
        "processor": model,
        "cores": os.cpu_count(),
        "load_at_the_start": round(os.getloadavg()[0], 1),
        "python": platform.python_version(),
        "opensearch-py": version("opensearch-py"),
    }


def show(report: dict[str, Any]) -> None:
    print(", ".join(f"{name} {value}" for name, value in report["machine"].items()), "\n")
    titles = (
        "way",
        "documents/s",
        "of helpers.bulk",
        "of a slow node",
        "client CPU, us",
        "requests",
        "bytes on the wire",
    )
    print(f"| {' | '.join(titles)} |\n|{' --- |' * len(titles)}")
    for name, one in report["speed"].items():
        print(
            f"| {name} | {one['documents_a_second']:,} | {one['of_helpers_bulk']} "
            f"| {one['documents_a_second_of_a_slow_node']:,} | {one['client_cpu_us']} "
            f"| {one['requests']} | {one['bytes_on_the_wire']:,} |"
        )
    if report["trouble"]:
        print("\n| node | written | most waiting | bulks asked | lost | twice | drained after, min | dead letters |")
        print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for name, one in report["trouble"].items():
        told = (one["written"], one["most_waiting"], one["bulks_in_trouble"], one["lost"], one["twice"])
        print(f"| {name} | {' | '.join(map(str, told))} | {one['drained_after_minutes']} | {one['dead_letters']} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--documents", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--trouble", action="store_true", help="queue and function in front of a node in trouble")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    about = machine()
    with tempfile.TemporaryDirectory() as folder, running(Path(folder), for_long=True) as url:
        about["node"] = connect(url).info()["version"]["number"]
        measured = speed(url, given.documents, given.rounds)
        trouble = {name: play(url, scenario) for name, scenario in SCENARIOS.items()} if given.trouble else {}
    report = {"machine": about, "documents": given.documents, "rounds": given.rounds, "speed": measured}
    report["trouble"] = trouble
    show(report)
    if given.json:
        given.json.parent.mkdir(parents=True, exist_ok=True)
        given.json.write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
