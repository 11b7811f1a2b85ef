"""The story of one morning in mode auto: every incident found, contained and proven, by the roles of the template."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from deployed_account import CUT_OFF, QUEUES, START, Deployed, deployed, logical_id

from tidegate.model import IncidentStatus, Mode, RunStatus, Severity, StepStatus
from tidegate_local import story
from tidegate_local.account_state import differences
from tidegate_local.report import Moment

pytestmark = pytest.mark.end_to_end

SWAPPER = f"session:{story.CONTRACTOR.name}/{story.CONTRACTOR.session}"
# What a responder would want to be told of this morning, and nothing else:
# caller -> detectors at least, severity at least, playbook of the latest response
EXPECTED: dict[str, tuple[set[str], Severity, str | None]] = {
    f"iam-user:{story.EVALUATOR.name}": (
        {"model_access_unlocked", "llmjacking", "session_credentials_stolen"},
        Severity.HIGH,
        "rotate_credentials",
    ),
    f"user:{story.GREEDY_USER}": ({"quota_abuse"}, Severity.MEDIUM, "throttle_caller"),
    f"session:{story.ADMIN.name}/{story.ADMIN.session}": ({"guardrail_weakened"}, Severity.HIGH, None),
    f"session:{story.CONTRACTOR.name}/{story.CONTRACTOR.session}": (
        {"model_swapped"},
        Severity.HIGH,
        "roll_back_model",
    ),
    f"iam-user:{story.PHANTOM}": ({"phantom_user_pivot"}, Severity.HIGH, "rotate_credentials"),
}


@dataclass
class Played:
    stack: Deployed
    before: dict[str, Any]
    moments: list[Moment] = field(default_factory=list)


@pytest.fixture(scope="module")
def morning() -> Iterator[Played]:
    with deployed(ResponseMode="auto") as stack:
        stack.morning.prepare()
        played = Played(stack, stack.state())
        stack.morning.tell = played.moments.append
        stack.morning.play(START)
        stack.aws.clock.advance(2 * 3600)  # every containment's hour is over
        stack.morning.look()
        yield played


def test_every_incident_of_the_story_is_found_and_no_other(morning: Played) -> None:
    incidents = morning.stack.incidents()
    assert incidents.keys() == EXPECTED.keys()
    for caller, (detectors, severity, _) in EXPECTED.items():
        assert detectors <= set(incidents[caller].detectors), caller
        assert incidents[caller].severity.rank >= severity.rank, caller


def test_each_was_contained_by_its_playbook_and_every_step_proven(morning: Played) -> None:
    runs = morning.stack.runs()
    assert {caller: run.playbook for caller, run in runs.items()} == {
        caller: playbook for caller, (_, _, playbook) in EXPECTED.items() if playbook
    }
    for run in morning.stack.services.ledger.runs():
        if run.status is RunStatus.NOT_NEEDED:  # a later look at the thief: all that can be held is held
            continue
        assert (run.mode, run.error) == (Mode.AUTO, "")
        assert run.contained_at is not None
        assert run.evidence_ref
        receipts = morning.stack.receipts(run)
        assert receipts
        assert all(receipt.applied_at and receipt.verified_at and receipt.proof for receipt in receipts)


def test_the_thief_could_do_no_more(morning: Played) -> None:
    """In the story it stops when the account refuses it: only its refused calls are logged after that.

    Its first steps give it away: it is contained minutes after it unlocked the model, long before quotas notice.
    """
    hammered = [
        document
        for (index, _), document in morning.stack.documents().items()
        if index.startswith("tidegate-events") and story.LARGE in json.dumps(document)
    ]
    contained = morning.stack.runs()[f"iam-user:{story.EVALUATOR.name}"].contained_at
    assert contained is not None
    late = [document["status"] for document in hammered if document["time"] > contained.timestamp() * 1000]
    assert hammered
    assert set(late) == {"Failure"}


def test_what_has_its_time_is_released_by_itself_and_a_rollback_stands(morning: Played) -> None:
    ends = {caller: run.status for caller, run in morning.stack.runs().items()}
    held = {SWAPPER, f"iam-user:{story.EVALUATOR.name}", f"iam-user:{story.PHANTOM}"}  # the keys' for 36 hours
    assert {ends.pop(caller) for caller in held} == {RunStatus.CONTAINED}
    assert set(ends.values()) == {RunStatus.RELEASED}
    for run in morning.stack.services.ledger.runs():
        if run.status is RunStatus.RELEASED:
            assert {receipt.status for receipt in morning.stack.receipts(run)} == {StepStatus.UNDONE}
    assert morning.stack.incidents()[f"user:{story.GREEDY_USER}"].status is IncidentStatus.RECOVERED


def test_afterwards_only_stolen_keys_differ(morning: Played) -> None:
    """Everything is as it was, but the keys that thieves had: inactive, and one replaced. What was made out of them is
    still denied."""
    changed = [line.partition(":")[0] for line in differences(morning.before, morning.stack.state())]
    (new_key,) = {
        key
        for key in morning.stack.state()["iam_users"][story.EVALUATOR.name]["access_keys"]
        if key != story.EVALUATOR.access_key
    }
    assert sorted(changed) == sorted(
        [
            f"iam_users.{story.EVALUATOR.name}.access_keys.{story.EVALUATOR.access_key}",
            f"iam_users.{story.EVALUATOR.name}.access_keys.{new_key}",
            f"iam_users.{story.EVALUATOR.name}.inline.TidegateContainment",
            f"iam_users.{story.PHANTOM}.access_keys.{story.GHOST.access_key}",
            f"iam_users.{story.PHANTOM}.inline.TidegateContainment",
            f"secrets.tidegate/access-keys/{story.EVALUATOR.name}",
        ]
    )


def test_no_call_was_refused_and_nothing_failed_or_was_lost(morning: Played) -> None:
    assert [call for call in morning.stack.aws.calls if not call.allowed] == []
    assert morning.stack.aws.failures == []
    assert {name: morning.stack.waiting(f"{name}DeadLetters") for name in QUEUES} == dict.fromkeys(QUEUES, 0)
    assert {name: morning.stack.waiting(name) for name in QUEUES} == dict.fromkeys(QUEUES, 0)


def test_only_functions_that_may_changed_the_account(morning: Played) -> None:
    """Who wrote outside Tidegate's own stores: the three families of actions, each its own kind of thing."""
    reads = ("Get", "List", "Describe")
    wrote: dict[str, set[str]] = {}
    for call in morning.stack.aws.calls:
        service, _, name = call.action.partition(":")
        if service in ("iam", "secretsmanager", "bedrock") and not name.startswith(reads) and name != "PassRole":
            wrote.setdefault(logical_id(call.role), set()).add(service)
    assert wrote == {
        "ActOnCallers": {"iam"},
        "ActOnCredentials": {"iam", "secretsmanager"},
        "ActOnModels": {"bedrock"},
        "ActOnProtections": {"bedrock"},
    }


