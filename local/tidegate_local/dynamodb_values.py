"""DynamoDB's values pass through moto without being asked for the nine types that they are not.

A value is {"S": "text"}: one key of ten. moto looks for all ten in each value that it answers with, and asks each value
that it sorts by what it is not. In hours of the run's clock that is a fifth of the time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tidegate_local import hooks


def install() -> None:
    hooks.replace("moto.core.serialize:ResponseSerializer._serialize_structure_member", _present_members)
    hooks.replace("moto.dynamodb.models.dynamo_type:DynamoType.cast_value", _texts_as_they_are)


def _present_members(original: Callable[..., None]) -> Callable[..., None]:
    def member(self: Any, serialized: Any, value: Any, shape: Any, key: str) -> None:
        if type(value) is dict and key not in value and getattr(shape, "parent", shape).name == "AttributeValue":
            return
        original(self, serialized, value, shape, key)

    return member


def _texts_as_they_are(original: property) -> property:
    def value(self: Any) -> Any:
        return self.value if self.type == "S" else original.__get__(self)

    return property(value)
