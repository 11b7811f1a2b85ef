"""IAM roles and policies, KMS keys, secrets and parameters."""

from __future__ import annotations

import json
from collections.abc import Callable

from tidegate_local.aws_policies import ensure_managed_policy
from tidegate_local.intrinsics import Created
from tidegate_local.resources import Making


def role(making: Making) -> Created:
    iam, given = making.client("iam"), making.properties
    name = making.name(given.get("RoleName"))
    created = iam.create_role(
        RoleName=name,
        Path=given.get("Path", "/"),
        AssumeRolePolicyDocument=json.dumps(given["AssumeRolePolicyDocument"]),
        Description=given.get("Description", ""),
        MaxSessionDuration=given.get("MaxSessionDuration", 3600),
        Tags=making.tags(),
    )["Role"]
    for policy in given.get("Policies", []):
        making.only(policy, {"PolicyName", "PolicyDocument"}, "Policies")
        document = json.dumps(policy["PolicyDocument"])
        iam.put_role_policy(RoleName=name, PolicyName=policy["PolicyName"], PolicyDocument=document)
    for arn in given.get("ManagedPolicyArns", []):
        ensure_managed_policy(making.account, arn)
        iam.attach_role_policy(RoleName=name, PolicyArn=arn)
    if "PermissionsBoundary" in given:
        iam.put_role_permissions_boundary(RoleName=name, PermissionsBoundary=given["PermissionsBoundary"])
    return Created(name, {"Arn": created["Arn"], "RoleId": created["RoleId"]})


def policy(making: Making) -> Created:
    iam, given = making.client("iam"), making.properties
    document = json.dumps(given["PolicyDocument"])
    for name in given.get("Roles", []):
        iam.put_role_policy(RoleName=name, PolicyName=given["PolicyName"], PolicyDocument=document)
    return Created(given["PolicyName"])


def managed_policy(making: Making) -> Created:
    iam, given = making.client("iam"), making.properties
    name = making.name(given.get("ManagedPolicyName"))
    document = json.dumps(given["PolicyDocument"])
    description = given.get("Description", "")
    arn = iam.create_policy(PolicyName=name, PolicyDocument=document, Description=description)["Policy"]["Arn"]
    for role_name in given.get("Roles", []):
        iam.attach_role_policy(RoleName=role_name, PolicyArn=arn)
    return Created(arn, {"PolicyArn": arn})


def key(making: Making) -> Created:
    kms, given = making.client("kms"), making.properties
    policy_text = json.dumps(given["KeyPolicy"])
    made = kms.create_key(Policy=policy_text, Description=given.get("Description", ""))["KeyMetadata"]
    if given.get("EnableKeyRotation"):
        kms.enable_key_rotation(KeyId=made["KeyId"])
    return Created(made["KeyId"], {"Arn": made["Arn"], "KeyId": made["KeyId"]})


def alias(making: Making) -> Created:
    name = making.properties["AliasName"]
    making.client("kms").create_alias(AliasName=name, TargetKeyId=making.properties["TargetKeyId"])
    return Created(name)


def secret(making: Making) -> Created:
    given = making.properties
    name = making.name(given.get("Name"))
    more = {key: given[key] for key in ("SecretString", "KmsKeyId", "Description") if key in given}
    arn = making.client("secretsmanager").create_secret(Name=name, **more)["ARN"]
    return Created(arn, {"Id": arn})


def parameter(making: Making) -> Created:
    given = making.properties
    name = making.name(given.get("Name"))
    making.client("ssm").put_parameter(Name=name, Value=given["Value"], Type=given["Type"])
    return Created(name, {"Type": given["Type"], "Value": given["Value"]})


TYPES: dict[str, tuple[str, Callable[[Making], Created]]] = {
    "AWS::IAM::Role": (
        "RoleName Path AssumeRolePolicyDocument Description MaxSessionDuration Policies ManagedPolicyArns "
        "PermissionsBoundary Tags",
        role,
    ),
    "AWS::IAM::Policy": ("PolicyName PolicyDocument Roles", policy),
    "AWS::IAM::ManagedPolicy": ("ManagedPolicyName PolicyDocument Description Roles", managed_policy),
    "AWS::KMS::Key": ("Description EnableKeyRotation KeyPolicy", key),
    "AWS::KMS::Alias": ("AliasName TargetKeyId", alias),
    "AWS::SecretsManager::Secret": ("Name SecretString KmsKeyId Description", secret),
    "AWS::SSM::Parameter": ("Name Type Value", parameter),
}
