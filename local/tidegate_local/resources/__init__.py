"""CloudFormation resource types, each created through the AWS API with the properties listed here and no others.

A type, property or nested value that is not understood is an error naming it: nothing is dropped in silence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from tidegate_local.account import Account
from tidegate_local.functions import Function
from tidegate_local.intrinsics import Created, TemplateError
from tidegate_local.template import Declared, Template


class Making:
    """One resource being made: where it is, its properties, and what the makers share."""

    def __init__(
        self,
        declared: Declared,
        properties: dict[str, Any],
        account: Account,
        template: Template,
        add_function: Callable[[Function], None],
        function_named: Callable[[str], Function],
    ) -> None:
        self.logical_id = declared.logical_id
        self.type = declared.type
        self.properties = properties
        self.account = account
        self.template = template
        self.add_function = add_function
        self.function_named = function_named

    def client(self, service: str) -> Any:
        return self.account.client(service)

    def name(self, given: str | None, *, lower: bool = False) -> str:
        """The name given, or one as CloudFormation makes it: stack, logical id and a suffix, here always the same."""
        made = given or f"{self.template.pseudo['AWS::StackName']}-{self.logical_id}-embedded"
        return made.lower() if lower else made

    def arn(self, service: str, resource: str) -> str:
        return f"arn:aws:{service}:{self.account.region}:{self.account.id}:{resource}"

    def tags(self) -> list[dict[str, str]]:
        return list(self.properties.get("Tags", []))

    def local_file(self, bucket: str, key: str) -> Path:
        from tidegate_local.template import LOCAL_BUCKET

        if bucket != LOCAL_BUCKET:
            raise TemplateError(f"{self.logical_id}: s3://{bucket}/{key} is not on this disk: give a local path")
        return (self.template.path.parent / key).resolve()

    def only(self, value: Mapping[str, Any], understood: set[str], where: str) -> None:
        """Raises TemplateError for nested properties that are not understood."""
        if unknown := set(value) - understood:
            raise TemplateError(f"{self.logical_id}.{where}: not understood: {', '.join(sorted(unknown))}")


class ResourceType(NamedTuple):
    properties: frozenset[str]
    create: Callable[[Making], Created]


def _table() -> dict[str, ResourceType]:
    from tidegate_local.resources import compute, identity, index, messages, storage, web, workflow

    found: dict[str, ResourceType] = {}
    for module in (identity, storage, messages, compute, workflow, index, web):
        for name, (properties, create) in module.TYPES.items():
            found[name] = ResourceType(frozenset(properties.split()), create)
    return found


def create_all(
    template: Template,
    account: Account,
    *,
    add_function: Callable[[Function], None],
    function_named: Callable[[str], Function],
) -> None:
    """Creates every resource in order and fills `template.created`. Raises TemplateError."""
    from tidegate_local.resources import custom

    table = _table()
    for declared in template.resources():
        kind = table.get(declared.type)
        if declared.type.startswith(custom.PREFIX) or declared.type == custom.OTHER:
            kind = ResourceType(frozenset(declared.properties), custom.custom_resource)  # its own provider reads them
        if kind is None:
            raise TemplateError(
                f"{declared.logical_id}: type {declared.type} is not understood: teach tidegate_local/resources"
            )
        if unknown := set(declared.properties) - kind.properties:
            names = ", ".join(sorted(unknown))
            raise TemplateError(f"{declared.logical_id} ({declared.type}): properties not understood: {names}")
        properties = template.resolver.resolve(declared.properties, declared.logical_id)
        making = Making(declared, properties, account, template, add_function, function_named)
        try:
            template.created[declared.logical_id] = kind.create(making)
        except TemplateError:
            for made in reversed(account.custom_resources.values()):  # what nobody else takes back
                made.delete()
            raise
