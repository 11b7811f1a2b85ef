"""CloudFormation's intrinsic functions, resolved against what has been created so far.

Anything not understood raises TemplateError naming it: nothing is dropped in silence. Fn::ImportValue is refused,
because there is no other stack to import from.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from tidegate.errors import Permanent

NO_VALUE = object()  # AWS::NoValue: the property is left out

_SUBSTITUTION = re.compile(r"\$\{(!?)([^}]*)\}")


class TemplateError(Permanent):
    """The template says something that the embedded runtime does not understand, or that makes no sense."""


class Created(NamedTuple):
    """A resource as the template's other resources see it."""

    physical_id: str  # what Ref gives
    attributes: Mapping[str, str] = {}  # what Fn::GetAtt gives


class Resolver:
    """Resolves values; conditions are named in the template's Conditions and cached."""

    def __init__(
        self,
        *,
        parameters: Mapping[str, Any],
        pseudo: Mapping[str, Any],
        mappings: Mapping[str, Any],
        conditions: Mapping[str, Any],
        created: Mapping[str, Created],
    ) -> None:
        self._parameters = parameters
        self._pseudo = pseudo
        self._mappings = mappings
        self._conditions = conditions
        self._created = created
        self._truth: dict[str, bool] = {}
        self._functions: dict[str, Callable[[Any], Any]] = {
            "Ref": self._ref,
            "Condition": self.condition,
            "Fn::GetAtt": self._get_att,
            "Fn::Sub": self._sub,
            "Fn::Join": self._join,
            "Fn::If": self._if,
            "Fn::Equals": self._equals,
            "Fn::Not": lambda given: not self._boolean(given[0]),
            "Fn::And": lambda given: all(self._boolean(one) for one in given),
            "Fn::Or": lambda given: any(self._boolean(one) for one in given),
            "Fn::Select": self._select,
            "Fn::Split": self._split,
            "Fn::FindInMap": self._find_in_map,
            "Fn::Base64": lambda given: base64.b64encode(str(self.resolve(given)).encode()).decode(),
        }

    def resolve(self, value: Any, where: str = "") -> Any:
        """The value with every intrinsic replaced; `where` is named in errors."""
        if isinstance(value, list):
            resolved = [self.resolve(item, f"{where}[{index}]") for index, item in enumerate(value)]
            return [item for item in resolved if item is not NO_VALUE]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            [(name, given)] = value.items()
            if name in self._functions and (name != "Condition" or isinstance(given, str)):
                try:
                    return self._functions[name](given)
                except TemplateError as error:
                    raise error if where and where in str(error) else TemplateError(f"{where}: {error}") from None
            if name.startswith("Fn::"):
                reason = "there is no other stack to import from" if name == "Fn::ImportValue" else "not understood"
                raise TemplateError(f"{where}: {name} {reason}. Write it in another way or teach intrinsics.py.")
        resolved_items = {key: self.resolve(item, f"{where}.{key}") for key, item in value.items()}
        return {key: item for key, item in resolved_items.items() if item is not NO_VALUE}

    def condition(self, name: str) -> bool:
        if name not in self._conditions:
            raise TemplateError(f"condition {name} is not declared in Conditions")
        if name not in self._truth:
            self._truth[name] = self._boolean(self._conditions[name])
        return self._truth[name]

    def _boolean(self, value: Any) -> bool:
        resolved = self.resolve(value)
        if not isinstance(resolved, bool):
            raise TemplateError(f"a condition must be true or false, not {resolved!r}")
        return resolved

    def _ref(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return NO_VALUE
        if name in self._parameters:
            return self._parameters[name]
        if name in self._pseudo:
            return self._pseudo[name]
        if name in self._created:
            return self._created[name].physical_id
        raise TemplateError(f"Ref {name}: no such parameter, pseudo parameter or created resource")

    def _get_att(self, given: Any) -> str:
        name, attribute = given.split(".", 1) if isinstance(given, str) else (given[0], str(self.resolve(given[1])))
        if name not in self._created:
            raise TemplateError(f"Fn::GetAtt {name}.{attribute}: no such created resource")
        attributes = self._created[name].attributes
        if attribute not in attributes:
            known = ", ".join(sorted(attributes)) or "none"
            raise TemplateError(f"Fn::GetAtt {name}.{attribute}: attribute not understood (known: {known})")
        return attributes[attribute]

    def _sub(self, given: Any) -> str:
        text, variables = (given, {}) if isinstance(given, str) else given
        own = {key: self.resolve(value) for key, value in variables.items()}

        def replace(match: re.Match[str]) -> str:
            literal, name = match.groups()
            if literal:
                return "${" + name + "}"
            if name in own:
                return str(own[name])
            return str(self._get_att(name) if "." in name else self._ref(name))

        return _SUBSTITUTION.sub(replace, text)

    def _join(self, given: Any) -> str:
        delimiter, parts = given
        return str(delimiter).join(str(part) for part in self.resolve(parts))

    def _if(self, given: Any) -> Any:
        name, yes, no = given
        return self.resolve(yes if self.condition(name) else no)

    def _equals(self, given: Any) -> bool:
        left, right = (self.resolve(one) for one in given)
        return _text(left) == _text(right)

    def _select(self, given: Any) -> Any:
        index, choices = int(self.resolve(given[0])), self.resolve(given[1])
        if not 0 <= index < len(choices):
            raise TemplateError(f"Fn::Select {index}: only {len(choices)} values")
        return choices[index]

    def _split(self, given: Any) -> list[str]:
        delimiter, text = given
        return str(self.resolve(text)).split(delimiter)

    def _find_in_map(self, given: Any) -> Any:
        name, top, second = (self.resolve(one) for one in given[:3])
        try:
            return self._mappings[name][top][second]
        except KeyError:
            raise TemplateError(f"Fn::FindInMap {name}.{top}.{second}: not in Mappings") from None


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def references(value: Any) -> Iterator[str]:
    """Names that a value refers to by Ref, Fn::GetAtt or Fn::Sub, also inside branches not taken."""
    if isinstance(value, list):
        for item in value:
            yield from references(item)
    elif isinstance(value, dict):
        for key, given in value.items():
            if key == "Ref" and isinstance(given, str):
                yield given
            elif key == "Fn::GetAtt":
                yield given.split(".", 1)[0] if isinstance(given, str) else given[0]
            elif key == "Fn::Sub":
                text, variables = (given, {}) if isinstance(given, str) else given
                for literal, name in _SUBSTITUTION.findall(text):
                    if not literal and name not in variables:
                        yield name.split(".", 1)[0]
                yield from references(variables)
            else:
                yield from references(given)
