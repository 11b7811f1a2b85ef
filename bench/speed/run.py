"""Records a second and core, from gzipped log file to event documents, beside orjson.loads alone.

    .venv/bin/python bench/speed/run.py [--records 60000] [--rounds 7] [--json FILE] [--trail FILE] [--invocations FILE]

Absolute figures move with the machine, so the goal is a ratio: the pipeline against `orjson.loads` of the same
records, each parsed and dropped, already inflated and cut. Both run in the same process, in turns; medians of
CPU time and of each round's ratio. Files are written by this benchmark (invented.py) unless others are given.

`documents` does, for each record: inflate, cut out, decode alone, make the typed record with the identity of
its caller, make the document, write the bulk lines. A damaged record leaves with its reason and its original.
"""

from __future__ import annotations

import argparse
import gzip
import json
import platform
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
import orjson
from invented import invocation_files, short_invocation_files, trail_files

from tidegate.errors import DamagedRecord
from tidegate.index.events import bulk_chunks
from tidegate.model import Record
from tidegate.settings import Settings
from tidegate.sources import read_invocation_file, read_trail_file
from tidegate_local.replay import Replay

type Read = Callable[[bytes, str], Iterator[Record | DamagedRecord]]
_records = msgspec.json.Decoder(dict[str, list[msgspec.Raw]]).decode


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=60_000, help="CloudTrail records; a quarter as many invocations")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", type=Path, help="also write the figures here")
    parser.add_argument("--trail", type=Path, help="measure this CloudTrail file (gzipped or not) as well")
    parser.add_argument("--invocations", type=Path, help="measure this invocation log file as well")
    given = parser.parse_args()

    sets: list[tuple[str, list[bytes], Read]] = [
        ("cloudtrail", trail_files(given.records), read_trail_file),
        ("bedrock_invocation", invocation_files(given.records // 4), read_invocation_file),
        ("bedrock_invocation, short", short_invocation_files(given.records // 4), read_invocation_file),
    ]
    if given.trail:
        sets.append(("cloudtrail, given", [given.trail.read_bytes()], read_trail_file))
    if given.invocations:
        sets.append(("bedrock_invocation, given", [given.invocations.read_bytes()], read_invocation_file))

    report: dict[str, Any] = {"machine": machine(), "sets": {}}
    print(" | ".join(f"{name} {value}" for name, value in report["machine"].items()))
    for name, files, read in sets:
        figures = report["sets"][name] = measured(files, read, given.rounds)
        print(f"\n{name}: {figures['records']:,} records of {figures['bytes_a_record']:,} bytes")
        for what, speed in figures["records_a_second"].items():
            print(f"  {what:<14}{speed:>12,} records/s  {figures['of_orjson_loads'][what]:.2f}")
        print(f"  {'damaged':<14}{figures['damaged']:>12,}")
    if given.json:
        given.json.parent.mkdir(parents=True, exist_ok=True)
        given.json.write_text(json.dumps(report, indent=2) + "\n")
        print(f"\nwritten: {given.json}")


def measured(files: list[bytes], read: Read, rounds: int) -> dict[str, Any]:
    """Records per CPU second of each stage, and the stage's ratio to parsing alone."""
    texts = [gzip.decompress(file) if file[:2] == b"\x1f\x8b" else file for file in files]
    cut = [piece for text in texts for piece in cut_out(text)]
    damaged = sum(isinstance(record, DamagedRecord) for file in files for record in read(file, "bench"))

    def parsed() -> None:
        for piece in cut:
            orjson.loads(piece)

    def records() -> None:
        for number, file in enumerate(files):
            for _ in read(file, f"s3://example-logs/file-{number}.json.gz"):
                pass

    def documents() -> None:
        for number, file in enumerate(files):
            found = read(file, f"s3://example-logs/file-{number}.json.gz")
            for _ in bulk_chunks(record for record in found if not isinstance(record, DamagedRecord)):
                pass

    def replay(folder: Path) -> None:
        with Replay(settings=Settings()) as run:
            for path in sorted(folder.iterdir()):
                run.read(path)
            run.play()

    stages = {"orjson_loads": parsed, "read": records, "documents": documents}
    taken: dict[str, list[float]] = {name: [] for name in stages}
    for turn in range(rounds):
        if sys.stderr.isatty():
            print(f"\r  round {turn + 1} of {rounds} ", end="", file=sys.stderr, flush=True)
        for name, stage in stages.items():
            start = time.process_time()
            stage()
            taken[name].append(time.process_time() - start)
    if sys.stderr.isatty():
        print("\r" + " " * 24 + "\r", end="", file=sys.stderr, flush=True)
    with TemporaryDirectory() as name:
        for number, file in enumerate(files):
            Path(name, f"file-{number:05}.json{'.gz' if file[:2] == b'\x1f\x8b' else ''}").write_bytes(file)
        start = time.process_time()
        replay(Path(name))
        taken["replay"] = [time.process_time() - start]
    base = taken["orjson_loads"]
    ratios = {
        name: statistics.median(one / other for one, other in zip(base, times, strict=False))
        for name, times in taken.items()
    }
    return {
        "records": len(cut),
        "bytes_a_record": round(sum(map(len, cut)) / len(cut)),
        "damaged": damaged,
        "records_a_second": {name: round(len(cut) / statistics.median(times)) for name, times in taken.items()},
        "of_orjson_loads": {name: round(ratio, 3) for name, ratio in ratios.items()},
        "rounds": rounds,
    }


def cut_out(text: bytes) -> list[bytes]:
    if text.lstrip().startswith(b'{"Records"'):
        return [bytes(piece) for piece in _records(text)["Records"]]
    return [line for line in text.split(b"\n") if line.strip()]


def machine() -> dict[str, str]:
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    packages = {name: version(name) for name in ("msgspec", "isal", "orjson")}
    return {"processor": model, "python": platform.python_version(), **packages}


if __name__ == "__main__":
    main()
