"""template.yaml -> plain CloudFormation, offline: the SAM translator, parameters and the order of creation."""

from __future__ import annotations

import graphlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

from samtranslator.model.exceptions import InvalidDocumentException
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

from tidegate_local.account import ACCOUNT, REGION
from tidegate_local.intrinsics import Created, Resolver, TemplateError, references

LOCAL_BUCKET = "embedded-local-files"  # stands for `sam package`: the key is the path, relative to the template

_SECTIONS = {
    "AWSTemplateFormatVersion", "Transform", "Description", "Metadata", "Globals", "Parameters", "Mappings",
    "Conditions", "Resources", "Outputs", "Rules",
}  # fmt: skip
_ATTRIBUTES = {
    "Type", "Properties", "DependsOn", "Condition", "Metadata", "DeletionPolicy", "UpdateReplacePolicy",
}  # fmt: skip
_MANAGED_POLICIES = {
    "AWSLambdaBasicExecutionRole": "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole",
    "AWSLambdaSQSQueueExecutionRole": "arn:aws:iam::aws:policy/service-role/AWSLambdaSQSQueueExecutionRole",
    "AWSXrayWriteOnlyAccess": "arn:aws:iam::aws:policy/AWSXrayWriteOnlyAccess",
    "AWSXRayDaemonWriteAccess": "arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess",
}


class Declared(NamedTuple):
    """One resource of the translated template, not resolved yet."""

    logical_id: str
    type: str
    properties: dict[str, Any]


class Template:
    """A translated template with its parameters settled."""

    def __init__(self, path: Path, parameters: Mapping[str, str], *, stack: str) -> None:
        """Raises TemplateError for what the translator or we don't understand, with the place."""
        self.path = path
        source = json.loads(_parsed(path.read_text(encoding="utf-8")))
        if unknown := set(source) - _SECTIONS:
            raise TemplateError(f"{path}: sections not understood: {', '.join(sorted(unknown))}")
        self.parameters = _settle_parameters(source.get("Parameters", {}), parameters, path)
        self.pseudo = {
            "AWS::AccountId": ACCOUNT,
            "AWS::Region": REGION,
            "AWS::Partition": "aws",
            "AWS::URLSuffix": "amazonaws.com",
            "AWS::StackName": stack,
            "AWS::StackId": f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{stack}/embedded",
            "AWS::NotificationARNs": [],
        }
        given = {name: ",".join(one) if isinstance(one, list) else one for name, one in self.parameters.items()}
        self._document = json.loads(_translated(path.read_text(encoding="utf-8"), str(path), tuple(given.items())))
        self.created: dict[str, Created] = {}
        self.resolver = Resolver(
            parameters=self.parameters,
            pseudo=self.pseudo,
            mappings=self._document.get("Mappings", {}),
            conditions=self._document.get("Conditions", {}),
            created=self.created,
        )

    def declared(self) -> set[str]:
        """Logical ids of what these parameters ask for."""
        return set(self._wanted_resources())

    def resources(self) -> Iterator[Declared]:
        """In the order of creation; those whose condition is false are left out."""
        wanted = self._wanted_resources()
        graph = {name: set(_dependencies(body)) & wanted.keys() for name, body in wanted.items()}
        try:
            order = list(graphlib.TopologicalSorter(graph).static_order())
        except graphlib.CycleError as error:
            raise TemplateError(f"{self.path}: resources depend on each other: {' -> '.join(error.args[1])}") from None
        for name in order:
            yield Declared(name, wanted[name]["Type"], wanted[name].get("Properties", {}))

    def _wanted_resources(self) -> dict[str, Any]:
        resources: dict[str, Any] = self._document.get("Resources", {})
        return {name: body for name, body in resources.items() if self._wanted(name, body)}

    def _wanted(self, name: str, body: Mapping[str, Any]) -> bool:
        if unknown := set(body) - _ATTRIBUTES:
            raise TemplateError(f"{name}: resource attributes not understood: {', '.join(sorted(unknown))}")
        return "Condition" not in body or self.resolver.condition(body["Condition"])

    def outputs(self) -> dict[str, str]:
        """Values of the Outputs section, once everything is created."""
        found = {}
        for name, body in self._document.get("Outputs", {}).items():
            if "Condition" in body and not self.resolver.condition(body["Condition"]):
                continue
            found[name] = str(self.resolver.resolve(body["Value"], f"Outputs.{name}"))
        return found