def test_each_state_machine_calls_functions_under_its_own_role(morning: Played) -> None:
    called: dict[str, set[str]] = {}
    for call in morning.stack.aws.calls:
        if call.action == "lambda:InvokeFunction":
            called.setdefault(logical_id(call.role), set()).add(logical_id(call.resource))
    machines = {role: functions for role, functions in called.items() if not role.endswith(".amazonaws.com")}
    frame = {"PlanResponse", "PreserveEvidence", "CloseRun"}
    actors = {"ActOnCallers", "ActOnCredentials", "ActOnModels"}
    assert machines == {
        "Respond": frame,
        "ThrottleCaller": {"ActOnCallers"},
        "RotateCredentials": {"ActOnCallers", "ActOnCredentials"},
        "RollBackModel": {"ActOnModels"},
        "RestoreGuardrails": {"ActOnProtections"},
        "Release": {"CloseRun", *actors} - {"ActOnModels"},  # nobody undid the rollback
    }


def test_a_cut_off_line_is_kept_with_its_reason_and_the_rest_of_its_file_counts(morning: Played) -> None:
    documents = morning.stack.documents()
    ((note_id, note),) = [(where[1], one) for where, one in documents.items() if where[0].startswith("tidegate-ingest")]
    assert "truncated" in note["tidegate"]["reason"]
    bucket, _, key = note["tidegate"]["original_ref"].removeprefix("s3://").partition("/")
    original = morning.stack.aws.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    assert original == CUT_OFF
    assert note_id in key
    bucket, _, place = note["tidegate"]["where"].removeprefix("s3://").partition("/")
    file, _, line = place.partition("#")
    lines = gzip.decompress(morning.stack.aws.client("s3").get_object(Bucket=bucket, Key=file)["Body"].read()).split(
        b"\n"
    )
    assert lines[int(line) - 1] == CUT_OFF
    ids = {json.loads(one)["requestId"] for one in lines if one and one != CUT_OFF}
    assert len(ids) > 30
    assert ids <= {document_id for (index, document_id) in documents if index.startswith("tidegate-events")}
