"""iam: permissions boundaries of users, which moto has for roles only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tidegate_local import hooks


def install() -> None:
    operations: dict[str, Callable[[Any], Any]] = {
        "put_user_permissions_boundary": put,
        "delete_user_permissions_boundary": delete,
    }
    for name, operation in operations.items():
        hooks.add(f"moto.iam.responses:IamResponse.{name}", operation)


def put(self: Any) -> Any:
    from moto.core.responses import ActionResult
    from moto.iam.exceptions import NotFoundException

    arn, user = self._get_param("PermissionsBoundary"), self.backend.get_user(self._get_param("UserName"))
    if arn not in {policy.arn for policy in self.backend.managed_policies.values()}:
        raise NotFoundException(f"Scope ARN: {arn} does not exist or is not attachable.")
    user.permissions_boundary = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn}
    return ActionResult({})


def delete(self: Any) -> Any:
    from moto.core.responses import ActionResult

    user = self.backend.get_user(self._get_param("UserName"))
    user.permissions_boundary = None
    return ActionResult({})
