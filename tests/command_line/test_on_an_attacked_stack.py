"""What responders run, on a stack under attack that is found by its name, as a deployed one is: from the first look
to the report. One account for all, beside a real OpenSearch node; the tests follow each other.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from command_line_builders import Ran, Tidegate
from opensearch_node import to_itself

from tidegate.aws.objects import S3Evidence
from tidegate.console.console import Console, Person, Request
from tidegate.errors import Retryable
from tidegate_local.account_state import account_state
from tidegate_local.attacked_stack import ADDRESS, PASTED, SECRET, Attacked, attacked
from tidegate_local.command_line import serving
from tidegate_local.stack import OPERATOR_KEYS

pytestmark = [pytest.mark.end_to_end, pytest.mark.opensearch]
STACK = "tidegate-in-production"
EMPTY = {"AWSTemplateFormatVersion": "2010-09-09", "Resources": {"Nothing": {"Type": "AWS::SNS::Topic"}}}


@pytest.fixture(scope="module")
def scene(opensearch_url: str, _opensearch_lock: Path) -> Iterator[Attacked]:
    with (
        to_itself(opensearch_url, _opensearch_lock),
        pytest.MonkeyPatch.context() as environment,
        attacked(opensearch_url, datetime.now(UTC) - timedelta(minutes=20)) as found,
    ):
        outputs = {name: {"Value": value} for name, value in found.aws.outputs.items()}
        found.aws.client("cloudformation").create_stack(
            StackName=STACK, TemplateBody=json.dumps(EMPTY | {"Outputs": outputs})
        )
        for name, value in zip(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), OPERATOR_KEYS, strict=True):
            environment.setenv(name, value)
        yield found


def answer(ran: Ran) -> Any:
    assert ran.code == 0, ran.problems
    return json.loads(ran.out)


def kept(scene: Attacked, prefix: str) -> list[dict[str, Any]]:
    """Versions of the evidence bucket's objects under a prefix."""
    bucket = scene.aws.outputs["EvidenceBucket"]
    return list(scene.aws.client("s3").list_object_versions(Bucket=bucket, Prefix=prefix).get("Versions", ()))


def test_incidents_and_what_waits_are_listed(scene: Attacked, tidegate: Tidegate) -> None:
    (one,) = [one for one in answer(tidegate("incidents", "--stack", STACK, "--json")) if one["id"] == scene.incident]
    assert one["run"]["status"] == "awaiting_approval"
    assert f"tidegate approve {scene.incident}" in tidegate("incidents", "--stack", STACK, "--all").out


def test_an_incident_is_explained_with_its_exact_change(scene: Attacked, tidegate: Tidegate) -> None:
    told = answer(tidegate("explain", scene.incident, "--stack", STACK, "--json"))
    assert told["findings"][0]["detector"] == "session_credentials_stolen"
    shown = tidegate("explain", scene.run, "--stack", STACK).out
    assert "- Active" in shown
    assert "+ Inactive" in shown


def test_a_saved_query_is_asked_with_its_parameters(scene: Attacked, tidegate: Tidegate) -> None:
    asked = ("events_of_name", f"account={scene.aws.account}", "name=iam-user:model-evaluation")
    found = answer(tidegate("search", *asked, "--stack", STACK, "--json"))
    assert scene.event in {hit["_source"]["metadata"]["uid"] for hit in found["hits"]["hits"]}
    shown = tidegate("search", *asked, "--stack", STACK).out
    assert "api.operation" in shown
    assert "class_uid" not in shown


def test_a_prompt_is_shown_masked(scene: Attacked, tidegate: Tidegate) -> None:
    ran = tidegate("prompt", scene.event, "--stack", STACK)
    assert ran.code == 0
    assert "[aws_access_key]" in ran.out
    assert SECRET not in ran.out
    assert ADDRESS not in ran.out
    assert kept(scene, "prompts-read/") == []


