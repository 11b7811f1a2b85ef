"""Each function has a handler, a role, a log and an environment of its own, and no more than it needs."""

from __future__ import annotations

import importlib
import re
from typing import Any

import pytest
from deployed_template import ROOT, listed, resources, statements, template

from tidegate.settings import Settings

FUNCTIONS = resources("AWS::Serverless::Function")
ROLES = resources("AWS::IAM::Role")
# Resource "*" only where the API knows no resource; each with its reason beside it in template.yaml.
NO_RESOURCE = {
    "iam:GetAccessKeyLastUsed",
    "bedrock:GetModelInvocationLoggingConfiguration",
    "bedrock:PutModelInvocationLoggingConfiguration",
    "bedrock:DeleteModelInvocationLoggingConfiguration",
    "bedrock:PutEnforcedGuardrailConfiguration",
    "bedrock:DeleteEnforcedGuardrailConfiguration",
    "bedrock:ListAgents",
    "bedrock:ListCustomModelDeployments",
    "bedrock:ListEnforcedGuardrailsConfiguration",
    "bedrock:ListFlows",
    "bedrock:ListGuardrails",
    "bedrock:ListKnowledgeBases",
    "bedrock:ListProvisionedModelThroughputs",
    "bedrock-agentcore:ListGateways",
    "logs:CreateLogDelivery",
    "logs:GetLogDelivery",
    "logs:UpdateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:DescribeResourcePolicies",
    "logs:DescribeLogGroups",
    "organizations:DescribeOrganization",
    "pricing:GetProducts",
    "sso:ListInstances",
    "states:SendTaskSuccess",
}


def environment(function: str) -> dict[str, Any]:
    variables = FUNCTIONS[function].get("Environment", {}).get("Variables", {})
    return template()["Globals"]["Function"]["Environment"]["Variables"] | variables


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_s_handler_exists(function: str) -> None:
    module, _, name = FUNCTIONS[function]["Handler"].rpartition(".")
    assert callable(getattr(importlib.import_module(module), name))


def test_every_handler_has_its_function() -> None:
    files = {path.stem for path in (ROOT / "functions/tidegate/handlers").glob("*.py")} - {"__init__", "batch"}
    assert {properties["Handler"].split(".")[2] for properties in FUNCTIONS.values()} == files


def test_no_two_functions_or_state_machines_share_a_role() -> None:
    users = [*FUNCTIONS.values(), *resources("AWS::Serverless::StateMachine").values()]
    roles = [properties["Role"]["Fn::GetAtt"][0] for properties in users]
    assert len(roles) == len(set(roles))
    assert set(ROLES) - set(roles) == {"ScheduleRole", "IngestionRole"}


@pytest.mark.parametrize("role", ROLES)
def test_a_role_is_assumed_by_its_one_service_and_has_only_its_own_policies(role: str) -> None:
    (trust,) = ROLES[role]["AssumeRolePolicyDocument"]["Statement"]
    services = {f"{name}.amazonaws.com" for name in ("lambda", "states", "scheduler", "osis-pipelines")}
    assert trust["Principal"]["Service"] in services
    managed = ROLES[role].get("ManagedPolicyArns", {"Fn::If": ["InVpc", [{"Ref": "NetworkPolicy"}], {}]})
    assert managed["Fn::If"][:2] == ["InVpc", [{"Ref": "NetworkPolicy"}]]


@pytest.mark.parametrize("role", ROLES)
def test_no_role_is_given_a_wildcard(role: str) -> None:
    for statement in statements(role):
        assert statement["Sid"], role
        if statement["Effect"] == "Deny":
            continue
        actions = listed(statement["Action"])
        assert not [action for action in actions if "*" in action], f"{role} {statement['Sid']}: name the actions"
        if "*" in listed(statement["Resource"]):
            assert set(actions) <= NO_RESOURCE, f"{role} {statement['Sid']}: name the resource"


def test_every_wildcard_resource_has_its_reason_beside_it() -> None:
    lines = (ROOT / "template.yaml").read_text().split("\nOutputs:")[0].splitlines()
    roles = [number for number, line in enumerate(lines) if re.match(r"  \w+Role:$", line)]
    for number, line in enumerate(lines):
        inside_role = any(start < number for start in roles) and _is_in_a_role(lines, number)
        if line.strip() == 'Resource: "*"' and inside_role:
            start = max(n for n in range(number) if lines[n].strip().startswith("- Sid:"))
            assert 'Resource "*":' in lines[start - 1], f"template.yaml:{number + 1}: say why"


def _is_in_a_role(lines: list[str], number: int) -> bool:
    resource = next(lines[n] for n in range(number, 0, -1) if re.match(r"  \w+:$", lines[n]))
    return resource.endswith("Role:")


def test_nobody_may_delete_objects_or_lift_a_lock() -> None:
    """But ActOnModels: what was added to a knowledge base is deleted there, under a marker, and nothing of ours."""
    for role in ROLES:
        for statement in statements(role):
            if role == "ActOnModelsRole":
                assert not {"s3:DeleteObjectVersion", "s3:PutBucketVersioning"} & set(listed(statement["Action"]))
                continue
            assert not {"s3:DeleteObject", "s3:BypassGovernanceRetention", "s3:PutObjectRetention"} & set(
                listed(statement["Action"])
            )


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_s_variables_are_settings(function: str) -> None:
    ours = {name for name in environment(function) if name.startswith("TIDEGATE_")}
    unknown = {name for name in ours if name.removeprefix("TIDEGATE_").lower() not in Settings.model_fields}
    assert not unknown


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_is_told_of_a_store_if_and_only_if_its_role_may_use_it(function: str) -> None:
    told = _stores(value for name, value in environment(function).items() if name != "TIDEGATE_STACK")
    own = FUNCTIONS[function]["Role"]["Fn::GetAtt"][0]
    events = _stores(event["Properties"].get("Queue") for event in FUNCTIONS[function].get("Events", {}).values())
    granted = (statement for statement in statements(own) if statement["Effect"] == "Allow")
    allowed = _stores(resource for statement in granted for resource in listed(statement["Resource"]))
    assert told == allowed - events


def _stores(values: Any) -> set[str]:
    return set(re.findall(r"\b\w+(?:Table|Bucket|Queue|Topic)\b", repr(list(values)))) - {"ExistingLogBucket", "Bucket"}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_logs_into_its_own_group_which_forgets(function: str) -> None:
    log = FUNCTIONS[function]["LoggingConfig"]["LogGroup"]["Ref"]
    assert log == f"{function}Log"
    assert resources("AWS::Logs::LogGroup")[log]["RetentionInDays"] == {"Ref": "LogRetentionDays"}
    (write,) = [statement for statement in statements(f"{function}Role") if statement["Sid"] == "WriteLog"]
    assert write["Resource"] == {"Fn::GetAtt": [log, "Arn"]}


def test_all_functions_run_on_the_tested_python_from_one_folder_and_in_the_vpc_that_is_given() -> None:
    shared = template()["Globals"]["Function"]
    assert (shared["Runtime"], shared["Architectures"], shared["CodeUri"]) == (
        "python3.13",
        [{"Ref": "Architecture"}],
        "functions/",
    )
    assert template()["Parameters"]["Architecture"]["Default"] == "arm64"
    assert shared["VpcConfig"]["Fn::If"][0] == "InVpc"
    for properties in FUNCTIONS.values():
        assert not {"Runtime", "Architectures", "CodeUri", "VpcConfig"} & set(properties)
