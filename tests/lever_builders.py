"""Every action's lever in an account in moto, in a state that Hypothesis chooses: ready to be pulled.

`draw` picks what was there before: policies, keys, boundaries, versions, addresses, items. Builders of levers that
share a resource are safe to call one after the other.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as some
from moto.iam.models import AWSManagedPolicy, iam_backends
from prepared_levers import SWITCHES, Draw, Lever
from resource_levers import (
    a_deployment,
    a_rotated_secret,
    a_shared_snapshot,
    a_swapped_alias,
    a_tampered_knowledge_base,
    a_weakened_guardrail,
    an_enforced_guardrail_removed,
    an_open_bucket,
    diverted_logging,
    no_surge_guardrail,
    tampered_training_data,
)
from response_builders import ACCOUNT, ASSUMED_BY_BEDROCK, REGION, a_step
from switch_builders import MOVED

from tidegate.aws.clients import AwsClients
from tidegate.model import Step, Target

OWN_STATEMENTS = some.fixed_dictionaries(
    {
        "Effect": some.sampled_from(["Allow", "Deny"]),
        "Action": some.sampled_from(["s3:GetObject", "bedrock:*", ["sqs:SendMessage", "sqs:ReceiveMessage"]]),
        "Resource": some.just("*"),
    }
)
DOCUMENTS = some.builds(
    lambda statements, space: json.dumps({"Version": "2012-10-17", "Statement": statements}, indent=space),
    some.lists(OWN_STATEMENTS, min_size=1, max_size=3),
    some.sampled_from([None, 1, 4]),
)
POLICIES = some.dictionaries(some.sampled_from(["own", "Own", "a.b", "TidegateOther"]), DOCUMENTS, max_size=3)
NUMBERS = some.integers(min_value=0, max_value=10**9).map(lambda number: {"N": str(number)})
ITEMS = some.none() | some.fixed_dictionaries(
    {},
    optional={
        "tokens": NUMBERS,
        "blocked": some.just({"BOOL": False}),
        "note": some.text(max_size=9).map(lambda text: {"S": text}),
    },
)
PERSON = "AWSReservedSSO_Builders_0123456789abcdef/ada@example.com"
THEIR_ADDRESSES = ("192.0.2.0/24", "203.0.113.9/32", "198.51.100.8/32")
QUARANTINE = ("AWSCompromisedKeyQuarantineV2", "AWSCompromisedKeyQuarantineV3")


def a_role(clients: AwsClients, draw: Draw, *, boundary: bool = False) -> str:
    iam = clients.iam
    if not any(role["RoleName"] == "app" for role in iam.list_roles()["Roles"]):
        iam.create_role(RoleName="app", AssumeRolePolicyDocument=ASSUMED_BY_BEDROCK)
        for name, document in draw(POLICIES).items():
            iam.put_role_policy(RoleName="app", PolicyName=name, PolicyDocument=document)
        if boundary or draw(SWITCHES):
            cap = iam.create_policy(PolicyName="cap", PolicyDocument=draw(DOCUMENTS))["Policy"]["Arn"]
            iam.put_role_permissions_boundary(RoleName="app", PermissionsBoundary=cap)
    return "app"


def a_user(clients: AwsClients, draw: Draw, name: str = "builder") -> str:
    iam = clients.iam
    if not any(user["UserName"] == name for user in iam.list_users()["Users"]):
        iam.create_user(UserName=name, Tags=[{"Key": "team", "Value": "search"}])
        for policy, document in draw(POLICIES).items():
            iam.put_user_policy(UserName=name, PolicyName=policy, PolicyDocument=document)
    return name


def _overwritten(clients: AwsClients, kind: str, name: str) -> Callable[[], Any]:
    """Somebody writes a policy of their own over Tidegate's."""
    mine = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]})
    given = {"PolicyName": "TidegateContainment", "PolicyDocument": mine}
    if kind == "role":
        return lambda: clients.iam.put_role_policy(RoleName=name, **given)
    return lambda: clients.iam.put_user_policy(UserName=name, **given)


def on_role(action: str, kind: str = "role", target: str = "app", **parameters: Any) -> Callable[..., Lever]:
    def made(clients: AwsClients, draw: Draw) -> Lever:
        role = a_role(clients, draw)
        return Lever(a_step(action, kind, target, **parameters), _overwritten(clients, "role", role))

    return made


def on_user(action: str, *parameters: dict[str, Any]) -> Callable[..., Lever]:
    def made(clients: AwsClients, draw: Draw) -> Lever:
        user, more = a_user(clients, draw), draw(some.sampled_from(parameters)) if parameters else {}
        return Lever(a_step(action, "iam_user", user, **more), _overwritten(clients, "user", user))

    return made


