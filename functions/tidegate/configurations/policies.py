"""Whom a resource policy lets read, as IAM decides it where it matters here.

An Allow that lets someone read; a condition on the organisation, an account, a VPC, an address or a source narrows
`Principal: *` down.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from tidegate.sources.parts import words

EVERYBODY = "everybody"
ACCOUNT_ID = re.compile(r"\d{12}")
_NARROWING = (
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:principalaccount",
    "aws:principalarn",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceip",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:sourceorgid",
    "s3:dataaccesspointaccount",
)
_READING = re.compile(r"(\*|s3:(\*|get.*)|(sagemaker|bedrock):.*)", re.IGNORECASE)


def let_in(policy: Any) -> Iterator[str]:
    """Accounts, or EVERYBODY, whom a policy lets read; its own account is among them."""
    document = _document(policy)
    statements = document.get("Statement")
    for statement in statements if isinstance(statements, list) else [statements]:
        if not isinstance(statement, dict) or statement.get("Effect") != "Allow":
            continue
        if not any(_READING.fullmatch(action) for action in words(statement.get("Action"))):
            continue
        principal = statement.get("Principal")
        named = words(principal.get("AWS") if isinstance(principal, dict) else principal)
        for name in named:
            if name == "*":
                if not _narrowed(statement.get("Condition")):
                    yield EVERYBODY
            elif account := ACCOUNT_ID.search(name):
                yield account[0]


def _narrowed(condition: Any) -> bool:
    if not isinstance(condition, dict):
        return False
    keys = [key.lower() for operator in condition.values() if isinstance(operator, dict) for key in operator]
    return any(key in _NARROWING for key in keys)


def _document(policy: Any) -> Mapping[str, Any]:
    """A policy is an object in CloudTrail's S3 events, and a text elsewhere."""
    if isinstance(policy, str):
        try:
            policy = json.loads(policy)
        except ValueError:
            return {}
    return policy if isinstance(policy, dict) else {}
