"""contain_exfiltration, and roll_back_model where no good version is left, on the real state machines."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from agent_builders import ATTACKERS, Alias, put_continuity
from bucket_builders import shared_bucket

from tidegate.model import RunStatus
from tidegate_local.account_state import account_state, differences

pytestmark = pytest.mark.end_to_end

Deploy = Callable[..., Any]


def policy_of(stack: Any) -> Any:
    s3 = stack.aws.client("s3")
    try:
        return json.loads(s3.get_bucket_policy(Bucket="reports")["Policy"])
    except s3.exceptions.ClientError:
        return None


def exfiltrated(stack: Any, **incident: Any) -> Any:
    given = {"detectors": ("data_exfiltration",), "families": ("exfiltration",), "playbook": "contain_exfiltration"}
    return stack.respond(resources=("arn:aws:s3:::reports",), **(given | incident))


def test_who_opened_a_bucket_is_denied_for_a_time_and_it_stays_closed_until_a_person_opens_it(deploy: Deploy) -> None:
    stack = deploy(ResponseMode="approve")
    before = shared_bucket(stack.aws.client("s3"), "reports")
    run = exfiltrated(stack)
    assert run.status is RunStatus.AWAITING_APPROVAL, (run.error, stack.aws.failures)
    stack.services.response.decide(run.approval_id, decision="approved", by="olga")
    stack.aws.deliver()
    assert stack.run().status is RunStatus.CONTAINED, (stack.run().error, stack.aws.failures)
    assert [receipt.step.action for receipt in stack.receipts()] == ["close_bucket_policy", "deny_role_session"]
    assert policy_of(stack) is None
    stack.aws.clock.advance(3700)
    stack.aws.deliver()
    assert stack.run().status is RunStatus.CONTAINED, stack.aws.failures
    assert policy_of(stack) is None
    assert stack.policies() == []
    stack.services.responses.release(run.id, reason="undone", by="olga")
    stack.aws.deliver()
    assert stack.run().status is RunStatus.RELEASED, stack.aws.failures
    assert policy_of(stack) == before


def test_in_auto_a_person_is_asked_because_older_shares_are_closed_too(deploy: Deploy) -> None:
    stack = deploy(ResponseMode="auto")
    shared_bucket(stack.aws.client("s3"), "reports")
    run = exfiltrated(stack)
    assert run.status is RunStatus.AWAITING_APPROVAL, (run.error, stack.aws.failures)
    assert "before the incident is closed too" in run.plan.mode_reason


def test_a_step_that_fails_opens_no_bucket_again_and_the_run_says_why(deploy: Deploy) -> None:
    """While the plan waits for approval the role of the session is deleted."""
    stack = deploy(ResponseMode="approve")
    shared_bucket(stack.aws.client("s3"), "reports")
    run = exfiltrated(stack)
    stack.iam.delete_role(RoleName="app")
    stack.services.response.decide(run.approval_id, decision="approved", by="olga")
    stack.aws.deliver()
    assert "app" in stack.run().error
    assert policy_of(stack) is None


class Support:
    """An application whose only version was swapped: nothing in the alias's history to go back to."""

    def __init__(self, stack: Any) -> None:
        self.stack = stack
        self.ssm = stack.aws.client("ssm")
        put_continuity(self.ssm)
        self.alias = Alias(stack.aws.client("bedrock-agent"), stack.iam)
        place = f"agent-alias/{self.alias.agent}/{self.alias.alias}"
        self.arn = f"arn:aws:bedrock:{stack.aws.region}:{stack.aws.account}:{place}"

    def respond(self) -> Any:
        now = self.stack.aws.clock()
        return self.stack.respond(playbook="roll_back_model", resources=(self.arn,), first_seen=now, last_seen=now)

    def reads(self, name: str) -> str:
        return str(self.ssm.get_parameter(Name=f"/support/{name}")["Parameter"]["Value"])


def test_with_no_good_version_left_the_application_goes_on_by_its_fallback(deploy: Deploy) -> None:
    support = Support(deploy(ResponseMode="auto", RulesParameters="/tidegate/rules"))
    before = account_state(support.stack.aws)
    run = support.respond()
    assert run.status is RunStatus.CONTAINED, (run.error, support.stack.aws.failures)
    assert support.alias.now()["aliasInvocationState"] == "REJECT_INVOCATIONS"
    assert support.reads("active-model") == "amazon.nova-lite-v1:0"
    assert support.reads("maintenance") == "The assistant is under maintenance."
    assert run.plan.stops == ("Answers about orders; the search of articles goes on.",)
    assert all(receipt.proof["recovery"]["seconds"] >= 0 for receipt in support.stack.receipts())
    support.stack.services.responses.release(run.id, reason="undone", by="olga")
    support.stack.aws.deliver()
    assert support.stack.run().status is RunStatus.RELEASED, support.stack.aws.failures
    assert (support.reads("active-model"), support.reads("maintenance")) == ("support-agent", "none")
    assert differences(before, account_state(support.stack.aws)) == []


def test_with_a_good_version_the_fallback_is_left_alone(deploy: Deploy) -> None:
    support = Support(deploy(ResponseMode="auto", RulesParameters="/tidegate/rules"))
    swapped = support.alias.version(ATTACKERS)
    support.stack.aws.clock.advance(3600)
    support.alias.route(swapped)
    run = support.respond()
    assert run.status is RunStatus.CONTAINED, (run.error, support.stack.aws.failures)
    assert [receipt.step.action for receipt in support.stack.receipts()] == ["roll_back_agent_alias"]
    assert support.alias.serves() == "1"
    assert support.reads("active-model") == "support-agent"