def on_end_user(action: str) -> Callable[..., Lever]:
    def made(clients: AwsClients, draw: Draw) -> Lever:
        table, key = clients.quota_table, {"user": {"S": action}}
        if (item := draw(ITEMS)) is not None:
            clients.dynamodb.put_item(TableName=table, Item={**key, **item})
        by_hand = {"note": {"S": "let in by hand"}}
        return Lever(
            a_step(action, "end_user", action),
            lambda: clients.dynamodb.put_item(TableName=table, Item={**key, **by_hand}),
        )

    return made


def an_address(clients: AwsClients, draw: Draw) -> Lever:
    described = draw(some.fixed_dictionaries({}, optional={"Description": some.just("blocked by our web ACLs")}))
    given = clients.named("wafv2").create_ip_set(
        Name="blocked", Scope="REGIONAL", IPAddressVersion="IPV4", **described,
        Addresses=draw(some.lists(some.sampled_from(THEIR_ADDRESSES), unique=True)),
    )  # fmt: skip
    return Lever(a_step("block_address", "address", "198.51.100.7", address_set=given["Summary"]["ARN"]))


def gateway_keys(clients: AwsClients, draw: Draw) -> Lever:
    gateway, made = clients.named("apigateway"), []
    for enabled in [True, *draw(some.lists(SWITCHES, max_size=3))]:
        given = {"name": f"key-{len(made)}", "tags": {"team": "search"}}
        made.append(gateway.create_api_key(customerId="mallory", enabled=enabled, **given)["id"])
    gateway.create_api_key(name="another", customerId="alice", enabled=True)
    return Lever(
        a_step("disable_gateway_key", "gateway_key", "mallory"), lambda: gateway.delete_api_key(apiKey=made[0])
    )


def a_cognito_user(clients: AwsClients, draw: Draw) -> Lever:
    cognito = clients.named("cognito-idp")
    pool = cognito.create_user_pool(PoolName="app")["UserPool"]["Id"]
    cognito.admin_create_user(UserPoolId=pool, Username="mallory", UserAttributes=[{"Name": "name", "Value": "M"}])
    return Lever(
        a_step("sign_out_cognito_user", "cognito_user", "mallory", pool=pool),
        lambda: cognito.admin_delete_user(UserPoolId=pool, Username="mallory"),
    )


def an_access_key(action: str, **parameters: Any) -> Callable[..., Lever]:
    def made(clients: AwsClients, draw: Draw) -> Lever:
        user = a_user(clients, draw)
        known = clients.iam.list_access_keys(UserName=user)["AccessKeyMetadata"]
        key = known[0]["AccessKeyId"] if known else clients.iam.create_access_key(UserName=user)["AccessKey"][
            "AccessKeyId"]  # fmt: skip
        step = a_step(action, "access_key", key, details={"user": user}, **parameters)
        return Lever(step, lambda: clients.iam.delete_access_key(UserName=user, AccessKeyId=key))

    return made


def a_replacement(clients: AwsClients, draw: Draw) -> Lever:
    if draw(SWITCHES):
        clients.secrets.create_secret(Name="tidegate/access-keys/builder", SecretString="former")
    given = {"planned": True, "secret": "tidegate/access-keys/builder"}
    lever = an_access_key("replace_access_key", **given)(clients, draw)
    return Lever(lever.step)


def a_quarantined_user(clients: AwsClients, draw: Draw) -> Lever:
    user = a_user(clients, draw)
    attached = draw(some.lists(some.sampled_from(QUARANTINE), min_size=1, unique=True))
    for name in QUARANTINE:
        data = {
            "DefaultVersionId": "v1",
            "Path": "/",
            "Document": {"Version": "2012-10-17", "Statement": []},
            "CreateDate": "2020-08-11T18:04:24+00:00",
            "UpdateDate": "2020-08-11T18:04:24+00:00",
        }
        arn = f"arn:aws:iam::aws:policy/{name}"
        iam_backends[ACCOUNT]["aws"].managed_policies[arn] = AWSManagedPolicy.from_data(name, ACCOUNT, REGION, data)
        if name in attached:
            clients.iam.attach_user_policy(UserName=user, PolicyArn=arn)
    key = clients.iam.create_access_key(UserName=user)["AccessKey"]["AccessKeyId"]
    clients.iam.update_access_key(UserName=user, AccessKeyId=key, Status="Inactive")
    return Lever(a_step("detach_quarantine_policy", "iam_user", user, leaked=key))


