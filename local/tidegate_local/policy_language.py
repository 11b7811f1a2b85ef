"""IAM's policy language: does a set of policy documents allow an action on a resource in a context?

Evaluates what AWS documents for identity and resource policies of one account: an explicit Deny wins, then any
Allow, else the implicit deny. Condition operators that are not listed here raise PolicyError instead of guessing.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

import functools
import ipaddress
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from tidegate.errors import Permanent

type Context = Mapping[str, str | list[str]]

_VARIABLE = re.compile(r"\$\{([^}]+)\}")
_ELEMENTS = {
    "Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition",
}  # fmt: skip


class PolicyError(Permanent):
    """A policy says something that this evaluator does not understand."""


def decide(documents: Iterable[Mapping[str, Any]], action: str, resource: str, context: Context) -> bool | None:
    """True: allowed; False: explicitly denied; None: nothing speaks of it (implicitly denied)."""
    allowed: bool | None = None
    for document in documents:
        for statement in listed(document.get("Statement", [])):
            if unknown := set(statement) - _ELEMENTS:
                raise PolicyError(f"policy elements not understood: {', '.join(sorted(unknown))} in {statement}")
            if _applies(statement, action, resource, context):
                if statement["Effect"] == "Deny":
                    return False
                allowed = True
    return allowed


def principal_matches(statement: Mapping[str, Any], service: str) -> bool:
    """Does a resource policy's statement speak of this service principal ("events.amazonaws.com")?"""
    if "NotPrincipal" in statement:
        raise PolicyError(f"NotPrincipal is not understood: {statement}")
    principal = statement.get("Principal")
    if principal == "*" or principal == {"AWS": "*"}:
        return True
    return isinstance(principal, Mapping) and service in listed(principal.get("Service", []))


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _applies(statement: Mapping[str, Any], action: str, resource: str, context: Context) -> bool:
    if "Action" in statement:
        speaks = any(_like(one.lower(), action.lower()) for one in listed(statement["Action"]))
    else:
        speaks = not any(_like(one.lower(), action.lower()) for one in listed(statement["NotAction"]))
    if not speaks:
        return False
    if "Resource" in statement:
        speaks = any(_like(_filled(one, context), resource) for one in listed(statement["Resource"]))
    elif "NotResource" in statement:
        speaks = not any(_like(_filled(one, context), resource) for one in listed(statement["NotResource"]))
    return speaks and _conditions_hold(statement.get("Condition", {}), context)


def _filled(pattern: str, context: Context) -> str:
    """Policy variables such as ${aws:userid}; an unknown one matches nothing."""

    def value(match: re.Match[str]) -> str:
        found = _lookup(context, match.group(1))
        return found[0] if found else "\x00"

    return _VARIABLE.sub(value, pattern)


@functools.lru_cache(maxsize=4096)
def _pattern(glob: str) -> re.Pattern[str]:
    return re.compile("".join(".*" if c == "*" else "." if c == "?" else re.escape(c) for c in glob), re.DOTALL)


def _like(glob: str, text: str) -> bool:
    return glob == text or (("*" in glob or "?" in glob) and _pattern(glob).fullmatch(text) is not None)


def _number(compare: Callable[[float, float], bool]) -> Callable[[str, str], bool]:
    return lambda wanted, given: compare(float(given), float(wanted))


def _date(compare: Callable[[datetime, datetime], bool]) -> Callable[[str, str], bool]:
    return lambda wanted, given: compare(_when(given), _when(wanted))


def _when(text: str) -> datetime:
    if text.replace(".", "", 1).isdigit():
        return datetime.fromtimestamp(float(text), UTC)
    parsed = datetime.fromisoformat(text)
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def _in_network(wanted: str, given: str) -> bool:
    return ipaddress.ip_address(given) in ipaddress.ip_network(wanted, strict=False)


def _same(wanted: str, given: str) -> bool:
    return wanted == given


def _same_ignoring_case(wanted: str, given: str) -> bool:
    return wanted.lower() == given.lower()


# operator -> (comparison of one policy value with one context value, negated)
_OPERATORS: dict[str, tuple[Callable[[str, str], bool], bool]] = {
    "StringEquals": (_same, False),
    "StringNotEquals": (_same, True),
    "StringEqualsIgnoreCase": (_same_ignoring_case, False),
    "StringNotEqualsIgnoreCase": (_same_ignoring_case, True),
    "StringLike": (_like, False),
    "StringNotLike": (_like, True),
    "ArnEquals": (_like, False),
    "ArnNotEquals": (_like, True),
    "ArnLike": (_like, False),
    "ArnNotLike": (_like, True),
    "Bool": (_same_ignoring_case, False),
    "NumericEquals": (_number(lambda given, wanted: given == wanted), False),
    "NumericLessThan": (_number(lambda given, wanted: given < wanted), False),
    "NumericLessThanEquals": (_number(lambda given, wanted: given <= wanted), False),
    "NumericGreaterThan": (_number(lambda given, wanted: given > wanted), False),
    "NumericGreaterThanEquals": (_number(lambda given, wanted: given >= wanted), False),
    "DateEquals": (_date(lambda given, wanted: given == wanted), False),
    "DateLessThan": (_date(lambda given, wanted: given < wanted), False),
    "DateLessThanEquals": (_date(lambda given, wanted: given <= wanted), False),
    "DateGreaterThan": (_date(lambda given, wanted: given > wanted), False),
    "DateGreaterThanEquals": (_date(lambda given, wanted: given >= wanted), False),
    "IpAddress": (_in_network, False),
    "NotIpAddress": (_in_network, True),
}


def _conditions_hold(conditions: Mapping[str, Mapping[str, Any]], context: Context) -> bool:
    return all(
        _holds(operator, key, [_filled(str(value), context) for value in listed(values)], context)
        for operator, keys in conditions.items()
        for key, values in keys.items()
    )


def _holds(operator: str, key: str, wanted: list[str], context: Context) -> bool:
    given = _lookup(context, key)
    if operator == "Null":
        return (given is None) == (wanted[0].lower() == "true")
    quantifier, _, rest = operator.rpartition(":")
    name = rest.removesuffix("IfExists")
    if name not in _OPERATORS or quantifier not in ("", "ForAllValues", "ForAnyValue"):
        raise PolicyError(f"condition operator {operator} is not understood: teach policy_language.py")
    compare, negated = _OPERATORS[name]
    if given is None:
        return quantifier == "ForAllValues" or (negated and quantifier == "") or rest.endswith("IfExists")
    outcomes = [any(compare(one, value) for one in wanted) != negated for value in given]
    return all(outcomes) if quantifier == "ForAllValues" or (negated and not quantifier) else any(outcomes)


def _lookup(context: Context, key: str) -> list[str] | None:
    """Context keys are case-insensitive."""
    lowered = key.lower()
    for name, value in context.items():
        if name.lower() == lowered:
            return value if isinstance(value, list) else [value]
    return None
