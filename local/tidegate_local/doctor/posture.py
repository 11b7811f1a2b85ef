"""What the defence stands on: guardrails, endpoints, who may do everything, keys that never expire."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from tidegate_local.doctor import Answer, Check, Patient, bad, ok, warn

MOST_NAMED = 20
LONG_DAYS = 90  # of a Bedrock API key


def _guardrails(patient: Patient) -> Iterator[Answer]:
    """Whether the account enforces a guardrail, or leaves it to callers to name one."""
    bedrock = patient.client("bedrock")
    enforced = bedrock.list_enforced_guardrails_configuration().get("guardrailsConfig", [])
    if enforced:
        yield ok("the account enforces a guardrail on every call")
        return
    guardrails = bedrock.list_guardrails()["guardrails"]
    if guardrails:
        yield warn(
            f"{len(guardrails)} guardrails, none enforced: a caller leaves its guardrail out and is unguarded",
            "PutEnforcedGuardrailConfiguration for the account, or require bedrock:GuardrailIdentifier in policies.",
        )
    else:
        yield warn("no guardrail", "Create one with prompt-attack and sensitive-information policies, and enforce it.")


def _endpoints(patient: Patient) -> Iterator[Answer]:
    """VPC endpoints of Bedrock in the stack's Region."""
    found = patient.client("ec2").describe_vpc_endpoints()["VpcEndpoints"]
    private = [
        one["ServiceName"] for one in found if ".bedrock" in one["ServiceName"] and one.get("State") == "available"
    ]
    if private:
        yield ok(f"private endpoints: {', '.join(sorted(set(private)))}")
    else:
        yield warn(
            f"no private endpoint for Bedrock in {patient.stack.region}",
            "With one, policies can demand aws:SourceVpce: a stolen key is then worth nothing elsewhere.",
        )


def _broad(patient: Patient) -> Iterator[Answer]:
    """Identity policies that allow every Bedrock action on everything; administrators count too."""
    holders = set[str]()
    managed: dict[str, str] = {}
    attached: list[tuple[str, str]] = []
    pages = (
        patient.client("iam")
        .get_paginator("get_account_authorization_details")
        .paginate(Filter=["User", "Role", "Group", "LocalManagedPolicy", "AWSManagedPolicy"])
    )
    for page in pages:
        for policy in page.get("Policies", ()):
            versions = [one for one in policy.get("PolicyVersionList", ()) if one.get("IsDefaultVersion")]
            if any(_allows_all(one["Document"]) for one in versions):
                managed[policy["Arn"]] = policy["PolicyName"]
        for kind in ("User", "Role", "Group"):
            for one in page.get(f"{kind}DetailList", ()):
                name = f"{kind.lower()} {one[f'{kind}Name']}"
                if one.get("Path", "").startswith("/aws-service-role/"):
                    continue
                if any(_allows_all(policy["PolicyDocument"]) for policy in one.get(f"{kind}PolicyList", ())):
                    holders.add(name)
                attached += [(name, policy["PolicyArn"]) for policy in one.get("AttachedManagedPolicies", ())]
    holders |= {name for name, arn in attached if arn in managed}
    if holders:
        named = sorted(holders)
        more = f" and {len(named) - MOST_NAMED} more" if len(named) > MOST_NAMED else ""
        yield warn(
            f"{len(named)} principals hold bedrock:* on everything: {', '.join(named[:MOST_NAMED])}{more}",
            "Give applications bedrock:InvokeModel on the models they use, and people no more than they need.",
        )
    else:
        yield ok("nobody holds bedrock:* on everything")


def _allows_all(document: Any) -> bool:
    text = document if isinstance(document, dict) else json.loads(unquote(str(document)))
    statements = text.get("Statement", [])
    for statement in statements if isinstance(statements, list) else [statements]:
        if statement.get("Effect") != "Allow" or statement.get("Condition"):
            continue
        actions, resources = (_words(statement.get(name)) for name in ("Action", "Resource"))
        if {"*", "bedrock:*"} & {action.lower() for action in actions} and "*" in resources:
            return True
    return False


def _words(value: Any) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else [str(value)] if value else []


def _api_keys(patient: Patient) -> Iterator[Answer]:
    """When each active long-term Bedrock API key ends."""
    iam = patient.client("iam")
    endless, old = [], []
    for page in iam.get_paginator("list_users").paginate():
        for user in page["Users"]:
            found = iam.list_service_specific_credentials(UserName=user["UserName"])["ServiceSpecificCredentials"]
            for key in found:
                if "bedrock" not in key.get("ServiceName", "") or key.get("Status") != "Active":
                    continue
                expires: datetime | None = key.get("ExpirationDate")
                said = f"{user['UserName']} ({key['ServiceSpecificCredentialId']})"
                if expires is None:
                    endless.append(said)
                elif (expires - patient.now).days > LONG_DAYS:
                    old.append(said)
    if endless:
        yield bad(
            f"Bedrock API keys that never expire: {', '.join(endless[:MOST_NAMED])}",
            "Delete them; use short-term keys, or roles. A policy on iam:ServiceSpecificCredentialAgeDays keeps it so.",
        )
    if old:
        yield warn(
            f"Bedrock API keys valid for more than {LONG_DAYS} days: {', '.join(old[:MOST_NAMED])}", "Shorten them."
        )
    if not endless and not old:
        yield ok(f"no Bedrock API key lives longer than {LONG_DAYS} days")


CHECKS = (
    Check("guardrails", "posture", "A guardrail is enforced", _guardrails),
    Check("endpoints", "posture", "Bedrock is reached privately", _endpoints),
    Check("broad_permissions", "posture", "Few may do everything", _broad),
    Check("api_keys", "posture", "API keys expire", _api_keys),
)