def _dependencies(body: Mapping[str, Any]) -> Iterator[str]:
    explicit = body.get("DependsOn", [])
    yield from [explicit] if isinstance(explicit, str) else explicit
    yield from references(body.get("Properties", {}))


def _settle_parameters(declared: Mapping[str, Any], given: Mapping[str, str], path: Path) -> dict[str, Any]:
    if unknown := set(given) - set(declared):
        raise TemplateError(f"{path}: no such parameters: {', '.join(sorted(unknown))}")
    settled: dict[str, Any] = {}
    for name, about in declared.items():
        value = given.get(name, about.get("Default"))
        if value is None:
            raise TemplateError(f"{path}: parameter {name} has no default: give it in `parameters`")
        allowed = about.get("AllowedValues")
        if allowed is not None and str(value) not in {str(one) for one in allowed}:
            raise TemplateError(f"{path}: parameter {name} is {value!r}, not one of {', '.join(map(str, allowed))}")
        _check_limits(name, str(value), about, path)
        kind = about.get("Type", "String")
        if kind.startswith("AWS::SSM::Parameter::Value"):
            raise TemplateError(f"{path}: parameter {name} of type {kind} is not understood")
        settled[name] = str(value).split(",") if kind in ("CommaDelimitedList", "List<Number>") else str(value)
    return settled


def _check_limits(name: str, value: str, about: Mapping[str, Any], path: Path) -> None:
    if "AllowedPattern" in about and not re.search(about["AllowedPattern"], value):
        raise TemplateError(f"{path}: parameter {name} is {value!r}, not of the form {about['AllowedPattern']}")
    if about.get("Type") != "Number":
        return
    try:
        number = float(value)
    except ValueError:
        raise TemplateError(f"{path}: parameter {name} is {value!r}, not a number") from None
    if not float(about.get("MinValue", "-inf")) <= number <= float(about.get("MaxValue", "inf")):
        limits = f"{about.get('MinValue', 'any')} to {about.get('MaxValue', 'any')}"
        raise TemplateError(f"{path}: parameter {name} is {value}, not {limits}")


def _with_local_files(source: dict[str, Any]) -> dict[str, Any]:
    """What `sam package` does: local paths become S3 locations, here of a bucket that only means "this disk"."""
    packaged = dict(source)
    uri = {"AWS::Serverless::Function": "CodeUri", "AWS::Serverless::StateMachine": "DefinitionUri"}
    defaults = packaged.get("Globals", {}).get("Function", {})
    if isinstance(defaults.get("CodeUri"), str):
        defaults["CodeUri"] = _as_s3(defaults["CodeUri"])
    for resource in packaged.get("Resources", {}).values():
        name = uri.get(resource.get("Type", ""))
        properties = resource.get("Properties", {})
        if name and isinstance(properties.get(name), str):
            properties[name] = _as_s3(properties[name])
    return packaged


def _as_s3(path: str) -> str:
    return path if path.startswith("s3://") else f"s3://{LOCAL_BUCKET}/{path.removeprefix('./') or '.'}"


@lru_cache(maxsize=4)
def _parsed(text: str) -> str:
    """The template as JSON. Kept, because reading 3,000 lines of YAML takes half a second."""
    return json.dumps(yaml_parse(text), default=str)


@lru_cache(maxsize=8)
def _translated(text: str, path: str, parameters: tuple[tuple[str, str], ...]) -> str:
    """Plain CloudFormation as JSON, for a template's text and parameters."""
    source = _with_local_files(json.loads(_parsed(text)))
    try:
        with patch.dict(os.environ, {"AWS_DEFAULT_REGION": REGION}):
            return json.dumps(Translator(_MANAGED_POLICIES, Parser()).translate(source, dict(parameters)))
    except InvalidDocumentException as error:
        causes = "; ".join(cause.message for cause in error.causes)
        raise TemplateError(f"{path}: the SAM translator refuses it: {causes}") from error
