"""The whole account as plain data, for before and after: what a response changed, and whether undo restored it.

Only what can be compared is in it: no secret values, no times of last use, nothing that a read changes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from tidegate_local.account_models import enforced, serving, shared
from tidegate_local.embedded import Embedded
from tidegate_quota.table import PRICES

type State = dict[str, Any]


def account_state(aws: Embedded, *, tables: Mapping[str, str] | None = None) -> State:
    """IAM, secrets, agents, guardrails, logging, what serves models, what is shared, and the given DynamoDB tables.

    `tables`: logical id -> name.

    By default the table of quotas alone: the other tables are Tidegate's own record, which a response must change.
    """
    if tables is None:
        tables = {"QuotaTable": aws.outputs["QuotaTable"]} if "QuotaTable" in aws.outputs else {}
    return {
        "iam_users": _users(aws),
        "iam_roles": _roles(aws),
        "secrets": _secrets(aws),
        "agents": _agents(aws),
        "guardrails": _guardrails(aws),
        "invocation_logging": _logging(aws),
        "enforced_guardrails": enforced(aws),
        "serving": serving(aws),
        "shared": shared(aws),
        "tables": {logical_id: _items(aws, name) for logical_id, name in tables.items()},
    }


def differences(before: Any, after: Any, where: str = "") -> list[str]:
    """What differs, a line each: "iam_users.mallory.access_keys.AKIA...: Active -> Inactive"."""
    if isinstance(before, dict) and isinstance(after, dict):
        names = sorted(set(before) | set(after), key=str)
        absent = "absent"
        return [
            line
            for name in names
            for line in differences(before.get(name, absent), after.get(name, absent), f"{where}.{name}".lstrip("."))
        ]
    return [] if before == after else [f"{where}: {_shown(before)} -> {_shown(after)}"]


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)


def _identities(aws: Embedded, kind: str) -> Iterator[Any]:
    """Each user or role with its policies: one question for all, where asking one by one is five for each."""
    pages = aws.client("iam").get_paginator("get_account_authorization_details").paginate(Filter=[kind])
    yield from pages.search(f"{kind}DetailList[]")


def _users(aws: Embedded) -> State:
    iam = aws.client("iam")
    found: State = {}
    for user in _identities(aws, "User"):
        name = user["UserName"]
        keys = iam.list_access_keys(UserName=name)["AccessKeyMetadata"]
        credentials = iam.list_service_specific_credentials(UserName=name)["ServiceSpecificCredentials"]
        found[name] = {
            "access_keys": {key["AccessKeyId"]: key["Status"] for key in keys},
            "api_keys": {one["ServiceSpecificCredentialId"]: one["Status"] for one in credentials},
            **_held(user, "UserPolicyList"),
        }
    return found


def _roles(aws: Embedded) -> State:
    return {
        role["RoleName"]: {"trust": _document(role["AssumeRolePolicyDocument"]), **_held(role, "RolePolicyList")}
        for role in _identities(aws, "Role")
    }


def _held(identity: Any, inline: str) -> State:
    """What says what it may: its policies, and the boundary of all of them."""
    return {
        "inline": {one["PolicyName"]: _document(one["PolicyDocument"]) for one in identity.get(inline, ())},
        "boundary": _boundary(identity),
        "attached": sorted(one["PolicyArn"] for one in identity.get("AttachedManagedPolicies", ())),
    }


def _boundary(identity: Any) -> str | None:
    found: str | None = identity.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
    return found


def _document(given: Any) -> Any:
    return json.loads(given) if isinstance(given, str) else given


def _secrets(aws: Embedded) -> State:
    """Names and which version is current: never a value."""
    client = aws.client("secretsmanager")
    found: State = {}
    for secret in client.list_secrets()["SecretList"]:
        described = client.describe_secret(SecretId=secret["ARN"])
        stages = described.get("VersionIdsToStages", {})
        found[secret["Name"]] = {version: sorted(names) for version, names in stages.items()}
    return found


def _agents(aws: Embedded) -> State:
    client = aws.client("bedrock-agent")
    found: State = {}
    for agent in client.list_agents()["agentSummaries"]:
        identifier = agent["agentId"]
        aliases: State = {}
        for alias in client.list_agent_aliases(agentId=identifier)["agentAliasSummaries"]:
            aliases[alias["agentAliasId"]] = {
                "name": alias["agentAliasName"],
                "version": [one["agentVersion"] for one in alias["routingConfiguration"]],
                "state": alias["aliasInvocationState"],
                "description": alias.get("description", ""),
            }
        found[identifier] = {"name": agent["agentName"], "aliases": aliases}
    return found


def _guardrails(aws: Embedded) -> State:
    client = aws.client("bedrock")
    found: State = {}
    for guardrail in client.list_guardrails()["guardrails"]:
        configuration = client.get_guardrail(guardrailIdentifier=guardrail["id"])
        hidden = ("ResponseMetadata", "createdAt", "updatedAt")
        found[guardrail["id"]] = {key: value for key, value in configuration.items() if key not in hidden}
    return found


def _logging(aws: Embedded) -> Any:
    return aws.client("bedrock").get_model_invocation_logging_configuration().get("loggingConfig") or None


def _items(aws: Embedded, table: str) -> State:
    """Items by their key attributes, in DynamoDB's own notation; without the price list, which is fetched every day."""
    client = aws.client("dynamodb")
    schema = client.describe_table(TableName=table)["Table"]["KeySchema"]
    found: State = {}
    for item in client.get_paginator("scan").paginate(TableName=table).search("Items[]"):
        key = "/".join(str(next(iter(item[one["AttributeName"]].values()))) for one in schema)
        if not key.startswith(PRICES):
            found[key] = item
    return found
