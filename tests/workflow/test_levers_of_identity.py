"""throttle_caller and rotate_credentials on the real state machines: each lever done, proven, released as found."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from response_builders import ASSUMED_BY_BEDROCK, OWN_POLICY

from tidegate.model import Run, RunStatus, StepStatus
from tidegate_local.account_state import account_state, differences

pytestmark = pytest.mark.end_to_end

Deploy = Callable[..., Any]
SSO = "AWSReservedSSO_Builders_0123456789abcdef"
SCP = "p-containment1"
OWN_SCP = '{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:DeleteBucket", "Resource": "*"}]}'


def actions(stack: Any) -> list[str]:
    assert all(receipt.status is StepStatus.VERIFIED for receipt in stack.receipts()), stack.aws.failures
    return [receipt.step.action for receipt in stack.receipts()]


def approved(stack: Any, **incident: Any) -> Run:
    run: Run = stack.respond(**incident)
    assert run.status is RunStatus.AWAITING_APPROVAL, (run.error, stack.aws.failures)
    stack.services.response.decide(run.approval_id, decision="approved", by="olga")
    stack.aws.deliver()
    assert stack.run().status is RunStatus.CONTAINED, (stack.run().error, stack.aws.failures)
    return stack.run()


def released(stack: Any, before: Any) -> None:
    stack.services.responses.release(stack.run().id, reason="undone", by="olga")
    stack.aws.deliver()
    assert stack.run().status is RunStatus.RELEASED, (stack.run().error, stack.aws.failures)
    assert differences(before, account_state(stack.aws)) == []


def test_an_end_user_and_its_gateway_keys_are_stopped_together(deploy: Deploy) -> None:
    stack = deploy(ResponseMode="auto", GatewayKeys="true")
    gateway = stack.aws.client("apigateway")
    key = gateway.create_api_key(name="app", customerId="mallory", enabled=True)["id"]
    before = account_state(stack.aws)
    run = stack.respond(caller="user:mallory")
    assert run.status is RunStatus.CONTAINED, (run.error, stack.aws.failures)
    assert actions(stack) == ["block_end_user", "disable_gateway_key"]
    assert not gateway.get_api_key(apiKey=key)["enabled"]
    released(stack, before)
    assert gateway.get_api_key(apiKey=key)["enabled"]


def test_a_caller_that_takes_too_much_is_only_limited(deploy: Deploy) -> None:
    stack = deploy(ResponseMode="auto")
    before = account_state(stack.aws)
    run = stack.respond(caller="user:mallory", severity="medium")
    assert run.status is RunStatus.CONTAINED, (run.error, stack.aws.failures)
    assert actions(stack) == ["limit_end_user"]
    released(stack, before)


def test_a_role_alone_waits_for_a_person_even_in_auto(deploy: Deploy) -> None:
    stack = deploy(ResponseMode="auto")
    before = account_state(stack.aws)
    run = approved(stack, caller="role:app")
    assert "reaches everyone who uses role app" in run.plan.mode_reason  # type: ignore[union-attr]
    assert actions(stack) == ["revoke_older_sessions"]
    released(stack, before)


def test_the_next_response_climbs_one_rung(deploy: Deploy) -> None:
    stack = deploy(ResponseMode="auto")
    before = account_state(stack.aws)
    first = stack.respond(caller="session:app/mallory")
    incident = stack.services.incidents.get("incident-1")
    later = incident.contained_at + timedelta(minutes=5)  # calls that succeeded then
    asked = incident.model_copy(update={"generation": 2, "got_through_at": later})
    stack.services.incidents.save(asked, new_findings=(), names=())
    stack.services.responses.start("incident-1", 2)
    stack.aws.deliver()
    (second,) = [run for run in stack.services.ledger.runs() if run.id != first.id]
    assert [step.action for step in second.plan.steps] == ["revoke_older_sessions"]
    stack.services.response.decide(second.approval_id, decision="approved", by="olga")
    stack.aws.deliver()
    policy = stack.iam.get_role_policy(RoleName="app", PolicyName="TidegateContainment")["PolicyDocument"]
    assert len(policy["Statement"]) == 2
    for run in (first, second):
        stack.services.responses.release(run.id, reason="undone", by="olga")
        stack.aws.deliver()
    assert differences(before, account_state(stack.aws)) == []


def test_a_user_without_room_for_a_policy_is_capped_by_a_boundary(deploy: Deploy) -> None:
    stack = deploy(ResponseMode="auto")
    own = OWN_POLICY % ("x" * 1_700)
    stack.iam.put_user_policy(UserName="builder", PolicyName="own", PolicyDocument=own)
    run = approved(stack, caller="iam-user:builder")
    assert "put_permissions_boundary instead of deny_iam_user" in run.plan.mode_reason  # type: ignore[union-attr]
    assert actions(stack) == ["put_permissions_boundary"]
    stack.services.responses.release(run.id, reason="undone", by="olga")
    stack.aws.deliver()
    assert "PermissionsBoundary" not in stack.iam.get_user(UserName="builder")["User"]


def test_a_stolen_long_term_api_key_is_stopped_and_stays_so(deploy: Deploy) -> None:
    stack = deploy(ResponseMode="auto")
    stack.iam.create_user(UserName="BedrockAPIKey-ab12")
    named = {"UserName": "BedrockAPIKey-ab12", "ServiceName": "bedrock.amazonaws.com"}
    stack.iam.create_service_specific_credential(**named)
    run = stack.respond(caller="iam-user:BedrockAPIKey-ab12", playbook="rotate_credentials")
    assert run.status is RunStatus.CONTAINED, (run.error, stack.aws.failures)
    assert actions(stack) == ["deny_iam_user", "stop_api_key"]
    stack.services.responses.release(run.id, reason="undone", by="olga")
    stack.aws.deliver()
    (key,) = stack.iam.list_service_specific_credentials(**named)["ServiceSpecificCredentials"]
    assert key["Status"] == "Inactive"
    assert stack.iam.list_user_policies(UserName="BedrockAPIKey-ab12")["PolicyNames"] == []


def test_a_short_term_api_key_is_denied_with_its_session(deploy: Deploy) -> None:
    stack = deploy(ResponseMode="auto")
    before = account_state(stack.aws)
    stolen = {"playbook": "rotate_credentials", "detectors": ("api_key_new_origin",)}
    run = stack.respond(caller="session:app/mallory", **stolen)
    assert run.status is RunStatus.CONTAINED, (run.error, stack.aws.failures)
    assert actions(stack) == ["deny_role_session", "deny_bearer_tokens"]
    released(stack, before)


def test_a_person_of_identity_center_is_denied_where_the_role_comes_from(deploy: Deploy) -> None:
    stack = deploy(ResponseMode="auto", IdentityCenter="true")
    admin = stack.aws.client("sso-admin")
    instance = admin.list_instances()["Instances"][0]
    made = admin.create_permission_set(Name="Builders", InstanceArn=instance["InstanceArn"])["PermissionSet"]
    which = {"InstanceArn": instance["InstanceArn"], "PermissionSetArn": made["PermissionSetArn"]}
    stack.aws.client("identitystore").create_user(
        IdentityStoreId=instance["IdentityStoreId"],
        UserName="ada@example.com",
        DisplayName="Ada",
        Name={"GivenName": "Ada", "FamilyName": "Example"},
    )
    stack.iam.create_role(
        RoleName=SSO, Path="/aws-reserved/sso.amazonaws.com/", AssumeRolePolicyDocument=ASSUMED_BY_BEDROCK
    )
    run = stack.respond(caller=f"session:{SSO}/ada@example.com")
    assert run.status is RunStatus.CONTAINED, (run.error, stack.aws.failures)
    assert actions(stack) == ["deny_identity_center_user"]
    assert "identitystore:userId" in admin.get_inline_policy_for_permission_set(**which)["InlinePolicy"]
    stack.services.responses.release(run.id, reason="undone", by="olga")
    stack.aws.deliver()
    assert not admin.get_inline_policy_for_permission_set(**which)["InlinePolicy"]


def test_without_identity_center_its_roles_are_refused_with_the_alternative(deploy: Deploy) -> None:
    run = deploy(ResponseMode="auto").respond(caller=f"session:{SSO}/ada@example.com")
    assert run.status is RunStatus.REFUSED
    assert "identitystore:userId" in run.error


def test_the_last_step_is_a_service_control_policy(deploy: Deploy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("moto.organizations.utils.make_random_policy_id", lambda: SCP)
    stack = deploy(ResponseMode="auto", ContainmentPolicyId=SCP)
    organizations = stack.aws.client("organizations")
    organizations.create_organization(FeatureSet="ALL")
    root = organizations.list_roots()["Roots"][0]["Id"]
    organizations.create_policy(Name="c", Description="", Type="SERVICE_CONTROL_POLICY", Content=OWN_SCP)
    organizations.attach_policy(PolicyId=SCP, TargetId=root)
    _managed_from_elsewhere(stack.aws.account)
    own = OWN_POLICY % ("x" * 1_700)  # no room for a statement: a boundary is the user's first rung
    stack.iam.put_user_policy(UserName="builder", PolicyName="own", PolicyDocument=own)
    run = approved(stack, caller="iam-user:builder")
    assert actions(stack) == ["put_permissions_boundary"]
    incident = stack.services.incidents.get("incident-1")
    later = incident.contained_at + timedelta(minutes=5)  # calls that succeeded then
    asked = incident.model_copy(update={"generation": 2, "got_through_at": later})
    stack.services.incidents.save(asked, new_findings=(), names=())
    stack.services.responses.start("incident-1", 2)
    stack.aws.deliver()
    (second,) = [each for each in stack.services.ledger.runs() if each.id != run.id]
    assert second.status is RunStatus.AWAITING_APPROVAL, (second.error, stack.aws.failures)
    stack.services.response.decide(second.approval_id, decision="approved", by="olga")
    stack.aws.deliver()
    content = organizations.describe_policy(PolicyId=SCP)["Policy"]["Content"]
    assert len(json.loads(content)["Statement"]) == 2, stack.aws.failures
    stack.services.responses.release(second.id, reason="undone", by="olga")
    stack.aws.deliver()
    assert organizations.describe_policy(PolicyId=SCP)["Policy"]["Content"] == OWN_SCP


def _managed_from_elsewhere(account: str) -> None:
    """The embedded account as a member that may manage policies: moto knows management accounts only."""
    from moto.organizations.models import organizations_backends

    organizations_backends[account]["aws"].org.master_account_id = "999999999999"
