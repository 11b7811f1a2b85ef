"""`tidegate evidence show`: masked; as it was kept only for a reason, which is written down before."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from command_line_builders import Tidegate

from tidegate.errors import Retryable
from tidegate_local import stack as stacks

NOW = datetime(2026, 9, 14, 9, 0, tzinfo=UTC)
TOKEN = "xoxb-10000000-KqWzRtYpLmNbVcXsDfGhJkPo"
KEPT = {
    "s3://evidence/manifest": {"parts": [{"name": "former-state", "reference": "s3://evidence/former"}]},
    "s3://evidence/former": {"environmentVariables": {"DB_PASSWORD": "letters-only", "SLACK": TOKEN, "STAGE": "live"}},
}


class World:
    """Services of a stack with one run that has evidence."""

    def __init__(self) -> None:
        self.records: list[tuple[str, dict[str, Any]]] = []
        self.ledger = self.kept_evidence = self.evidence = self
        self.away = False

    def clock(self) -> datetime:
        return NOW

    def run(self, run_id: str) -> Any:
        return SimpleNamespace(
            id=run_id, evidence_ref="s3://evidence/manifest", later_evidence_ref="", status="contained"
        )

    def read(self, reference: str) -> Any:
        return SimpleNamespace(body=json.dumps(KEPT[reference]).encode())

    def keep(self, key: str, body: bytes) -> str:
        if self.away:
            raise Retryable("the evidence bucket does not answer")
        self.records.append((key, json.loads(body)))
        return key


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    made = World()
    found = SimpleNamespace(services=lambda: made, person=lambda: "arn:aws:iam::111122223333:user/olga")
    monkeypatch.setattr(stacks, "find", lambda _name=None: found)
    return made


def test_it_is_masked_and_nobody_is_written_down(world: World, tidegate: Tidegate) -> None:
    shown = json.loads(tidegate("evidence", "show", "run-1").out)
    assert shown["run-1"]["former-state"]["environmentVariables"] == {
        "DB_PASSWORD": "[withheld]", "SLACK": "[slack_token]", "STAGE": "live",
    }  # fmt: skip
    assert world.records == []


def test_for_a_reason_it_is_as_it_was_kept_and_who_read_it_is_written_down(world: World, tidegate: Tidegate) -> None:
    shown = json.loads(tidegate("evidence", "show", "run-1", "--reason", " case 118 ", "--by", "a.responder").out)
    assert shown["run-1"]["former-state"] == KEPT["s3://evidence/former"]
    ((key, record),) = world.records
    assert key.startswith("evidence-read/2026/09/14/090000-")
    assert record == {
        "run_id": "run-1", "evidence_ref": "s3://evidence/manifest", "by": "a.responder", "reason": "case 118",
        "time": NOW.isoformat(),
    }  # fmt: skip


def test_without_by_the_reader_is_who_aws_says(world: World, tidegate: Tidegate) -> None:
    assert tidegate("evidence", "show", "run-1", "--reason", "case 118").code == 0
    assert world.records[0][1]["by"].endswith("user/olga")


def test_no_reason_is_no_reason(world: World, tidegate: Tidegate) -> None:
    ran = tidegate("evidence", "show", "run-1", "--reason", "  ")
    assert ran.code == 2
    assert TOKEN not in ran.out
    assert world.records == []


def test_what_cannot_be_written_down_is_not_shown(world: World, tidegate: Tidegate) -> None:
    world.away = True
    ran = tidegate("evidence", "show", "run-1", "--reason", "case 118")
    assert ran.code == 1
    assert TOKEN not in ran.out + ran.problems
