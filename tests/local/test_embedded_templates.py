"""Templates: every intrinsic, and an error for everything that is not understood."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from tidegate_local.embedded import Embedded
from tidegate_local.intrinsics import Created, Resolver, TemplateError


def resolver(**conditions: Any) -> Resolver:
    return Resolver(
        parameters={"Name": "tide", "Size": "3", "List": ["a", "b"]},
        pseudo={"AWS::Region": "us-east-1", "AWS::AccountId": "111122223333"},
        mappings={"M": {"a": {"b": "c"}}},
        conditions=conditions,
        created={"Queue": Created("https://q", {"Arn": "arn:q"})},
    )


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"Ref": "Name"}, "tide"),
        ({"Ref": "Queue"}, "https://q"),
        ({"Ref": "AWS::Region"}, "us-east-1"),
        ({"Fn::GetAtt": ["Queue", "Arn"]}, "arn:q"),
        ({"Fn::GetAtt": "Queue.Arn"}, "arn:q"),
        ({"Fn::Sub": "${Name}-${Queue.Arn}-${!Literal}"}, "tide-arn:q-${Literal}"),
        ({"Fn::Sub": ["${X}", {"X": {"Ref": "Name"}}]}, "tide"),
        ({"Fn::Join": ["-", ["a", {"Ref": "Name"}]]}, "a-tide"),
        ({"Fn::Join": [",", {"Ref": "List"}]}, "a,b"),
        ({"Fn::Select": ["1", {"Fn::Split": [",", "x,y"]}]}, "y"),
        ({"Fn::FindInMap": ["M", "a", "b"]}, "c"),
        ({"Fn::If": ["Yes", 1, 2]}, 1),
        ({"Fn::If": ["Neither", 1, 2]}, 2),
        ([1, {"Fn::If": ["Yes", {"Ref": "AWS::NoValue"}, 2]}], [1]),
        ({"a": {"Fn::If": ["Yes", {"Ref": "AWS::NoValue"}, 2]}, "b": 1}, {"b": 1}),
        ({"Condition": {"StringEquals": {"x": "y"}}}, {"Condition": {"StringEquals": {"x": "y"}}}),
    ],
)
def test_an_intrinsic_gives_its_value(value: Any, expected: Any) -> None:
    yes = {"Fn::And": [{"Fn::Equals": [{"Ref": "Name"}, "tide"]}, {"Fn::Not": [{"Fn::Equals": ["a", "b"]}]}]}
    neither = {"Fn::Or": [{"Fn::Equals": ["a", "b"]}, {"Fn::Not": [{"Condition": "Yes"}]}]}
    assert resolver(Yes=yes, Neither=neither).resolve(value, "here") == expected


@pytest.mark.parametrize(
    ("value", "named"),
    [
        ({"Ref": "Nobody"}, "Nobody"),
        ({"Fn::GetAtt": ["Queue", "Colour"]}, "Colour"),
        ({"Fn::ImportValue": "x"}, "ImportValue"),
        ({"Fn::Transform": {}}, "Transform"),
        ({"Fn::FindInMap": ["M", "a", "z"]}, "M.a.z"),
        ({"Fn::If": ["Unknown", 1, 2]}, "Unknown"),
        ({"Fn::Select": [7, ["a"]]}, "7"),
    ],
)
def test_what_makes_no_sense_is_named_with_its_place(value: Any, named: str) -> None:
    with pytest.raises(TemplateError, match=named) as error:
        resolver().resolve({"Outer": value}, "Thing")
    assert "Thing.Outer" in str(error.value)


SMALL_ACCOUNT = Path(__file__).parent / "embedded_account"
HEAD = "AWSTemplateFormatVersion: '2010-09-09'\nTransform: AWS::Serverless-2016-10-31\n"


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ("Resources: {A: {Type: 'AWS::Quantum::Thing'}}", "AWS::Quantum::Thing"),
        ("Resources: {A: {Type: 'AWS::SQS::Queue', Properties: {Colour: red}}}", "Colour"),
        ("Resources: {A: {Type: 'AWS::SQS::Queue', Colour: red}}", "Colour"),
        ("Hooks: {}\nResources: {}", "Hooks"),
        (
            "Resources: {A: {Type: 'AWS::SQS::Queue', DependsOn: B}, B: {Type: 'AWS::SQS::Queue', DependsOn: A}}",
            "depend on each other",
        ),
        (
            "Resources: {A: {Type: 'AWS::S3::Bucket', Properties: {LifecycleConfiguration: {Rules: "
            "[{Status: Enabled, ExpirationInDays: 1, ExpiredObjectDeleteMarker: true}]}}}}",
            "objects or delete markers",
        ),
        ("Parameters: {P: {Type: String}}\nResources: {A: {Type: 'AWS::SQS::Queue'}}", "P has no default"),
        (
            "Resources: {A: {Type: 'AWS::StepFunctions::StateMachine', Properties: "
            "{RoleArn: 'arn:aws:iam::111122223333:role/x', Definition: {StartAt: Gone, States: {}}}}}",
            "Gone",
        ),
    ],
)
def test_a_template_that_is_not_understood_is_refused_whole(tmp_path: Path, body: str, named: str) -> None:
    path = tmp_path / "template.yaml"
    path.write_text(HEAD + body)
    with pytest.raises(TemplateError, match=named), Embedded(path):
        pass


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"Nobody": "x"}, "Nobody"),
        ({"Size": "9"}, "1 to 5"),
        ({"Size": "many"}, "not a number"),
        ({"Path": "no slash"}, "not of the form"),
        ({"Mode": "loud"}, "not one of"),
    ],
)
def test_a_parameter_outside_its_limits_is_refused(tmp_path: Path, given: dict[str, str], named: str) -> None:
    path = tmp_path / "template.yaml"
    declared = (
        "Parameters: {Size: {Type: Number, Default: 1, MinValue: 1, MaxValue: 5}, Path: {Type: String, Default: /a, "
        "AllowedPattern: '^/[a-z]+$'}, Mode: {Type: String, Default: soft, AllowedValues: [soft]}}\n"
    )
    path.write_text(HEAD + declared + "Resources: {A: {Type: 'AWS::SQS::Queue'}}")
    with pytest.raises(TemplateError, match=named), Embedded(path, given):
        pass


def test_a_role_that_cant_wait_for_nested_executions_is_refused(tmp_path: Path) -> None:
    for name in ("template.yaml", "work.asl.json"):
        shutil.copy(SMALL_ACCOUNT / name, tmp_path / name)
    text = (tmp_path / "template.yaml").read_text()
    (tmp_path / "template.yaml").write_text(text.replace('"events:PutRule", ', ""))
    with pytest.raises(TemplateError, match="lacks events:PutRule"), Embedded(tmp_path / "template.yaml"):
        pass


def test_one_account_at_a_time(small: Embedded, tmp_path: Path) -> None:
    path = tmp_path / "template.yaml"
    path.write_text(HEAD + "Resources: {A: {Type: 'AWS::SQS::Queue'}}")
    with pytest.raises(RuntimeError, match="already running"), Embedded(path):
        pass
    small.client("sqs").list_queues()
