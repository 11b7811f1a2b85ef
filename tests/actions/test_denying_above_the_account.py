"""deny_by_scp and deny_identity_center_user."""

from __future__ import annotations

import json
from typing import Any

import pytest
from four_verbs import prove, taken
from response_builders import ACCOUNT, a_step

from tidegate.actions import deny_by_scp, deny_identity_center_user
from tidegate.aws.clients import AwsClients
from tidegate.errors import ChangedSince, NotProven, Permanent, Refused
from tidegate.model import Step, Target
from tidegate_local import aws_extensions

aws_extensions.install()

OWN = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Sid": "Own", "Effect": "Deny", "Action": "s3:DeleteBucket", "Resource": "*"}],
    },
    indent=1,
)
ROLE = "AWSReservedSSO_Builders_0123456789abcdef"
PERSON = f"{ROLE}/ada@example.com"


class Organization:
    """A member account below an organizational unit, with a policy attached to the unit."""

    def __init__(self, clients: AwsClients) -> None:
        self.client = clients.named("organizations")
        self.client.create_organization(FeatureSet="ALL")
        self.root = self.client.list_roots()["Roots"][0]["Id"]
        self.unit = self.client.create_organizational_unit(ParentId=self.root, Name="apps")["OrganizationalUnit"]["Id"]
        made = self.client.create_account(AccountName="member", Email="member@example.com")
        self.member = str(made["CreateAccountStatus"]["AccountId"])
        self.client.move_account(AccountId=self.member, SourceParentId=self.root, DestinationParentId=self.unit)
        self.policy = self.made("containment", OWN)
        self.client.attach_policy(PolicyId=self.policy, TargetId=self.unit)

    def made(self, name: str, content: str) -> str:
        given = self.client.create_policy(Name=name, Description="", Type="SERVICE_CONTROL_POLICY", Content=content)
        return str(given["Policy"]["PolicySummary"]["Id"])

    def content(self) -> str:
        return str(self.client.describe_policy(PolicyId=self.policy)["Policy"]["Content"])

    def write(self, content: str) -> None:
        self.client.update_policy(PolicyId=self.policy, Content=content)

    def step(self, principal: str = "role:app", *, account: str = "", policy: str | None = None) -> Step:
        target = Target(kind="principal", id=principal, account=account or self.member, region="eu-west-1")
        named = {"policy": self.policy if policy is None else policy}
        return Step(id="step-1", action="deny_by_scp", target=target, parameters=named)


@pytest.fixture
def organization(clients: AwsClients) -> Organization:
    return Organization(clients)


def test_a_policy_is_restored_byte_for_byte_whatever_dies(clients: AwsClients, organization: Organization) -> None:
    prove(deny_by_scp, organization.step(), clients, organization.content)


def test_the_role_is_denied_with_and_without_a_path(clients: AwsClients, organization: Organization) -> None:
    taken(deny_by_scp, organization.step(), clients)
    own, ours = json.loads(organization.content())["Statement"]
    assert own["Sid"] == "Own"
    arns = ours["Condition"]["ArnLike"]["aws:PrincipalArn"]
    assert arns == [f"arn:*:iam::{organization.member}:role/app", f"arn:*:iam::{organization.member}:role/*/app"]
    assert {"bedrock:*", "bedrock-mantle:*", "bedrock-agentcore:*", "iam:Put*"} <= set(ours["Action"])


def test_the_management_account_is_exempt_and_refused(clients: AwsClients, organization: Organization) -> None:
    with pytest.raises(Refused, match="no service control policy reaches"):
        deny_by_scp.snapshot(organization.step(account=ACCOUNT), clients)


def test_a_service_linked_role_is_exempt_and_refused(clients: AwsClients, organization: Organization) -> None:
    with pytest.raises(Refused, match=r"exempt.*stop the service's resource"):
        deny_by_scp.snapshot(organization.step("role:AWSServiceRoleForBedrock"), clients)


def test_a_policy_that_does_not_reach_the_account_is_refused(clients: AwsClients, organization: Organization) -> None:
    loose = organization.made("loose", OWN)
    with pytest.raises(Refused, match="attach it first"):
        deny_by_scp.snapshot(organization.step(policy=loose), clients)


def test_a_policy_attached_to_the_root_reaches_everyone(clients: AwsClients, organization: Organization) -> None:
    everywhere = organization.made("everywhere", OWN)
    organization.client.attach_policy(PolicyId=everywhere, TargetId=organization.root)
    assert deny_by_scp.snapshot(organization.step(policy=everywhere), clients).policy == everywhere


def test_a_full_policy_is_refused_and_aws_would_refuse_it_too(clients: AwsClients, organization: Organization) -> None:
    organization.write(OWN.replace("s3:DeleteBucket", "s3:" + "x" * 4_700))
    with pytest.raises(Refused, match="5,120 characters"):
        deny_by_scp.snapshot(organization.step(), clients)
    with pytest.raises(organization.client.exceptions.ConstraintViolationException):
        organization.write(OWN.replace("s3:DeleteBucket", "s3:" + "x" * 5_120))


@pytest.mark.parametrize("content", ["{}", "no json", '{"Version":"2012-10-17","Statement":[]}'])
def test_the_emulated_organization_refuses_what_is_no_policy(organization: Organization, content: str) -> None:
    with pytest.raises(organization.client.exceptions.MalformedPolicyDocumentException):
        organization.write(content)


