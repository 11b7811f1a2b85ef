from __future__ import annotations

import gzip
import json
from datetime import timedelta
from typing import Any

import pytest
from response_builders import FAMILIES, Account, an_incident, release, respond, run_playbook, steps_of

from tidegate.actions import Family
from tidegate.actions.deactivate_access_key import statuses_of
from tidegate.errors import ChangedSince, NotProven, Permanent, Refused
from tidegate.model import IncidentStatus, Mode, RunStatus, StepStatus
from tidegate.response.closing import ends_at

POLICY = "TidegateContainment"
MINTED = "revoke_minted_credentials"


def policies(account: Account) -> list[str]:
    return account.clients.iam.list_role_policies(RoleName="app")["PolicyNames"]


def stolen_key(account: Account) -> tuple[str, Any]:
    key = account.clients.iam.create_access_key(UserName="builder")["AccessKey"]["AccessKeyId"]
    names = {"caller": "iam-user:builder", "related": (f"key:{key}",), "playbook": "rotate_credentials"}
    return key, account.has(an_incident(families=("stolen_credentials",), **names))


def test_a_contained_incident_was_proven_and_has_an_end(account: Account) -> None:
    planned = respond(account, account.has(an_incident()))
    run = account.ledger.run(planned["run_id"])
    (receipt,) = account.ledger.receipts(planned["run_id"])
    assert run is not None
    assert (run.status, receipt.status) == (RunStatus.CONTAINED, StepStatus.VERIFIED)
    assert run.expires_at is not None
    schedule = account.clients.scheduler.get_schedule(Name=run.id, GroupName="containments")
    assert schedule["ScheduleExpression"] == f"at({run.expires_at:%Y-%m-%dT%H:%M:%S})"
    assert schedule["ActionAfterCompletion"] == "DELETE"
    assert json.loads(schedule["Target"]["Input"])["run_id"] == run.id
    incident = account.incidents.get("incident-1")
    assert incident is not None
    assert incident.status is IncidentStatus.CONTAINED
    assert receipt.proof is not None
    assert receipt.proof["calls_since"] == {"succeeded": 0, "denied": 3}


def test_release_puts_everything_back_and_holds_the_record(account: Account) -> None:
    planned = respond(account, account.has(an_incident()))
    assert policies(account) == [POLICY]
    release(account, planned["run_id"], by="olga")
    assert policies(account) == []
    run = account.ledger.run(planned["run_id"])
    (receipt,) = account.ledger.receipts(planned["run_id"])
    assert run is not None
    assert (run.status, receipt.status, receipt.undone_by) == (RunStatus.RELEASED, StepStatus.UNDONE, "olga")
    assert account.clients.scheduler.list_schedules(GroupName="containments")["Schedules"] == []


def test_a_stolen_key_is_stopped_replaced_and_stays_so_after_the_release(account: Account) -> None:
    key, incident = stolen_key(account)
    planned = respond(account, incident)
    assert list(steps_of(planned)) == ["deny_iam_user", "deactivate_access_key", MINTED, "replace_access_key"]
    release(account, planned["run_id"], reason="expired", by="tidegate")
    statuses = statuses_of("builder", account.clients)
    assert statuses.pop(key) == "Inactive"
    assert list(statuses.values()) == ["Active"]


def statements(account: Account) -> list[dict[str, Any]]:
    iam = account.clients.iam
    if not iam.list_user_policies(UserName="builder")["PolicyNames"]:
        return []
    found: Any = iam.get_user_policy(UserName="builder", PolicyName=POLICY)["PolicyDocument"]
    return list(found["Statement"])


