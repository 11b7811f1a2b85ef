"""What the defence stands on: whether the roles that respond still may do what actions and state machines need.

Resources and conditions of a statement are not weighed: that an action is granted somewhere is what can be told without
a target. Service control policies can't be read from here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple
from urllib.parse import unquote

from botocore.exceptions import ClientError

from tidegate.actions import ACTIONS, Family
from tidegate_local.doctor import Answer, Check, Patient, bad, ok
from tidegate_local.policy_language import decide, listed

_MACHINES = (
    "Respond",
    "ThrottleCaller",
    "RotateCredentials",
    "RollBackModel",
    "RestoreGuardrails",
    "ContainExfiltration",
    "Release",
)
_CALLED = re.compile(r":states:::([a-z0-9-]+:\w+)")  # of a task's Resource, without .sync and .waitForTaskToken
_PERMISSIONS = {"lambda:invoke": "lambda:InvokeFunction", "states:startExecution": "states:StartExecution"}

# What the template grants only with a parameter set, by the variable of plan_response that says whether it is.
OPTIONS = {
    "apigateway:": "TIDEGATE_GATEWAY_KEYS",
    "cognito-idp:": "TIDEGATE_USER_POOL",
    "wafv2:": "TIDEGATE_ADDRESS_SET",
    "secretsmanager:RotateSecret": "TIDEGATE_ROTATED_SECRETS",
    "sso:": "TIDEGATE_IDENTITY_CENTER",
    "identitystore:": "TIDEGATE_IDENTITY_CENTER",
    "organizations:": "TIDEGATE_CONTAINMENT_POLICY",
}


class Holder(NamedTuple):
    name: str
    role: str  # ARN; empty: the function isn't there
    needs: frozenset[str]


def _grants(patient: Patient) -> Iterator[Answer]:
    """Whether each function that acts or plans runs under a role that grants what the actions declare, and each state
    machine under one that may make its calls: not taken away, not denied everywhere, not outside a boundary.
    """
    iam = patient.client("iam")
    whole = 0
    for holder in (*_functions(patient), *_machines(patient)):
        if not holder.role:
            yield bad(f"no function {holder.name} in the stack", "Deploy the stack again.")
            continue
        held = _held(iam, holder.role.rpartition("/")[2])
        if held is None:
            yield bad(f"the role of {holder.name} is gone: {holder.role}", "Deploy the stack again.")
            continue
        policies, boundary = held
        lost = {need for need in holder.needs if decide(policies, need, "*", {}) is not True}
        fenced = {need for need in holder.needs - lost if boundary and decide(boundary, need, "*", {}) is not True}
        if lost:
            yield bad(
                f"{holder.name} lost, or is denied, {', '.join(sorted(lost))}",
                "Deploy the stack again, and take off what denies it: see who changed the role in CloudTrail.",
            )
        if fenced:
            yield bad(
                f"the permissions boundary of {holder.name} keeps it from {', '.join(sorted(fenced))}",
                "Take the boundary off the role, or let these through.",
            )
        whole += not lost and not fenced
    if whole:
        yield ok(f"{whole} roles grant what is declared")


def _functions(patient: Patient) -> Iterator[Holder]:
    """By handler: CloudFormation makes the names up."""
    found: dict[str, dict[str, Any]] = {}
    for page in patient.client("lambda").get_paginator("list_functions").paginate():
        for one in page["Functions"]:
            if _variables(one).get("TIDEGATE_STACK") == patient.stack.name:
                found[one.get("Handler", "").removeprefix("tidegate.handlers.").removesuffix(".handle")] = one
    chosen = _variables(found.get("plan_response", {}))
    needs = {name: set[str]() for name in (*(f"act_on_{family}" for family in Family), "plan_response")}
    for action in ACTIONS.values():
        needs[f"act_on_{action.about.family}"].update(action.about.permissions)
        needs["plan_response"].update(action.about.reads)
    for name, wanted in needs.items():
        granted = frozenset(need for need in wanted if chosen.get(option_of(need), "true") not in ("", "false"))
        yield Holder(name, found.get(name, {}).get("Role", ""), granted)


def option_of(permission: str) -> str:
    return next((option for prefix, option in OPTIONS.items() if permission.startswith(prefix)), "")


def _variables(function: dict[str, Any]) -> dict[str, str]:
    variables: dict[str, str] = function.get("Environment", {}).get("Variables", {})
    return variables


def _machines(patient: Patient) -> Iterator[Holder]:
    states = patient.client("stepfunctions")
    for name in _MACHINES:
        if arn := patient.stack.outputs.get(name):
            found = states.describe_state_machine(stateMachineArn=arn)
            called = _CALLED.findall(found["definition"])
            yield Holder(name, found["roleArn"], frozenset(_PERMISSIONS.get(one, one) for one in called))


def _held(iam: Any, role: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]] | None] | None:
    """A role's policies and its boundary's; None: there is no such role."""
    try:
        boundary = iam.get_role(RoleName=role)["Role"].get("PermissionsBoundary")
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchEntity":
            return None
        raise
    policies = [
        iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        for page in iam.get_paginator("list_role_policies").paginate(RoleName=role)
        for name in page["PolicyNames"]
    ]
    policies += [
        _managed(iam, policy["PolicyArn"])
        for page in iam.get_paginator("list_attached_role_policies").paginate(RoleName=role)
        for policy in page["AttachedPolicies"]
    ]
    limits = [_anywhere(_managed(iam, boundary["PermissionsBoundaryArn"]))] if boundary else None
    return [_anywhere(policy) for policy in policies], limits


def _managed(iam: Any, arn: str) -> Any:
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    return iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]


def _anywhere(document: Any) -> dict[str, Any]:
    """The policy asked of no resource in particular: what it allows on some, and what it denies on all."""
    read = document if isinstance(document, dict) else json.loads(unquote(str(document)))
    return {"Statement": list(_widened(listed(read.get("Statement", []))))}


def _widened(statements: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for statement in statements:
        speaks = {name: value for name, value in statement.items() if name in ("Effect", "Action", "NotAction")}
        if statement["Effect"] == "Allow" or (
            "*" in listed(statement.get("Resource", ())) and "Condition" not in statement
        ):
            yield {**speaks, "Resource": "*"}


CHECKS = (Check("grants", "posture", "Roles grant what is declared", _grants),)
