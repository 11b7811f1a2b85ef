"""organizations: what AWS refuses in UpdatePolicy and moto takes: too long, no policy, AWS's own.

https://docs.aws.amazon.com/organizations/latest/APIReference/API_UpdatePolicy.html
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tidegate_local import hooks

LIMIT = 5_120  # characters of a service control policy
KEYS = {"Version", "Statement", "Id"}


def install() -> None:
    hooks.replace("moto.organizations.models:OrganizationsBackend.update_policy", _checked)


def _checked(original: Callable[..., Any]) -> Callable[..., Any]:
    def update_policy(self: Any, **given: Any) -> Any:
        from moto.organizations.exceptions import ConstraintViolationException, InvalidInputException

        policy = self.get_policy_by_id(given["PolicyId"])
        if policy.aws_managed:
            raise InvalidInputException("You can't modify a policy that AWS manages. (IMMUTABLE_POLICY)")
        if content := given.get("Content"):
            if len(content) > LIMIT:
                raise ConstraintViolationException(
                    "You have exceeded the maximum policy size. (POLICY_CONTENT_LIMIT_EXCEEDED)"
                )
            _refuse_malformed(content)
        return original(self, **given)

    return update_policy


def _refuse_malformed(content: str) -> None:
    """A service control policy has no Principal, and at least one statement."""
    from moto.organizations.exceptions import OrganizationsClientError

    try:
        document = json.loads(content)
        statements = document["Statement"]
        statements = statements if isinstance(statements, list) else [statements]
        sound = bool(statements) and set(document) <= KEYS and not any("Principal" in each for each in statements)
    except (ValueError, KeyError, TypeError):
        sound = False
    if not sound:
        raise OrganizationsClientError("MalformedPolicyDocumentException", "The provided policy document is malformed.")