def test_what_was_made_out_of_a_stolen_key_is_denied_until_it_has_expired_by_itself(account: Account) -> None:
    """36 hours, though the containment ends after one; closing the incident meanwhile lifts nothing."""
    _, incident = stolen_key(account)
    run_id = respond(account, incident)["run_id"]
    plan_ends = account.clock()
    held = account.ledger.run(run_id)
    assert held is not None
    ends = {one.step.action: ends_at(held, one) for one in account.ledger.receipts(run_id)}
    assert ends["deny_iam_user"] == held.expires_at
    assert ends[MINTED] == plan_ends + timedelta(hours=36)
    account.clock.advance(hours=1)
    release(account, run_id, reason="expired", by="tidegate")
    (left,) = statements(account)
    assert left["Condition"]["DateLessThan"]["aws:TokenIssueTime"] > f"{plan_ends:%Y-%m-%dT%H:%M:%SZ}"
    run = account.ledger.run(run_id)
    assert run is not None
    assert (run.status, run.expires_at) == (RunStatus.CONTAINED, plan_ends + timedelta(hours=36))
    (schedule,) = account.clients.scheduler.list_schedules(GroupName="containments")["Schedules"]
    assert schedule["Name"] == run_id
    assert account.response.close_incident(incident.id, reason="the key was rotated").status is IncidentStatus.CLOSED
    account.clock.advance(hours=35, minutes=30)
    assert [run.id for run in account.ledger.expired(account.clock())] == [run_id]
    release(account, run_id, reason="expired", by="tidegate")
    assert statements(account) == []
    over = account.ledger.run(run_id)
    assert over is not None
    assert over.status is RunStatus.RELEASED


def test_while_a_run_is_to_be_undone_its_incident_is_not_closed(account: Account) -> None:
    _, incident = stolen_key(account)
    respond(account, incident)
    with pytest.raises(Refused, match="tidegate undo"):
        account.response.close_incident(incident.id, reason="too early")


def test_no_secret_value_is_in_ledger_outbox_evidence_or_messages(account: Account) -> None:
    _, incident = stolen_key(account)
    respond(account, incident)
    (secret,) = account.clients.secrets.list_secrets()["SecretList"]
    value = json.loads(account.clients.secrets.get_secret_value(SecretId=secret["ARN"])["SecretString"])
    written = json.dumps(account.clients.dynamodb.scan(TableName="ledger")["Items"])
    for bucket in ("outbox", "evidence"):
        for entry in account.clients.s3.list_objects_v2(Bucket=bucket)["Contents"]:
            body = account.clients.s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read()
            written += (gzip.decompress(body) if bucket == "outbox" else body).decode()
    assert value["SecretAccessKey"] not in written
    assert value["AccessKeyId"] in written


def test_observe_changes_nothing(account: Account) -> None:
    watching = account.settled(response_mode=Mode.OBSERVE)
    planned = respond(watching, account.has(an_incident()))
    (step_id,) = steps_of(planned).values()
    for phase in ("snapshot", "apply", "verify"):
        with pytest.raises(Refused):
            watching.response.act(planned["run_id"], step_id, phase, Family.CALLERS)
    with pytest.raises(Refused):
        watching.response.preserve_evidence(planned["run_id"])
    assert watching.response.close("incident-1", 1, "observed").status is RunStatus.OBSERVED
    assert policies(account) == []


def test_a_run_is_contained_only_when_every_step_is_proven(account: Account) -> None:
    account.has(an_incident())
    planned = account.response.plan("incident-1", 1)
    account.response.preserve_evidence(planned["run_id"])
    (step_id,) = steps_of(planned).values()
    for phase in ("snapshot", "apply"):
        account.response.act(planned["run_id"], step_id, phase, Family.CALLERS)
    with pytest.raises(Permanent, match="deny_role_session is applied"):
        account.response.close("incident-1", 1, "contained")


def test_a_function_takes_no_action_of_another_family(account: Account) -> None:
    account.has(an_incident())
    planned = account.response.plan("incident-1", 1)
    account.response.preserve_evidence(planned["run_id"])
    (step_id,) = steps_of(planned).values()
    with pytest.raises(Permanent, match="belongs to callers"):
        account.response.act(planned["run_id"], step_id, "snapshot", Family.MODELS)


