"""iam: permissions boundaries of users, which moto has for roles only, and user ids as AWS makes them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from tidegate_local import hooks
from tidegate_local.aws_extensions.requests import new_id


def install() -> None:
    operations: dict[str, Callable[[Any], Any]] = {
        "put_user_permissions_boundary": put,
        "delete_user_permissions_boundary": delete,
    }
    for name, operation in operations.items():
        hooks.add(f"moto.iam.responses:IamResponse.{name}", operation)
    hooks.replace("moto.iam.models:User.__init__", _with_proper_id)


def _with_proper_id(original: Callable[..., None]) -> Callable[..., None]:
    """AIDA and 17 letters and digits: what aws:userid of a user is."""

    def init(self: Any, *given: Any, **named: Any) -> None:
        original(self, *given, **named)
        self.id = "AIDA" + new_id(17)

    return init


def put(self: Any) -> Any:
    from moto.core.responses import ActionResult
    from moto.iam.exceptions import NotFoundException

    arn, user = self._get_param("PermissionsBoundary"), self.backend.get_user(self._get_param("UserName"))
    aws_managed = re.fullmatch(r"arn:aws[\w-]*:iam::aws:policy/[\w+=,.@/-]+", arn or "")
    if not aws_managed and arn not in {policy.arn for policy in self.backend.managed_policies.values()}:
        raise NotFoundException(f"Scope ARN: {arn} does not exist or is not attachable.")
    user.permissions_boundary = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn}
    return ActionResult({})


def delete(self: Any) -> Any:
    from moto.core.responses import ActionResult

    user = self.backend.get_user(self._get_param("UserName"))
    user.permissions_boundary = None
    return ActionResult({})
