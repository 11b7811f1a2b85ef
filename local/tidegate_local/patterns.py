"""EventBridge's event patterns.

As documented: a leaf lists alternatives; an array in the event matches if any element does; a pattern object
against an array of objects matches if one element matches the whole pattern; booleans are not numbers. A content
filter that is not understood raises PatternError.
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
"""

from __future__ import annotations

import ipaddress
import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

from tidegate.errors import Permanent

_ABSENT = object()


class PatternError(Permanent):
    """A pattern says something that this matcher does not understand, or that EventBridge refuses."""


def matches(pattern: Mapping[str, Any], event: Any) -> bool:
    """Does the event match? An empty pattern matches everything."""
    if not isinstance(event, Mapping):
        return False
    for key, wanted in pattern.items():
        if key == "$or":
            if not any(matches(alternative, event) for alternative in wanted):
                return False
            continue
        given = event.get(key, _ABSENT)
        if isinstance(wanted, Mapping):
            if not _object_matches(wanted, given):
                return False
        elif isinstance(wanted, list):
            if not _any_matches(wanted, given):
                return False
        else:
            raise PatternError(f"pattern value of {key!r} must be an object or an array, not {wanted!r}")
    return True


def _object_matches(wanted: Mapping[str, Any], given: Any) -> bool:
    if isinstance(given, list):
        return any(_object_matches(wanted, one) for one in given)
    return matches(wanted, given if isinstance(given, Mapping) else {})


def _any_matches(alternatives: list[Any], given: Any) -> bool:
    if not alternatives:
        raise PatternError("an empty array is not allowed in a pattern")
    return any(_one_matches(alternative, given) for alternative in alternatives)


def _one_matches(wanted: Any, given: Any) -> bool:
    if isinstance(wanted, Mapping):
        [(name, argument)] = wanted.items()
        if name == "exists":
            leaf = given is not _ABSENT and not isinstance(given, Mapping)
            return leaf is bool(argument)
        if name not in _FILTERS:
            raise PatternError(f"content filter {name!r} is not understood: teach patterns.py")
        compare = _FILTERS[name]
        values = given if isinstance(given, list) else [given]
        return any(one is not _ABSENT and compare(argument, one) for one in values)
    if given is _ABSENT:
        return False
    values = given if isinstance(given, list) else [given]
    return any(_same(wanted, one) for one in values)


def _same(wanted: Any, given: Any) -> bool:
    if isinstance(wanted, bool) or isinstance(given, bool):
        return wanted is given
    return bool(wanted == given)


def _text(compare: Callable[[str, str], bool]) -> Callable[[Any, Any], bool]:
    """A filter over text, with a list of alternatives and the equals-ignore-case form."""

    def match(argument: Any, given: Any) -> bool:
        if not isinstance(given, str):
            return False
        if isinstance(argument, list):
            return any(match(one, given) for one in argument)
        if isinstance(argument, Mapping):
            if set(argument) != {"equals-ignore-case"}:
                raise PatternError(f"content filter {argument!r} is not understood")
            return compare(argument["equals-ignore-case"].lower(), given.lower())
        return compare(str(argument), given)

    return match


def _wildcard(argument: Any, given: Any) -> bool:
    globs = argument if isinstance(argument, list) else [argument]
    return isinstance(given, str) and any(
        re.fullmatch(".*".join(re.escape(part) for part in glob.split("*")), given, re.DOTALL) for glob in globs
    )


def _anything_but(argument: Any, given: Any) -> bool:
    if isinstance(argument, Mapping):
        [(name, inner)] = argument.items()
        if name not in ("prefix", "suffix", "equals-ignore-case", "wildcard"):
            raise PatternError(f"anything-but {name!r} is not understood")
        return not _FILTERS[name](inner, given)
    return not any(_same(one, given) for one in (argument if isinstance(argument, list) else [argument]))


_COMPARISONS = {"<": operator.lt, "<=": operator.le, "=": operator.eq, ">=": operator.ge, ">": operator.gt}


def _numeric(argument: list[Any], given: Any) -> bool:
    if isinstance(given, bool) or not isinstance(given, int | float):
        return False
    pairs = zip(argument[::2], argument[1::2], strict=True)
    return all(_COMPARISONS[sign](given, limit) for sign, limit in pairs)


def _cidr(argument: str, given: Any) -> bool:
    try:
        return ipaddress.ip_address(given) in ipaddress.ip_network(argument)
    except ValueError:
        return False


_FILTERS: dict[str, Callable[[Any, Any], bool]] = {
    "prefix": _text(lambda wanted, given: given.startswith(wanted)),
    "suffix": _text(lambda wanted, given: given.endswith(wanted)),
    "equals-ignore-case": _text(lambda wanted, given: given.lower() == wanted.lower()),
    "wildcard": _wildcard,
    "anything-but": _anything_but,
    "numeric": _numeric,
    "cidr": _cidr,
}
