from __future__ import annotations

import pytest
from four_verbs import prove, taken
from response_builders import OWN_POLICY, a_step

from tidegate.actions import detach_quarantine_policy as action
from tidegate.aws.clients import AwsClients
from tidegate.errors import NotProven, Refused, Retryable
from tidegate.model import Step

V3 = "arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3"
V2 = "arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV2"


@pytest.fixture
def leaked(clients: AwsClients) -> str:
    """A user on whom AWS has put both quarantine policies, and whose leaked key is stopped."""
    clients.iam.create_user(UserName="builder")
    for arn in (V2, V3):
        managed_by_aws(arn)
        clients.iam.attach_user_policy(UserName="builder", PolicyArn=arn)
    key = clients.iam.create_access_key(UserName="builder")["AccessKey"]["AccessKeyId"]
    clients.iam.update_access_key(UserName="builder", AccessKeyId=key, Status="Inactive")
    return key


def managed_by_aws(arn: str) -> None:
    from moto.iam.models import AWSManagedPolicy, iam_backends

    data = {
        "DefaultVersionId": "v1",
        "Path": "/",
        "Document": {"Version": "2012-10-17", "Statement": []},
        "CreateDate": "2020-08-11T18:04:24+00:00",
        "UpdateDate": "2020-08-11T18:04:24+00:00",
    }
    backend = iam_backends["123456789012"]["aws"]
    backend.managed_policies[arn] = AWSManagedPolicy.from_data(
        arn.rpartition("/")[2], "123456789012", "eu-west-1", data
    )


def detaching(leaked: str) -> Step:
    return a_step("detach_quarantine_policy", "iam_user", "builder", leaked=leaked)


def attached(clients: AwsClients) -> list[str]:
    listed = clients.iam.list_attached_user_policies(UserName="builder")["AttachedPolicies"]
    return sorted(one["PolicyArn"] for one in listed)


def test_it_holds_and_is_undone_exactly_whatever_dies(clients: AwsClients, leaked: str) -> None:
    prove(action, detaching(leaked), clients, lambda: attached(clients))


def test_policies_of_the_user_s_own_stay(clients: AwsClients, leaked: str) -> None:
    own = clients.iam.create_policy(PolicyName="own", PolicyDocument=OWN_POLICY % "data")["Policy"]["Arn"]
    clients.iam.attach_user_policy(UserName="builder", PolicyArn=own)
    taken(action, detaching(leaked), clients)
    assert attached(clients) == [own]


def test_it_stays_on_while_the_leaked_key_works(clients: AwsClients, leaked: str) -> None:
    clients.iam.update_access_key(UserName="builder", AccessKeyId=leaked, Status="Active")
    found = action.snapshot(detaching(leaked), clients)
    with pytest.raises(Retryable, match="stays on"):
        action.apply(detaching(leaked), found, clients)
    assert attached(clients) == [V2, V3]


def test_what_aws_attached_again_is_not_proven(clients: AwsClients, leaked: str) -> None:
    found, changed = taken(action, detaching(leaked), clients)
    clients.iam.attach_user_policy(UserName="builder", PolicyArn=V3)
    with pytest.raises(NotProven):
        action.verify(detaching(leaked), found, changed, clients)


@pytest.mark.parametrize("user", ["clean", "nobody", "*"])
def test_a_user_without_quarantine_is_refused(clients: AwsClients, user: str) -> None:
    clients.iam.create_user(UserName="clean")
    with pytest.raises(Refused):
        action.snapshot(a_step("detach_quarantine_policy", "iam_user", user, leaked="AKIAEXAMPLE000000001"), clients)
