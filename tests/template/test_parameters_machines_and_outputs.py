"""What a person who deploys meets, and what ties the template to the state machines' files."""

from __future__ import annotations

import json
import re

import pytest
from deployed_template import ROOT, listed, resources, statements, template

PARAMETERS = template()["Parameters"]
MACHINES = resources("AWS::Serverless::StateMachine")


@pytest.mark.parametrize("name", PARAMETERS)
def test_a_parameter_has_a_default_and_says_what_it_is_for(name: str) -> None:
    assert "Default" in PARAMETERS[name]
    assert len(PARAMETERS[name]["Description"]) > 20


def test_every_parameter_is_in_one_group() -> None:
    groups = template()["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    grouped = [parameter for group in groups for parameter in group["Parameters"]]
    assert sorted(grouped) == sorted(PARAMETERS)


def test_every_parameter_is_used() -> None:
    text = (ROOT / "template.yaml").read_text().partition("\nConditions:")[2]
    assert [name for name in PARAMETERS if not re.search(rf"\b{name}\b", text)] == []


def test_by_default_nothing_is_ever_changed() -> None:
    assert PARAMETERS["ResponseMode"]["Default"] == "observe"
    modes = [name for name in PARAMETERS if name.endswith("Mode") and name != "ResponseMode"]
    assert len(modes) == 5
    assert {PARAMETERS[name]["Default"] for name in modes} == {""}


@pytest.mark.parametrize("machine", MACHINES)
def test_a_state_machine_is_given_what_its_file_asks_for_and_nothing_else(machine: str) -> None:
    text = (ROOT / MACHINES[machine]["DefinitionUri"]).read_text()
    asked = set(re.findall(r"\$\{(\w+)\}", text))
    assert set(MACHINES[machine]["DefinitionSubstitutions"]) == asked


@pytest.mark.parametrize("machine", MACHINES)
def test_a_state_machine_may_use_what_it_is_given_and_nothing_else(machine: str) -> None:
    given = MACHINES[machine]["DefinitionSubstitutions"].values()
    allowed = {statement["Sid"]: listed(statement["Resource"]) for statement in statements(f"{machine}Role")}
    functions = [value for value in given if "Fn::GetAtt" in value]
    machines = [value for value in given if "Ref" in value]
    assert _same(allowed["InvokeFunctions"], functions)
    assert _same(allowed.get("StartPlaybooks", []), machines)


def _same(some: list[object], others: list[object]) -> bool:
    return sorted(map(json.dumps, some)) == sorted(map(json.dumps, others))


@pytest.mark.parametrize("machine", MACHINES)
def test_a_state_machine_logs_every_step_but_not_what_attackers_wrote(machine: str) -> None:
    logging = MACHINES[machine]["Logging"]
    assert (logging["Level"], logging["IncludeExecutionData"]) == ("ALL", False)
    assert MACHINES[machine]["Type"] == "STANDARD"


def test_outputs_are_named_as_the_resources_they_are() -> None:
    outputs = template()["Outputs"]
    kinds = (
        "AWS::DynamoDB::Table",
        "AWS::S3::Bucket",
        "AWS::SQS::Queue",
        "AWS::Serverless::StateMachine",
        "AWS::SNS::Topic",
    )
    assert {name for kind in kinds for name in resources(kind)} <= set(outputs)
    for name, output in outputs.items():
        if name in template()["Resources"] and name != "LogBucket":
            assert output["Value"] == {"Ref": name}


def test_the_template_uses_no_yaml_aliases_which_cloudformation_refuses() -> None:
    text = (ROOT / "template.yaml").read_text()
    assert not re.findall(r"(?m)(?::|-) [&*]\w+", text)