def test_a_phase_that_is_done_is_not_taken_again(account: Account) -> None:
    planned = respond(account, account.has(an_incident()))
    assert account.ledger.run(planned["run_id"])
    before = account.ledger.receipts(planned["run_id"])
    account.clients.iam.delete_role_policy(RoleName="app", PolicyName=POLICY)
    run = account.ledger.run(planned["run_id"])
    assert run is not None
    account.ledger.save_run(run.model_copy(update={"status": RunStatus.ACTING}))
    run_playbook(account, planned)
    assert account.ledger.receipts(planned["run_id"]) == before
    assert policies(account) == []


def test_a_statement_lost_to_a_write_at_the_same_moment_is_written_again(account: Account) -> None:
    account.has(an_incident())
    planned = account.response.plan("incident-1", 1)
    account.response.preserve_evidence(planned["run_id"])
    (step_id,) = steps_of(planned).values()
    for phase in ("snapshot", "apply"):
        account.response.act(planned["run_id"], step_id, phase, Family.CALLERS)
    account.clients.iam.delete_role_policy(RoleName="app", PolicyName=POLICY)
    with pytest.raises(NotProven):
        account.response.act(planned["run_id"], step_id, "verify", Family.CALLERS)
    assert account.response.act(planned["run_id"], step_id, "verify", Family.CALLERS).status is StepStatus.VERIFIED


