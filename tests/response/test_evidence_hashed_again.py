"""Evidence is what it was, or it is said what is not."""

from __future__ import annotations

import pytest
from response_builders import Account, an_incident, respond

from tidegate.errors import Permanent
from tidegate.model import Mode, Run
from tidegate.response.evidence import LATER
from tidegate.response.evidence_proof import contents, verify


@pytest.fixture
def run(account: Account) -> Run:
    """Contained, with evidence in a bucket whose lock lasts 30 days."""
    account.clients.s3.create_bucket(
        Bucket="locked",
        CreateBucketConfiguration={"LocationConstraint": "eu-west-1"},
        ObjectLockEnabledForBucket=True,
    )
    account.clients.s3.put_object_lock_configuration(
        Bucket="locked",
        ObjectLockConfiguration={
            "ObjectLockEnabled": "Enabled",
            "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 30}},
        },
    )
    locking = account.settled(evidence_bucket="locked")
    planned = respond(locking, locking.has(an_incident()))
    found = locking.ledger.run(planned["run_id"])
    assert found is not None
    return found


def problems(account: Account, run: Run) -> dict[str, str]:
    return {part.name: part.problem for part in verify(account.kept_evidence, run, account.clock())}


def test_what_was_kept_is_as_it_was_and_locked(account: Account, run: Run) -> None:
    found = problems(account, run)
    assert set(found) >= {"manifest", "incident", "plan", "former-state", "events"}
    assert set(found.values()) == {""}


def test_a_later_version_is_not_evidence(account: Account, run: Run) -> None:
    key = run.evidence_ref.removeprefix("s3://locked/")
    account.clients.s3.put_object(Bucket="locked", Key=key, Body=b"{}")
    assert set(problems(account, run).values()) == {""}


def test_another_content_is_seen(account: Account, run: Run) -> None:
    part = next(part for part in verify(account.kept_evidence, run, account.clock()) if part.name == "plan")
    key = part.reference.removeprefix("s3://locked/")
    versions = account.clients.s3.list_object_versions(Bucket="locked", Prefix=key)["Versions"]
    account.clients.s3.delete_object(
        Bucket="locked", Key=key, VersionId=versions[0]["VersionId"], BypassGovernanceRetention=True
    )
    assert "gone" in problems(account, run)["plan"]
    account.clients.s3.put_object(Bucket="locked", Key=key, Body=b"{}")
    assert "another content" in problems(account, run)["plan"]


def test_a_bucket_without_a_lock_is_said(account: Account) -> None:
    planned = respond(account, account.has(an_incident()))
    run = account.ledger.run(planned["run_id"])
    assert run is not None
    assert all("not locked" in problem for problem in problems(account, run).values())


def test_evidence_can_be_read(account: Account, run: Run) -> None:
    found = contents(account.kept_evidence, run)
    assert found["incident"]["id"] == run.incident_id
    assert found["manifest"]["run_id"] == run.id


def later(account: Account, run: Run) -> Run:
    """The run as the next look leaves it, when its logs and the index have had their time."""
    account.clock.time += LATER
    account.settled(evidence_bucket="locked").response.check()
    found = account.ledger.run(run.id)
    assert found is not None
    return found


def test_events_that_come_after_the_run_had_to_act_are_kept_beside_the_first(account: Account, run: Run) -> None:
    account.events.indexed = ["event-1", "event-2"]
    completed = later(account, run)
    assert set(problems(account, completed)) == {*problems(account, run), "later-manifest", "later-events",
                                                 "later-prompts"}  # fmt: skip
    assert set(problems(account, completed).values()) == {""}
    found = contents(account.kept_evidence, completed)
    assert [len(found[part]) for part in ("events", "later-events")] == [1, 2]
    assert later(account, run) == completed, "once"


def test_evidence_is_completed_once_the_index_answers(account: Account, run: Run) -> None:
    account.events.away = True
    assert later(account, run).later_evidence_ref == ""
    account.events.away = False
    assert later(account, run).later_evidence_ref


def test_what_stopped_holding_is_completed_as_well(account: Account, run: Run) -> None:
    account.ledger.save_run(run.model_copy(update={"outlived_at": account.clock()}))
    assert later(account, run).later_evidence_ref


def test_a_later_part_that_was_exchanged_is_seen(account: Account, run: Run) -> None:
    completed = later(account, run)
    key = completed.later_evidence_ref.removeprefix("s3://locked/")
    versions = account.clients.s3.list_object_versions(Bucket="locked", Prefix=key)["Versions"]
    account.clients.s3.delete_object(
        Bucket="locked", Key=key, VersionId=versions[0]["VersionId"], BypassGovernanceRetention=True
    )
    assert "gone" in problems(account, completed)["later-manifest"]


def test_a_run_that_never_was_to_act_has_none(account: Account) -> None:
    observed = account.settled(response_mode=Mode.OBSERVE)
    planned = respond(observed, observed.has(an_incident()))
    run = observed.ledger.run(planned["run_id"])
    assert run is not None
    with pytest.raises(Permanent, match="no evidence"):
        verify(account.kept_evidence, run, account.clock())
