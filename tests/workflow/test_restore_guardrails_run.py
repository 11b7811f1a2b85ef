"""restore_guardrails on the real state machines: what is restored stays, the surge guardrail ends."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from protection_builders import ELSEWHERE, LOGGED, STRONG, WEAK, a_guardrail, put_guardrail, record_before

from tidegate.configurations.read_back import guardrail as as_put
from tidegate.model import Finding, IncidentStatus, RunStatus, Severity, StepStatus, derived_id
from tidegate_local.account_state import account_state, differences

pytestmark = pytest.mark.end_to_end

Deploy = Callable[..., Any]
SECOND = {"name": "second"}


class Account:
    """Invocation logging and a guardrail, seen by the daily snapshot and weakened an hour later."""

    def __init__(self, stack: Any) -> None:
        self.stack = stack
        self.bedrock = stack.aws.client("bedrock")
        self.logging = f"logging/{stack.aws.account}/{stack.aws.region}"
        self.guardrail = a_guardrail(self.bedrock)
        self.bedrock.put_model_invocation_logging_configuration(loggingConfig=LOGGED)
        seen = stack.aws.clock().timestamp()
        record_before(stack.services.snapshots, self.logging, LOGGED, seen)
        record_before(stack.services.snapshots, self.guardrail, STRONG, seen)
        stack.aws.clock.advance(3600)
        self.bedrock.put_model_invocation_logging_configuration(loggingConfig=ELSEWHERE)
        put_guardrail(self.bedrock, self.guardrail, WEAK)
        self.weakened = stack.aws.clock()
        stack.aws.clock.advance(300)

    def respond(self, *resources: str) -> Any:
        return self.stack.respond(
            caller="iam-user:builder",
            playbook="restore_guardrails",
            detectors=("guardrail_weakened", "invocation_logging_disabled"),
            resources=resources or (self.guardrail, self.logging),
            first_seen=self.weakened,
            last_seen=self.weakened + timedelta(seconds=1),
        )

    def restored(self) -> bool:
        logged = self.bedrock.get_model_invocation_logging_configuration()["loggingConfig"]
        return bool(logged == LOGGED and self.draft() == STRONG)

    def draft(self) -> dict[str, Any]:
        return as_put(self.bedrock.get_guardrail(guardrailIdentifier=self.guardrail))

    def enforced(self) -> list[Any]:
        return list(self.bedrock.list_enforced_guardrails_configuration()["guardrailsConfig"])


def test_what_was_weakened_is_restored_and_the_proof_says_how_long_it_was_open(deploy: Deploy) -> None:
    account = Account(deploy(ResponseMode="auto"))
    run = account.respond()
    assert run.status is RunStatus.CONTAINED, (run.error, account.stack.aws.failures)
    assert account.restored()
    logging, guardrail = account.stack.receipts()
    assert [logging.step.action, guardrail.step.action] == ["restore_invocation_logging", "restore_guardrail"]
    assert logging.proof["blind_window"]["seconds"] >= 300
    assert run.expires_at is None


def test_the_surge_guardrail_ends_and_what_was_restored_stays_until_a_person_says_so(deploy: Deploy) -> None:
    account = Account(deploy(ResponseMode="auto", SurgeGuardrail="surge0000001:1"))
    before = account_state(account.stack.aws)
    run = account.respond()
    assert run.status is RunStatus.CONTAINED, (run.error, account.stack.aws.failures)
    assert len(account.enforced()) == 1
    assert run.expires_at is not None
    account.stack.aws.clock.advance(3700)
    account.stack.aws.deliver()
    run = account.stack.run()
    assert (run.status, run.expires_at) == (RunStatus.CONTAINED, None), account.stack.aws.failures
    assert account.enforced() == []
    assert account.restored()
    account.stack.services.responses.release(run.id, reason="undone", by="olga")
    account.stack.aws.deliver()
    assert account.stack.run().status is RunStatus.RELEASED, account.stack.aws.failures
    assert differences(before, account_state(account.stack.aws)) == []


class Two(Account):
    """A second guardrail beside the first, weakened at the same time."""

    def __init__(self, stack: Any) -> None:
        self.second = a_guardrail(stack.aws.client("bedrock"), **SECOND)
        record_before(stack.services.snapshots, self.second, STRONG | SECOND, stack.aws.clock().timestamp())
        super().__init__(stack)
        put_guardrail(self.bedrock, self.second, WEAK | SECOND)

    def second_draft(self) -> dict[str, Any]:
        return as_put(self.bedrock.get_guardrail(guardrailIdentifier=self.second))


def test_two_guardrails_are_restored_and_proven_each_by_an_execution_of_its_own(deploy: Deploy) -> None:
    account = Two(deploy(ResponseMode="auto"))
    before = account_state(account.stack.aws)
    run = account.respond(account.guardrail, account.second)
    assert run.status is RunStatus.CONTAINED, (run.error, account.stack.aws.failures)
    assert (account.draft(), account.second_draft()) == (STRONG, STRONG | SECOND)
    assert [one.step.target.id for one in account.stack.receipts()] == [account.guardrail, account.second]
    assert all(one.status is StepStatus.VERIFIED and one.proof for one in account.stack.receipts())
    assert account.stack.executions("RestoreGuardrails") == ["SUCCEEDED", "SUCCEEDED"]
    account.stack.services.responses.release(run.id, reason="undone", by="olga")
    account.stack.aws.deliver()
    written = [call.resource for call in account.stack.aws.calls if call.action == "bedrock:UpdateGuardrail"]
    by_us = [resource for resource in written if resource in (account.guardrail, account.second)][-4:]
    assert by_us == [account.guardrail, account.second, account.second, account.guardrail]
    assert differences(before, account_state(account.stack.aws)) == []


def _found(account: Two, guardrail: str) -> Finding:
    now = account.stack.aws.clock()
    return Finding(
        id=derived_id("finding", guardrail), detector="guardrail_weakened", family="tampering", severity=Severity.HIGH,
        score=70, title="weakened", time=now, first_seen=now, caller="iam-user:builder",
        account=account.stack.aws.account, region=account.stack.aws.region, resource=guardrail,
        playbook="restore_guardrails",
    )  # fmt: skip


def test_a_guardrail_that_is_weakened_while_the_first_is_being_restored_is_restored_too(deploy: Deploy) -> None:
    """The plan was made when the incident named one: what is found later has a plan of its own, for that alone."""
    account = Two(deploy(ResponseMode="auto"))
    services = account.stack.services
    for guardrail in (account.guardrail, account.second):
        services.findings.send([_found(account, guardrail)])
        account.stack.aws.deliver()
        account.stack.aws.clock.advance(20)
    (incident,) = services.incidents.list()
    assert incident.generation == 2
    assert incident.status is IncidentStatus.CONTAINED
    assert (account.draft(), account.second_draft()) == (STRONG, STRONG | SECOND)
    steps = [[step.target.id for step in run.plan.steps] for run in services.ledger.runs() if run.plan]
    assert sorted(steps) == sorted([[account.guardrail], [account.second]])


def test_two_plans_that_wait_at_once_do_not_both_restore_the_same(deploy: Deploy) -> None:
    account = Two(deploy(ResponseMode="approve"))
    services = account.stack.services
    for guardrail in (account.guardrail, account.second):
        services.findings.send([_found(account, guardrail)])
        account.stack.aws.deliver()
    runs = services.ledger.runs()
    assert [len(run.plan.steps) for run in runs if run.plan] == [1, 1]
    for run in runs:
        services.response.decide(run.approval_id, decision="approved", by="olga")
    account.stack.aws.deliver()
    assert {run.status for run in services.ledger.runs()} == {RunStatus.CONTAINED}
    assert (account.draft(), account.second_draft()) == (STRONG, STRONG | SECOND)


def test_two_found_in_one_batch_are_one_plan_of_two_rounds(deploy: Deploy) -> None:
    account = Two(deploy(ResponseMode="auto"))
    account.stack.services.findings.send([_found(account, each) for each in (account.guardrail, account.second)])
    account.stack.aws.deliver()
    assert [step.round for step in account.stack.run().plan.steps] == [1, 2]
    assert account.stack.run().status is RunStatus.CONTAINED


def test_of_two_guardrails_one_that_is_gone_does_not_keep_the_other_from_being_restored(deploy: Deploy) -> None:
    """The plan waits, and meanwhile the first is deleted: the second is restored, and nobody says contained."""
    account = Two(deploy(ResponseMode="approve"))
    run = account.respond(account.guardrail, account.second)
    account.bedrock.delete_guardrail(guardrailIdentifier=account.guardrail)
    account.stack.services.response.decide(run.approval_id, decision="approved", by="olga")
    account.stack.aws.deliver()
    run = account.stack.run()
    assert run.status is RunStatus.PARTLY_CONTAINED, (run.error, account.stack.aws.failures)
    assert "id never comes back" in run.error
    assert [one.status for one in account.stack.receipts()] == [StepStatus.FAILED, StepStatus.VERIFIED]
    assert account.second_draft() == STRONG | SECOND
    assert run.contained_at is None
    assert account.stack.services.incidents.get("incident-1").status is not IncidentStatus.CONTAINED
    assert sorted(account.stack.executions("RestoreGuardrails")) == ["FAILED", "SUCCEEDED"]


def test_a_step_that_fails_takes_back_no_protection_that_was_restored(deploy: Deploy) -> None:
    """While the plan waits for approval the guardrail is deleted: the log is restored all the same, and stays."""
    account = Account(deploy(ResponseMode="approve"))
    run = account.respond()
    account.bedrock.delete_guardrail(guardrailIdentifier=account.guardrail)
    account.stack.services.response.decide(run.approval_id, decision="approved", by="olga")
    account.stack.aws.deliver()
    run = account.stack.run()
    assert run.status is RunStatus.PARTLY_CONTAINED
    assert "id never comes back" in run.error
    logged = account.bedrock.get_model_invocation_logging_configuration()["loggingConfig"]
    assert logged == LOGGED
    assert account.stack.receipts()[0].status is StepStatus.VERIFIED


def test_observe_shows_the_difference_and_changes_nothing(deploy: Deploy) -> None:
    account = Account(deploy(ResponseMode="observe"))
    before = account_state(account.stack.aws)
    run = account.respond()
    assert run.status is RunStatus.OBSERVED, (run.error, account.stack.aws.failures)
    assert differences(before, account_state(account.stack.aws)) == []
    assert run.plan.steps[0].difference[0].after == LOGGED


def test_nothing_known_from_before_is_refused_and_a_person_decides(deploy: Deploy) -> None:
    account = Account(deploy(ResponseMode="auto"))
    run = account.respond(f"arn:aws:bedrock:{account.stack.aws.region}:{account.stack.aws.account}:guardrail/unknown1")
    assert run.status is RunStatus.REFUSED
    assert "is known from before" in run.error