def test_an_undo_that_does_not_hold_is_tried_again(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    planned = respond(account, account.has(an_incident()))
    (step,) = account.response.begin_release(planned["run_id"], "undone")
    step_id, family = step["step_id"], Family(step["family"])
    monkeypatch.setattr(account.clients.iam, "delete_role_policy", lambda **_: None)
    with pytest.raises(NotProven):
        account.response.act(planned["run_id"], step_id, "undo", family)
    monkeypatch.undo()
    assert account.response.act(planned["run_id"], step_id, "undo", family).status is StepStatus.UNDONE
    assert policies(account) == []


def test_what_someone_else_changed_is_left_and_the_release_says_so(account: Account) -> None:
    planned = respond(account, account.has(an_incident()))
    document = account.clients.iam.get_role_policy(RoleName="app", PolicyName=POLICY)["PolicyDocument"]
    edited = json.dumps(document).replace("mallory", "trudy").replace('"iam:Add*", ', "")
    account.clients.iam.put_role_policy(RoleName="app", PolicyName=POLICY, PolicyDocument=edited)
    with pytest.raises(Permanent, match="deny_role_session stands"):
        release(account, planned["run_id"])
    run = account.response.leave_release(planned["run_id"], "undone", "olga")
    (receipt,) = account.ledger.receipts(planned["run_id"])
    assert run.status is RunStatus.FAILED
    assert "someone has edited our statement" in run.error
    assert receipt.status is StepStatus.FAILED
    assert account.ledger.expired(account.clock()) == []


def test_a_failed_step_is_on_record_and_what_was_done_before_it_is_undone(account: Account) -> None:
    key, incident = stolen_key(account)
    planned = account.response.plan(incident.id, 1)
    account.response.preserve_evidence(planned["run_id"])
    deny, stop, _, replace = steps_of(planned).values()
    for phase in ("snapshot", "apply", "verify"):
        account.response.act(planned["run_id"], deny, phase, Family.CALLERS)
        account.response.act(planned["run_id"], stop, phase, Family.CREDENTIALS)
    account.response.act(planned["run_id"], replace, "snapshot", Family.CREDENTIALS)
    account.clients.secrets.create_secret(Name="tidegate/access-keys/builder", SecretString="theirs")
    with pytest.raises(ChangedSince):
        account.response.act(planned["run_id"], replace, "apply", Family.CREDENTIALS)
    release(account, planned["run_id"], reason="failed", by="tidegate")
    run = account.response.close(incident.id, 1, "failed", "States.TaskFailed")
    assert run.status is RunStatus.FAILED
    assert "States.TaskFailed" in run.error
    assert account.clients.iam.list_user_policies(UserName="builder")["PolicyNames"] == []
    assert statuses_of("builder", account.clients) == {key: "Inactive"}


def test_undo_goes_backwards(account: Account) -> None:
    _, incident = stolen_key(account)
    planned = respond(account, incident)
    steps = account.response.begin_release(planned["run_id"], "undone")
    assert [step["step_id"] for step in steps] == list(reversed(steps_of(planned).values()))
    assert [step["family"] for step in steps] == ["credentials", "callers", "credentials", "callers"]


def test_a_run_that_acts_is_not_undone_under_its_feet(account: Account) -> None:
    account.has(an_incident())
    planned = account.response.plan("incident-1", 1)
    account.response.preserve_evidence(planned["run_id"])
    with pytest.raises(Refused, match="is acting"):
        account.response.begin_release(planned["run_id"], "undone")
    assert account.response.leave_release(planned["run_id"], "undone", "olga").status is RunStatus.ACTING
    run_playbook(account, planned)
    assert account.response.close("incident-1", 1, "contained").status is RunStatus.CONTAINED


def test_a_run_that_is_being_undone_changes_nothing_more(account: Account) -> None:
    planned = respond(account, account.has(an_incident()))
    account.response.begin_release(planned["run_id"], "undone")
    for action, step_id in steps_of(planned).items():
        with pytest.raises(Refused, match="undoing"):
            account.response.act(planned["run_id"], step_id, "apply", FAMILIES[action])


def test_the_sweeper_releases_what_its_schedule_forgot(account: Account) -> None:
    planned = respond(account, account.has(an_incident()))
    assert account.response.sweep() == []
    account.clock.advance(minutes=61)
    assert account.response.sweep() == []  # the schedule's own turn
    account.clock.advance(minutes=5)
    assert len(account.response.sweep()) == 1
    release(account, planned["run_id"], reason="expired", by="tidegate")
    assert account.response.sweep() == []


def test_releasing_twice_is_releasing_once(account: Account) -> None:
    planned = respond(account, account.has(an_incident()))
    release(account, planned["run_id"])
    before = account.ledger.run(planned["run_id"])
    account.clock.advance(minutes=1)
    release(account, planned["run_id"], reason="expired", by="tidegate")
    assert account.ledger.run(planned["run_id"]) == before


def test_evidence_lies_there_before_anything_changes_with_its_digests(account: Account) -> None:
    import hashlib

    account.has(an_incident())
    planned = account.response.plan("incident-1", 1)
    reference = account.response.preserve_evidence(planned["run_id"])
    assert account.response.preserve_evidence(planned["run_id"]) == reference
    manifest = read(account, reference)
    assert [part["name"] for part in manifest["parts"]] == ["incident", "plan", "former-state", "events", "prompts"]
    for part in manifest["parts"]:
        assert hashlib.sha256(body(account, part["reference"])).hexdigest() == part["sha256"]
    assert manifest["missing"] == []


def test_evidence_says_that_the_index_has_nothing_of_the_caller_yet(account: Account) -> None:
    account.events.indexed = []
    incident = account.has(an_incident())
    planned = account.response.plan("incident-1", 1)
    manifest = read(account, account.response.preserve_evidence(planned["run_id"]))
    assert manifest["missing"] == [
        f"events: none of {incident.caller} were in the index yet; they are kept again after 15 minutes"
    ]


def test_an_index_that_is_away_holds_up_no_evidence(account: Account) -> None:
    account.has(an_incident())
    planned = account.response.plan("incident-1", 1)
    account.events.away = True
    manifest = read(account, account.response.preserve_evidence(planned["run_id"]))
    assert manifest["missing"] == ["events: the event index did not answer"]


def body(account: Account, reference: str) -> bytes:
    bucket, _, key = reference.removeprefix("s3://").partition("/")
    return account.clients.s3.get_object(Bucket=bucket, Key=key)["Body"].read()


def read(account: Account, reference: str) -> Any:
    return json.loads(body(account, reference))
