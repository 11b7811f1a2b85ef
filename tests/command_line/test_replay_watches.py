"""A replay looks for what is missing as its event time goes by, and not beyond the end of its logs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tidegate.model import Finding
from tidegate.settings import Settings
from tidegate_local import story
from tidegate_local.native_records import api_call, converse
from tidegate_local.replay import Replay

START = datetime(2026, 9, 14, 6, tzinfo=UTC)


def _day(hours: int, *, logged: int) -> Iterator[tuple[str, dict]]:
    """A call every ten minutes, and of the first `logged` hours the log as well."""
    for n in range(hours * 6):
        at = START + timedelta(minutes=10 * n)
        record = converse(at, story.PAPERS, story.SMALL, f"Document {n}.", "Done.", tokens=(300, 20))
        call = api_call(at, story.PAPERS, "bedrock", "Converse", parameters={"modelId": story.SMALL}, read_only=True)
        yield "trail", {**call, "requestID": record["requestId"]}
        if n < logged * 6:
            yield "log", record


def _replayed(folder: Path, records: Iterator[tuple[str, dict]]) -> list[Finding]:
    lines: dict[str, list[str]] = {"trail": [], "log": []}
    for kind, record in records:
        lines[kind].append(json.dumps(record))
    with Replay(settings=Settings()) as replay:
        for kind, some in lines.items():
            file = folder / f"{kind}.jsonl"
            file.write_text("\n".join(some) + "\n")
            replay.read(file)
        found = replay.play().findings
    return [finding for finding in found if finding.detector == "telemetry_gap"]


def test_calls_that_are_all_logged_leave_no_gap(tmp_path: Path):
    assert _replayed(tmp_path, _day(6, logged=6)) == []


def test_a_log_that_ends_is_a_gap_once_it_had_its_time(tmp_path: Path):
    found = _replayed(tmp_path, _day(8, logged=4))

    assert found
    assert min(finding.first_seen for finding in found) == START + timedelta(hours=4)
    latest = START + timedelta(hours=8)
    assert all(finding.time + timedelta(minutes=90) <= latest for finding in found)


def test_what_the_log_could_still_bring_is_not_missed(tmp_path: Path):
    assert _replayed(tmp_path, _day(5, logged=4)) == []
