"""list, explain, approve and undo against an embedded account over loopback, as from another terminal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from command_line_builders import Tidegate

from tidegate.model import Finding, Severity
from tidegate_local import stack
from tidegate_local.account_seed import Seed
from tidegate_local.acting import template_path
from tidegate_local.clock import RunClock
from tidegate_local.embedded import Embedded
from tidegate_local.named_in_logs import Named

pytestmark = pytest.mark.end_to_end

KEY = "AKIATIDEEVALUATOR001"


@pytest.fixture
def held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Embedded]:
    """In mode approve, with one stolen key reported."""
    state_file = tmp_path / "embedded.json"
    monkeypatch.setattr(stack.find, "__kwdefaults__", {"state_file": state_file})
    monkeypatch.setenv("AWS_ENDPOINT_URL", "")
    now = datetime.now(UTC)
    with Embedded(
        template_path(), {"ResponseMode": "approve"}, clock=RunClock(now), endpoint=True, state_file=state_file
    ) as aws:
        Seed(aws, Named(users={"evaluator": "AIDATIDEEVALUATOR001"}, keys={KEY: "evaluator"})).grow()
        stack.find(None, state_file=state_file).services().findings.send([a_finding(now)])
        aws.deliver()
        yield aws


def a_finding(now: datetime) -> Finding:
    return Finding(
        id="finding-1",
        detector="session_credentials_stolen",
        family="stolen_credentials",
        severity=Severity.HIGH,
        score=80,
        title="The key was used from a malicious address",
        time=now,
        first_seen=now,
        caller="iam-user:evaluator",
        related=(f"key:{KEY}",),
        account="111122223333",
        region="us-east-1",
        event_ids=("event-1",),
        playbook="rotate_credentials",
    )


def key_status(aws: Embedded) -> str:
    keys = aws.client("iam").list_access_keys(UserName="evaluator")["AccessKeyMetadata"]
    return next(key["Status"] for key in keys if key["AccessKeyId"] == KEY)


def test_a_plan_is_listed_explained_approved_and_undone(held: Embedded, tidegate: Tidegate) -> None:
    (listed,) = json.loads(tidegate("list", "--json").out)
    assert listed["run"]["status"] == "awaiting_approval"

    explained = tidegate("explain", listed["id"])
    assert "deactivate_access_key" in explained.out
    assert f"tidegate approve {listed['run']['approval_id']}" in explained.out

    assert tidegate("approve", listed["id"], "--by", "a.responder").code == 0
    held.deliver()
    assert key_status(held) == "Inactive"
    again = tidegate("approve", listed["run"]["approval_id"], "--by", "a.responder")
    assert (again.code, "approved already" in again.out, "contained" in again.out) == (0, True, True)
    other = tidegate("approve", listed["run"]["approval_id"], "--decline", "--by", "a.responder")
    assert (other.code, "approved" in other.problems) == (1, True)

    stands = json.loads(tidegate("contained", "--json").out)
    assert {row["action"] for row in stands} >= {"deactivate_access_key", "deny_iam_user"}
    assert {row["approved_by"] for row in stands} == {"a.responder"}
    assert "tidegate undo run-" in tidegate("contained").out

    refused = tidegate("close", listed["id"], "--reason", "a test")
    assert refused.code == 1
    assert "tidegate undo" in refused.problems

    assert tidegate("undo", listed["id"], "--by", "a.responder", "--json").code == 0
    assert held.client("iam").list_user_policies(UserName="evaluator")["PolicyNames"] == []
    assert key_status(held) == "Inactive"  # stolen: it is replaced, never re-activated

    assert tidegate("contained").out.strip() == "Nothing is contained."
    told = [moment["what"] for moment in json.loads(tidegate("timeline", listed["id"], "--json").out)]
    story = [
        "rotate_credentials planned, mode approve",
        "approved by a.responder",
        f"deactivate_access_key on access_key:{KEY} applied",
        "rotate_credentials released",
    ]
    assert set(told) >= set(story)  # in what order: tests/command_line/test_timeline_order.py, on one clock

    closed = json.loads(tidegate("close", listed["id"], "--reason", "an exercise", "--json").out)
    assert (closed["status"], closed["closed_reason"]) == ("closed", "an exercise")
    assert json.loads(tidegate("list", "--json").out) == []


def test_a_declined_plan_changes_nothing(held: Embedded, tidegate: Tidegate) -> None:
    (listed,) = json.loads(tidegate("list", "--json").out)

    assert tidegate("approve", listed["run"]["approval_id"], "--decline", "--by", "a.responder").code == 0
    held.deliver()

    assert key_status(held) == "Active"
    assert tidegate("undo", listed["id"]).code == 1


def test_a_search_needs_an_index(held: Embedded, tidegate: Tidegate) -> None:
    ran = tidegate("search", "open_incidents")

    assert ran.code == 1
    assert "no index" in ran.problems


def test_what_is_not_there_is_named(held: Embedded, tidegate: Tidegate) -> None:
    ran = tidegate("explain", "inc-unknown")

    assert ran.code == 1
    assert "inc-unknown" in ran.problems
