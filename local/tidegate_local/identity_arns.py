"""Resources of calls about end users, people and organizations, after the Service Authorization Reference.

Each function gives pairs of an IAM action and the ARN it acts on; a call that acts on several needs all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tidegate_local.account import ACCOUNT, REGION

type Pairs = list[tuple[str, str]]

_VERBS = {"Get": "GET", "Create": "POST", "Update": "PATCH", "Delete": "DELETE"}


def apigateway(operation: str, parameters: Mapping[str, Any]) -> Pairs:
    """IAM knows HTTP methods on paths, not operations."""
    verb = next(method for beginning, method in _VERBS.items() if operation.startswith(beginning))
    key = parameters.get("apiKey")
    return [(f"apigateway:{verb}", f"arn:aws:apigateway:{REGION}::/apikeys{f'/{key}' if key else ''}")]


def cognito(operation: str, parameters: Mapping[str, Any]) -> Pairs:
    pool = parameters.get("UserPoolId")
    return [(f"cognito-idp:{operation}", f"arn:aws:cognito-idp:{REGION}:{ACCOUNT}:userpool/{pool}" if pool else "*")]


def wafv2(operation: str, parameters: Mapping[str, Any]) -> Pairs:
    if "Id" not in parameters:
        return [(f"wafv2:{operation}", "*")]
    scope = "global" if parameters["Scope"] == "CLOUDFRONT" else "regional"
    place = f"{scope}/ipset/{parameters['Name']}/{parameters['Id']}"
    return [(f"wafv2:{operation}", f"arn:aws:wafv2:{REGION}:{ACCOUNT}:{place}")]


def organizations(operation: str, parameters: Mapping[str, Any]) -> Pairs:
    action, within = f"organizations:{operation}", "arn:aws:organizations::999999999999"
    if policy := parameters.get("PolicyId"):
        return [(action, f"{within}:policy/o-embedded01/service_control_policy/{policy}")]
    if child := parameters.get("ChildId"):
        return [(action, f"{within}:{'account' if child.isdigit() else 'ou'}/o-embedded01/{child}")]
    return [(action, "*")]


def identity_center(operation: str, parameters: Mapping[str, Any]) -> Pairs:
    action, sets = f"sso:{operation}", parameters.get("PermissionSetArn")
    needed = [arn for arn in (parameters.get("InstanceArn"), sets) if arn]
    if operation == "ProvisionPermissionSet":
        needed.append(f"arn:aws:sso:::account/{parameters.get('TargetId', '*')}")
    return [(action, arn) for arn in needed or ["*"]]


def identity_store(operation: str, parameters: Mapping[str, Any]) -> Pairs:
    store = f"arn:aws:identitystore::{ACCOUNT}:identitystore/{parameters['IdentityStoreId']}"
    return [(f"identitystore:{operation}", store), (f"identitystore:{operation}", "arn:aws:identitystore:::user/*")]