def api_keys(clients: AwsClients, draw: Draw) -> Lever:
    user, iam = a_user(clients, draw, "BedrockAPIKey-ab12"), clients.iam
    for number, service in enumerate(
        ("bedrock.amazonaws.com", "bedrock-mantle.amazonaws.com", "codecommit.amazonaws.com")
    ):
        made = iam.create_service_specific_credential(UserName=user, ServiceName=service)["ServiceSpecificCredential"]
        named = {"UserName": user, "ServiceSpecificCredentialId": made["ServiceSpecificCredentialId"]}
        if number == 0:
            first = named
        elif draw(SWITCHES):
            iam.update_service_specific_credential(**named, Status="Inactive")
    return Lever(a_step("stop_api_key", "api_key", user), lambda: iam.delete_service_specific_credential(**first))


def a_boundary(clients: AwsClients, draw: Draw) -> Lever:
    role = a_role(clients, draw)
    other = clients.iam.create_policy(PolicyName="other", PolicyDocument=draw(DOCUMENTS))["Policy"]["Arn"]
    return Lever(
        a_step("put_permissions_boundary", "role", role),
        lambda: clients.iam.put_role_permissions_boundary(RoleName=role, PermissionsBoundary=other),
    )


def a_control_policy(clients: AwsClients, draw: Draw) -> Lever:
    client = clients.named("organizations")
    client.create_organization(FeatureSet="ALL")
    root = client.list_roots()["Roots"][0]["Id"]
    member = client.create_account(AccountName="member", Email="member@example.com")["CreateAccountStatus"]["AccountId"]
    content = draw(DOCUMENTS)
    policy = client.create_policy(Name="c", Description="", Type="SERVICE_CONTROL_POLICY", Content=content)["Policy"][
        "PolicySummary"]["Id"]  # fmt: skip
    client.attach_policy(PolicyId=policy, TargetId=root)
    target = Target(kind="principal", id="role:app", account=member, region=REGION)
    step = Step(id="step-1", action="deny_by_scp", target=target, parameters={"policy": policy})
    return Lever(step)


def a_person(clients: AwsClients, draw: Draw) -> Lever:
    admin = clients.named("sso-admin")
    instance = admin.list_instances()["Instances"][0]
    made = admin.create_permission_set(Name="Builders", InstanceArn=instance["InstanceArn"])["PermissionSet"]
    if draw(SWITCHES):
        which = {"InstanceArn": instance["InstanceArn"], "PermissionSetArn": made["PermissionSetArn"]}
        admin.put_inline_policy_to_permission_set(**which, InlinePolicy=draw(DOCUMENTS))
    name = {"GivenName": "Ada", "FamilyName": "Example"}
    clients.named("identitystore").create_user(
        IdentityStoreId=instance["IdentityStoreId"], UserName="ada@example.com", DisplayName="Ada", Name=name
    )
    return Lever(a_step("deny_identity_center_user", "identity_center_user", PERSON))


def moved(name: str) -> Callable[..., Lever]:
    def made(clients: AwsClients, draw: Draw) -> Lever:
        given = MOVED[name](clients)
        if given.read() != given.swapped:
            given.write(given.swapped)
        return Lever(given.step, None if given.other is None else lambda: given.write(given.other))

    return made


LEVERS: dict[str, Callable[[AwsClients, Draw], Lever]] = {
    **{name: moved(name) for name in MOVED},
    "block_end_user": on_end_user("block_end_user"),
    "limit_end_user": on_end_user("limit_end_user"),
    "block_address": an_address,
    "disable_gateway_key": gateway_keys,
    "sign_out_cognito_user": a_cognito_user,
    "deny_role_session": on_role("deny_role_session", "role_session", "app/alice"),
    "deny_role": on_role("deny_role"),
    "revoke_older_sessions": on_role("revoke_older_sessions", before="2026-03-02T09:00:00+00:00"),
    "revoke_minted_credentials": on_user("revoke_minted_credentials", {"before": "2026-03-02T09:00:00+00:00"}),
    "deny_iam_user": on_user("deny_iam_user", {}, {"deny": "escalation"}),
    "deny_bearer_tokens": on_user("deny_bearer_tokens"),
    "deny_by_scp": a_control_policy,
    "deny_identity_center_user": a_person,
    "put_permissions_boundary": a_boundary,
    "deactivate_access_key": an_access_key("deactivate_access_key", planned=True),
    "replace_access_key": a_replacement,
    "detach_quarantine_policy": a_quarantined_user,
    "stop_api_key": api_keys,
    "rotate_secret": a_rotated_secret,
    "restore_guardrail": a_weakened_guardrail,
    "restore_invocation_logging": diverted_logging,
    "enforce_surge_guardrail": no_surge_guardrail,
    "restore_enforced_guardrail": an_enforced_guardrail_removed,
    "close_bucket_policy": an_open_bucket,
    "close_snapshot_share": a_shared_snapshot,
    "restore_training_data": tampered_training_data,
    "clean_knowledge_base": a_tampered_knowledge_base,
    "roll_back_agent_alias": a_swapped_alias,
    "stop_configuration_deployment": a_deployment,
}