@pytest.mark.parametrize("principal", ["session:app/mallory", "role:*", "user:mallory", ""])
def test_only_a_role_or_a_user_can_be_named(clients: AwsClients, organization: Organization, principal: str) -> None:
    with pytest.raises(Refused):
        deny_by_scp.snapshot(organization.step(principal), clients)


def test_without_a_policy_or_an_organization_the_setting_is_named(clients: AwsClients) -> None:
    step = a_step("deny_by_scp", "principal", "role:app")
    with pytest.raises(Refused, match="ContainmentPolicyId"):
        deny_by_scp.snapshot(step, clients)
    with pytest.raises(Refused, match="in no organization"):
        deny_by_scp.snapshot(step.model_copy(update={"parameters": {"policy": "p-0123456789"}}), clients)


def test_an_edited_statement_of_ours_is_left_alone(clients: AwsClients, organization: Organization) -> None:
    found, changed = taken(deny_by_scp, organization.step(), clients)
    organization.write(organization.content().replace('"iam:Add*",', ""))
    with pytest.raises(NotProven):
        deny_by_scp.verify(organization.step(), found, changed, clients)
    with pytest.raises(ChangedSince):
        deny_by_scp.undo(organization.step(), found, changed, clients)


def test_what_others_wrote_meanwhile_stays(clients: AwsClients, organization: Organization) -> None:
    found, changed = taken(deny_by_scp, organization.step(), clients)
    both = json.loads(organization.content())
    both["Statement"].append({"Sid": "Theirs", "Effect": "Deny", "Action": "ec2:RunInstances", "Resource": "*"})
    organization.write(json.dumps(both))
    deny_by_scp.undo(organization.step(), found, changed, clients)
    assert [each["Sid"] for each in json.loads(organization.content())["Statement"]] == ["Own", "Theirs"]


class Center:
    """Identity Center with a permission set and a person."""

    def __init__(self, clients: AwsClients) -> None:
        self.admin = clients.named("sso-admin")
        instance = self.admin.list_instances()["Instances"][0]
        made = self.admin.create_permission_set(Name="Builders", InstanceArn=instance["InstanceArn"])["PermissionSet"]
        self.which = {"InstanceArn": instance["InstanceArn"], "PermissionSetArn": made["PermissionSetArn"]}
        name = {"GivenName": "Ada", "FamilyName": "Example"}
        person = clients.named("identitystore").create_user(
            IdentityStoreId=instance["IdentityStoreId"], UserName="ada@example.com", DisplayName="Ada", Name=name
        )
        self.person = str(person["UserId"])

    def inline(self) -> str:
        return str(self.admin.get_inline_policy_for_permission_set(**self.which).get("InlinePolicy", ""))

    def write(self, document: str) -> None:
        self.admin.put_inline_policy_to_permission_set(**self.which, InlinePolicy=document)


DENY = a_step("deny_identity_center_user", "identity_center_user", PERSON)


@pytest.fixture
def center(clients: AwsClients) -> Center:
    return Center(clients)


@pytest.mark.parametrize("former", [None, OWN])
def test_a_permission_set_is_restored_byte_for_byte_whatever_dies(
    clients: AwsClients, center: Center, former: str | None
) -> None:
    if former:
        center.write(former)
    prove(deny_identity_center_user, DENY, clients, center.inline)


def test_one_person_is_denied_and_no_other_of_the_set(clients: AwsClients, center: Center) -> None:
    taken(deny_identity_center_user, DENY, clients)
    (statement,) = json.loads(center.inline())["Statement"]
    assert statement["Condition"] == {"StringEquals": {"identitystore:userId": center.person}}
    assert {"bedrock:*", "bedrock-mantle:*", "bedrock-agentcore:*"} <= set(statement["Action"])


@pytest.mark.parametrize(
    ("session", "words"),
    [
        ("app/mallory", "deny_role_session"),
        (f"{ROLE}/nobody@example.com", "knows 0 users"),
        ("AWSReservedSSO_Others_0123456789abcdef/ada@example.com", "no permission set Others"),
    ],
)
def test_who_is_not_known_to_identity_center_is_refused(
    clients: AwsClients, center: Center, session: str, words: str
) -> None:
    with pytest.raises(Refused, match=words):
        deny_identity_center_user.snapshot(a_step(DENY.action, "identity_center_user", session), clients)


def test_a_full_permission_set_is_refused(clients: AwsClients, center: Center) -> None:
    center.write(OWN.replace("s3:DeleteBucket", "s3:" + "x" * 9_900))
    with pytest.raises(Refused, match="service control policy"):
        deny_identity_center_user.snapshot(DENY, clients)


def test_a_role_that_could_not_be_written_is_not_contained(
    clients: AwsClients, center: Center, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = deny_identity_center_user.snapshot(DENY, clients)
    changed = deny_identity_center_user.apply(DENY, found, clients)
    answers: list[Any] = [{"Status": "IN_PROGRESS"}, {"Status": "FAILED", "FailureReason": "no such account"}]
    monkeypatch.setattr(
        center.admin,
        "describe_permission_set_provisioning_status",
        lambda **_: {"PermissionSetProvisioningStatus": answers.pop(0)},
    )
    with pytest.raises(Exception, match="is being provisioned"):
        deny_identity_center_user.verify(DENY, found, changed, clients)
    with pytest.raises(Permanent, match="no such account"):
        deny_identity_center_user.verify(DENY, found, changed, clients)