def test_the_original_is_shown_for_a_reason_that_is_written_down_before(
    scene: Attacked, tidegate: Tidegate, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ("--reason", "case 118: what was asked", "--by", "a.responder")
    shown = answer(tidegate("prompt", scene.event, *asked, "--stack", STACK, "--json"))
    assert shown["prompt"].endswith(PASTED)

    (noted,) = kept(scene, "prompts-read/")
    s3, bucket = scene.aws.client("s3"), scene.aws.outputs["EvidenceBucket"]
    record = json.loads(s3.get_object(Bucket=bucket, Key=noted["Key"])["Body"].read())
    assert (record["by"], record["reason"], record["event_uid"]) == ("a.responder", asked[1], scene.event)
    assert SECRET not in json.dumps(record)


def test_what_cannot_be_written_down_is_not_shown(
    scene: Attacked, tidegate: Tidegate, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(*_given: Any, **_named: Any) -> str:
        raise Retryable("the evidence bucket does not answer")

    monkeypatch.setattr(S3Evidence, "keep", refuses)
    ran = tidegate("prompt", scene.event, "--reason", "to know", "--by", "a.responder", "--stack", STACK)
    assert ran.code == 1
    assert "does not answer" in ran.problems
    assert SECRET not in ran.out + ran.problems


@pytest.mark.parametrize("reason", ["", "  "])
def test_no_reason_is_no_reason(scene: Attacked, tidegate: Tidegate, reason: str) -> None:
    ran = tidegate("prompt", scene.event, "--reason", reason, "--stack", STACK)
    assert ran.code == 2
    assert "--reason is empty" in ran.problems
    assert SECRET not in ran.out


def test_a_prompt_that_is_not_there_is_said(scene: Attacked, tidegate: Tidegate) -> None:
    ran = tidegate("prompt", "no-such-event", "--stack", STACK)
    assert ran.code == 1
    assert "no-such-event" in ran.problems


def test_the_originals_lie_under_the_stacks_key_and_a_lock(scene: Attacked) -> None:
    s3, bucket = scene.aws.client("s3"), scene.aws.outputs["EvidenceBucket"]
    originals = [one for one in kept(scene, "prompts/") if SECRET in _text(s3, bucket, one["Key"])]
    assert originals
    rules = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    key = rules[0]["ApplyServerSideEncryptionByDefault"]
    assert key["SSEAlgorithm"] == "aws:kms"
    assert key["KMSMasterKeyID"]
    lock = s3.get_object_lock_configuration(Bucket=bucket)["ObjectLockConfiguration"]
    assert lock["Rule"]["DefaultRetention"]["Days"] > 0


def _text(s3: Any, bucket: str, key: str) -> str:
    return gzip.decompress(s3.get_object(Bucket=bucket, Key=key)["Body"].read()).decode()


def test_a_run_that_acted_keeps_evidence_that_proves_itself(scene: Attacked, tidegate: Tidegate) -> None:
    nothing = tidegate("evidence", "verify", scene.incident, "--stack", STACK)
    assert nothing.code == 1
    assert "no evidence" in nothing.problems

    assert answer(tidegate("approve", scene.incident, "--by", "a.responder", "--stack", STACK, "--json"))
    scene.a_minute_passes()

    parts = answer(tidegate("evidence", "verify", scene.incident, "--stack", STACK, "--json"))
    assert {part["name"] for part in parts} >= {"manifest", "incident", "plan", "former-state", "events", "prompts"}
    assert {part["problem"] for part in parts} == {""}


def test_evidence_names_where_prompts_lie_and_holds_none(scene: Attacked, tidegate: Tidegate) -> None:
    shown = answer(tidegate("evidence", "show", scene.run, "--stack", STACK))
    assert shown[scene.run]["incident"]["id"] == scene.incident
    assert SECRET not in json.dumps(shown)
    assert ADDRESS not in json.dumps(shown)


def test_the_secret_is_in_no_document_object_table_page_or_message(scene: Attacked) -> None:
    hits = scene.index.search(index="tidegate-*", body={"size": 1000, "query": {"match_all": {}}})["hits"]["hits"]
    s3 = scene.aws.client("s3")
    outbox = [
        _text(s3, scene.aws.outputs["OutboxBucket"], one["Key"])
        for one in s3.list_objects_v2(Bucket=scene.aws.outputs["OutboxBucket"], Prefix="documents/")["Contents"]
    ]
    console = Console(scene.stack.services(), lambda _what, _ids: None)
    paths = ("/", "/approvals", "/contained", f"/incidents/{scene.incident}")
    pages = [console.answer(Request("GET", path, Person("olga"))).body for path in paths]
    tables = {name: table for name, table in scene.aws.outputs.items() if name.endswith("Table")}
    written = [json.dumps(hits), *outbox, *pages, json.dumps(account_state(scene.aws, tables=tables), default=str)]
    assert len(hits) > 8
    assert [text[:200] for text in written if SECRET in text or ADDRESS in text] == []


def test_evidence_that_was_exchanged_or_deleted_is_named(scene: Attacked, tidegate: Tidegate) -> None:
    s3, bucket = scene.aws.client("s3"), scene.aws.outputs["EvidenceBucket"]
    (plan,) = kept(scene, f"evidence/{scene.incident}/{scene.run}/plan-")
    original = s3.get_object(Bucket=bucket, Key=plan["Key"])["Body"].read()

    def delete(version: str) -> None:
        s3.delete_object(Bucket=bucket, Key=plan["Key"], VersionId=version, BypassGovernanceRetention=True)

    with pytest.raises(s3.exceptions.ClientError, match="AccessDenied"):  # Object Lock
        s3.delete_object(Bucket=bucket, Key=plan["Key"], VersionId=plan["VersionId"])

    delete(plan["VersionId"])
    missing = tidegate("evidence", "verify", scene.run, "--stack", STACK)
    assert missing.code == 1
    assert "plan of" in missing.problems
    assert "gone" in missing.problems

    put = s3.put_object(Bucket=bucket, Key=plan["Key"], Body=original.replace(b"deny_iam_user", b"deny_nobody__"))
    exchanged = tidegate("evidence", "verify", scene.run, "--stack", STACK)
    assert exchanged.code == 1
    assert "another content" in exchanged.problems

    delete(put["VersionId"])
    s3.put_object(Bucket=bucket, Key=plan["Key"], Body=original)
    assert tidegate("evidence", "verify", scene.run, "--stack", STACK).code == 0


def test_what_is_contained_and_what_happened_are_told(scene: Attacked, tidegate: Tidegate) -> None:
    standing = answer(tidegate("contained", "--stack", STACK, "--json"))
    assert {row["approved_by"] for row in standing} == {"a.responder"}
    told = [moment["what"] for moment in answer(tidegate("timeline", scene.incident, "--stack", STACK, "--json"))]
    assert "approved by a.responder" in told
    assert any("InvokeModel" in what for what in told)


def test_the_responders_page_is_served_and_ended(
    scene: Attacked, tidegate: Tidegate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(serving, "time", SimpleNamespace(sleep=interrupted))
    where = ("--port", 0, "--audit", tmp_path / "audit.jsonl")
    ran = tidegate("serve", "--stack", STACK, *where, "--by", "olga", "--read-only")
    assert ran.code == 0
    assert f"The responder's page of {STACK}, for olga" in ran.out
    assert ran.out.rstrip().endswith("ended")


def test_reports_stand_alone_and_hold_no_secret(scene: Attacked, tidegate: Tidegate, tmp_path: Path) -> None:
    written = answer(tidegate("report", scene.incident, "--out", tmp_path, "--stack", STACK, "--json"))
    assert written["incidents"] == [scene.incident]
    for path in map(Path, written["files"]):
        assert SECRET not in path.read_text("utf-8")
    assert tidegate("report", "--all", "--out", tmp_path / "all", "--stack", STACK).code == 0
    assert (tmp_path / "all" / f"{scene.incident}.html").exists()


def test_every_run_of_an_incident_is_undone_and_the_incident_closed(scene: Attacked, tidegate: Tidegate) -> None:
    who = ("--by", "a.responder", "--stack", STACK)
    (undone,) = answer(tidegate("undo", "--incident", scene.incident, *who, "--json"))
    assert undone["run"]["status"] == "released"
    reason = ("--reason", "a key left in a notebook")
    closed = answer(tidegate("close", scene.incident, *reason, "--stack", STACK, "--json"))
    assert closed["closed_reason"] == "a key left in a notebook"


def test_the_index_is_brought_up_to_date_and_says_what_it_holds(scene: Attacked, tidegate: Tidegate) -> None:
    assert answer(tidegate("index", "install", "--stack", STACK, "--json"))["templates"] > 0
    assert "templates put" in tidegate("index", "upgrade", "--stack", STACK).out
    assert answer(tidegate("index", "upgrade", "--stack", STACK, "--json"))["templates"] > 0
    states = answer(tidegate("index", "status", "--stack", STACK, "--json"))
    assert {one["kind"] for one in states} >= {"events", "findings", "incidents", "prompts"}
    assert all(one["current"] for one in states)


def test_no_document_was_refused(scene: Attacked, tidegate: Tidegate) -> None:
    replayed = answer(tidegate("index", "replay-errors", "--since", "now-1d", "--stack", STACK, "--json"))
    assert replayed["found"] == 0


def test_the_doctor_finds_the_stack_by_its_name(scene: Attacked, tidegate: Tidegate) -> None:
    ran = tidegate("doctor", "--only", "alive", "--stack", STACK, "--json")
    found = {one["check"]: one["state"] for one in json.loads(ran.out)}
    assert found["index"] == "ok"
    assert found["dead_letters"] == "ok"


def test_a_stack_that_is_not_there_is_named(scene: Attacked, tidegate: Tidegate) -> None:
    ran = tidegate("incidents", "--stack", "no-such-stack")
    assert ran.code == 2
    assert "no-such-stack" in ran.problems
