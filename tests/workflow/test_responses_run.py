"""The real state machines, functions and roles of the template, on the embedded runtime."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from agent_builders import ATTACKERS, Alias
from quiet_hours import without_probes

from tidegate.model import RunStatus, StepStatus
from tidegate.sources.cloudtrail import api_call as read_call
from tidegate_local.account_state import account_state, differences
from tidegate_local.memory import MemoryEventIndex
from tidegate_local.native_records import Identity, api_call

pytestmark = pytest.mark.end_to_end

Deploy = Callable[..., Any]


def test_auto_contains_proves_and_releases_at_the_end_of_its_time(deploy: Deploy) -> None:
    stack = deploy(ResponseMode="auto")
    run = stack.respond()
    assert run.status is RunStatus.CONTAINED, (run.error, stack.aws.failures)
    assert stack.policies() == ["TidegateContainment"]
    assert [receipt.status for receipt in stack.receipts()] == [StepStatus.VERIFIED]
    stack.aws.clock.advance(3601)
    stack.aws.deliver()
    assert stack.run().status is RunStatus.RELEASED, stack.aws.failures
    assert stack.policies() == []
    assert (
        stack.executions("Respond")
        == stack.executions("ThrottleCaller")
        == stack.executions("Release")
        == ["SUCCEEDED"]
    )


def test_auto_asks_a_person_where_nobody_can_count_whom_it_would_hit(deploy: Deploy) -> None:
    stack = deploy(ResponseMode="auto", events=None)
    run = stack.respond()
    assert run.status is RunStatus.AWAITING_APPROVAL, (run.error, stack.aws.failures)
    assert "how many others deny_role_session would reach is unknown" in run.plan.mode_reason
    assert stack.policies() == []


def test_observe_records_the_plan_and_changes_nothing(deploy: Deploy) -> None:
    stack = deploy(ResponseMode="observe")
    before = account_state(stack.aws)
    run = stack.respond()
    assert differences(before, account_state(stack.aws)) == []
    assert run.status is RunStatus.OBSERVED, (run.error, stack.aws.failures)
    assert run.plan.steps[0].difference
    assert stack.executions("ThrottleCaller") == []


def test_approve_waits_for_a_person_and_then_acts(deploy: Deploy) -> None:
    stack = deploy(ResponseMode="approve")
    run = stack.respond()
    assert run.status is RunStatus.AWAITING_APPROVAL, (run.error, stack.aws.failures)
    assert stack.policies() == []
    stack.services.response.decide(run.approval_id, decision="approved", by="olga")
    stack.aws.deliver()
    assert stack.run().status is RunStatus.CONTAINED, stack.aws.failures
    assert stack.run().approved_by == "olga"


def test_a_declined_plan_changes_nothing(deploy: Deploy) -> None:
    stack = deploy(ResponseMode="approve")
    stack.services.response.decide(stack.respond().approval_id, decision="declined", by="olga")
    stack.aws.deliver()
    assert stack.run().status is RunStatus.DECLINED
    assert stack.policies() == []


def test_nobody_answers_and_nothing_changes(deploy: Deploy) -> None:
    stack = deploy(ResponseMode="approve")
    stack.respond()
    stack.aws.clock.advance(31 * 60)
    stack.aws.deliver()
    assert stack.run().status is RunStatus.TIMED_OUT, stack.aws.failures
    assert stack.policies() == []


def test_a_critical_plan_asks_again_and_goes_on_when_somebody_answers_at_last(deploy: Deploy) -> None:
    stack = deploy(ResponseMode="approve")
    first = stack.respond(severity="critical").approval_id
    stack.aws.clock.advance(31 * 60)
    stack.aws.deliver()
    again = stack.run()
    assert again.status is RunStatus.AWAITING_APPROVAL, (again.error, stack.aws.failures)
    assert again.approval_id != first
    stack.services.response.decide(again.approval_id, decision="approved", by="olga")
    stack.aws.deliver()
    assert stack.run().status is RunStatus.CONTAINED, stack.aws.failures
    assert len(stack.run().history) == 4


def test_a_critical_plan_acts_when_nobody_answers_and_the_settings_say_so(deploy: Deploy) -> None:
    stack = deploy(ResponseMode="approve", UnansweredCritical="act")
    stack.respond(severity="critical")
    stack.aws.clock.advance(31 * 60)
    stack.aws.deliver()
    assert stack.run().status is RunStatus.CONTAINED, stack.aws.failures
    assert stack.run().approved_by.startswith("nobody")


def test_a_stolen_key_is_rotated_and_handed_over(deploy: Deploy) -> None:
    stack = deploy(ResponseMode="auto")
    key = stack.iam.create_access_key(UserName="builder")["AccessKey"]["AccessKeyId"]
    run = stack.respond(caller="iam-user:builder", related=(f"key:{key}",), playbook="rotate_credentials")
    assert run.status is RunStatus.CONTAINED, (run.error, stack.aws.failures)
    assert [receipt.step.action for receipt in stack.receipts()] == [
        "deny_iam_user",
        "deactivate_access_key",
        "revoke_minted_credentials",
        "replace_access_key",
    ]
    secret = stack.aws.client("secretsmanager").get_secret_value(SecretId="tidegate/access-keys/builder")
    assert stack.receipts()[3].changed["key"] in secret["SecretString"]


def assumed(stack: Any, key: str) -> Any:
    """AssumeRole with the key, a minute ago, as CloudTrail tells of it."""
    arn = f"arn:aws:sts::{stack.aws.account}:assumed-role/app/mallory"
    who = Identity("builder", "AIDATIDEBUILDER00001", key)
    call = api_call(
        stack.aws.clock() - timedelta(minutes=1), who, "sts", "AssumeRole",
        parameters={"roleArn": f"arn:aws:iam::{stack.aws.account}:role/app", "roleSessionName": "mallory"},
        response={
            "credentials": {"accessKeyId": "ASIATIDEMALLORY00001", "expiration": "Mar 2, 2026, 9:59:00 AM"},
            "assumedRoleUser": {"assumedRoleId": "AROATIDEAPP000000001:mallory", "arn": arn},
        },
    )  # fmt: skip
    return read_call(msgspec.Raw(json.dumps(call).encode()), "trail")


def test_a_session_that_the_stolen_key_opened_is_denied_until_it_has_expired(deploy: Deploy) -> None:
    """The planner asks the index under its own role; the session is a round of its own, and outlasts the others."""
    events = MemoryEventIndex()
    stack = deploy(ResponseMode="auto", ContainmentMinutes="10", events=events)
    key = stack.iam.create_access_key(UserName="builder")["AccessKey"]["AccessKeyId"]
    events.add([assumed(stack, key)])
    before = account_state(stack.aws)
    run = stack.respond(caller="iam-user:builder", related=(f"key:{key}",), playbook="rotate_credentials")
    assert run.status is RunStatus.CONTAINED, (run.error, stack.aws.failures)
    assert [(one.step.action, one.step.target.id) for one in stack.receipts()][-1] == (
        "deny_role_session", "app/mallory",
    )  # fmt: skip
    assert stack.executions("RotateCredentials") == ["SUCCEEDED", "SUCCEEDED"]
    stack.aws.clock.advance(11 * 60)
    stack.aws.deliver()
    assert stack.policies() == ["TidegateContainment"], "the containment is over, and the session lives"
    assert stack.run().later_evidence_ref == ""
    stack.aws.clock.advance(10 * 60)
    stack.aws.deliver()
    assert stack.run().later_evidence_ref, "what came later is kept under the role of the look that keeps it"
    stack.aws.clock.advance(60 * 60)
    stack.aws.deliver()
    assert stack.policies() == []
    left = [line for line in differences(before, account_state(stack.aws)) if "role/app" in line]
    assert left == []


def test_a_stopped_key_is_deleted_by_the_sweeper_under_its_own_role(deploy: Deploy) -> None:
    stack = deploy(ResponseMode="auto")
    key = stack.iam.create_access_key(UserName="builder")["AccessKey"]["AccessKeyId"]
    run = stack.respond(caller="iam-user:builder", related=(f"key:{key}",), playbook="rotate_credentials")
    (deletion,) = stack.services.ledger.later(run.id)
    stack.services.ledger.save_receipt(deletion.model_copy(update={"due_at": stack.aws.clock()}))
    assert stack.aws.invoke("SweepExpired", {}) == {"released": [], "deleted": [deletion.id]}
    left = [one["AccessKeyId"] for one in stack.iam.list_access_keys(UserName="builder")["AccessKeyMetadata"]]
    assert left == [stack.receipts()[3].changed["key"]]


def test_a_swapped_alias_goes_back_and_stays_until_a_person_undoes_it(deploy: Deploy) -> None:
    stack = deploy(ResponseMode="auto")
    alias = Alias(stack.aws.client("bedrock-agent"), stack.iam)
    swapped = alias.version(ATTACKERS)
    stack.aws.clock.advance(3600)
    alias.route(swapped)
    before = account_state(stack.aws)
    arn = f"arn:aws:bedrock:{stack.aws.region}:{stack.aws.account}:agent-alias/{alias.agent}/{alias.alias}"
    now = stack.aws.clock()
    run = stack.respond(playbook="roll_back_model", resources=(arn,), first_seen=now, last_seen=now)
    assert run.status is RunStatus.CONTAINED, (run.error, stack.aws.failures)
    assert alias.serves() == "1"
    with without_probes(stack.aws):
        stack.aws.clock.advance(24 * 3600)
        stack.aws.deliver()
    assert alias.serves() == "1"
    stack.services.responses.release(run.id, reason="undone", by="olga")
    stack.aws.deliver()
    assert stack.run().status is RunStatus.RELEASED, stack.aws.failures
    assert [line for line in differences(before, account_state(stack.aws)) if "istory" not in line] == []


@pytest.mark.parametrize("caller", ["user:mallory", "session:app/mallory", "iam-user:builder"])
def test_a_person_undoes_a_response_and_the_account_is_as_before(deploy: Deploy, caller: str) -> None:
    stack = deploy(ResponseMode="auto")
    before = account_state(stack.aws)
    run = stack.respond(caller=caller)
    assert len(differences(before, account_state(stack.aws))) == 1
    stack.services.responses.release(run.id, reason="undone", by="olga")
    stack.aws.deliver()
    assert differences(before, account_state(stack.aws)) == []


def test_an_undone_response_is_released_once(deploy: Deploy) -> None:
    stack = deploy(ResponseMode="auto")
    run = stack.respond()
    stack.services.responses.release(run.id, reason="undone", by="olga")
    stack.aws.deliver()
    assert stack.run().status is RunStatus.RELEASED, stack.aws.failures
    assert stack.receipts()[0].undone_by == "olga"
    stack.aws.clock.advance(2 * 3600)
    stack.aws.deliver()
    assert len(stack.executions("Release")) == 1


def test_a_step_that_fails_is_undone_and_the_run_says_why(deploy: Deploy) -> None:
    """Two keys at most: while the plan waits for approval someone makes the second."""
    stack = deploy(ResponseMode="approve")
    key = stack.iam.create_access_key(UserName="builder")["AccessKey"]["AccessKeyId"]
    run = stack.respond(caller="iam-user:builder", related=(f"key:{key}",), playbook="rotate_credentials")
    stack.iam.create_access_key(UserName="builder")
    stack.services.response.decide(run.approval_id, decision="approved", by="olga")
    stack.aws.deliver()
    failed = stack.run()
    assert failed.status is RunStatus.FAILED
    assert "two keys" in failed.error
    assert stack.iam.list_user_policies(UserName="builder")["PolicyNames"] == []
    assert stack.executions("Respond") == ["FAILED"]
    assert stack.executions("Release") == ["SUCCEEDED"]


def test_a_refused_target_is_recorded_and_untouched(deploy: Deploy) -> None:
    stack = deploy(ResponseMode="auto", ProtectedPrincipals="role:app")
    run = stack.respond()
    assert run.status is RunStatus.REFUSED
    assert "protected" in run.error
    assert stack.executions("Respond") == ["SUCCEEDED"]
    assert stack.policies() == []
