"""sso: what moto lacks of provisioning a permission set, and the size that Identity Center allows.

https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_DescribePermissionSetProvisioningStatus.html
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tidegate_local import hooks
from tidegate_local.aws_extensions.requests import has_form

RESPONSE = "moto.ssoadmin.responses:SSOAdminResponse"
MOST = 32_768  # characters of InlinePolicy in PutInlinePolicyToPermissionSet


def install() -> None:
    hooks.replace(f"{RESPONSE}.provision_permission_set", _kept)
    hooks.replace(f"{RESPONSE}.put_inline_policy_to_permission_set", _checked)
    hooks.add(f"{RESPONSE}.describe_permission_set_provisioning_status", _described)


def _requests(response: Any) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = vars(response.ssoadmin_backend).setdefault("_tidegate_provisioning", {})
    return found


def _kept(original: Callable[[Any], str]) -> Callable[[Any], str]:
    """Refuses what AWS refuses, and keeps the request, so that its status can be asked for."""

    def provision(self: Any) -> str:
        account = self._get_param("TargetId")
        if self._get_param("TargetType") == "AWS_ACCOUNT" and not has_form(account, r"\d{12}"):
            raise _invalid("TargetId must be an account when TargetType is AWS_ACCOUNT.")
        answer = json.loads(original(self))
        status = answer["PermissionSetProvisioningStatus"]
        status["AccountId"] = account or status["AccountId"]
        _requests(self)[status["RequestId"]] = status
        return json.dumps(answer)

    return provision


def _checked(original: Callable[[Any], str]) -> Callable[[Any], str]:
    def put(self: Any) -> str:
        policy = self._get_param("InlinePolicy")
        if not 1 <= len(policy) <= MOST:
            raise _invalid(f"InlinePolicy: 1 to {MOST} characters.")
        try:
            json.loads(policy)["Statement"]
        except (ValueError, KeyError, TypeError) as error:
            raise _invalid("InlinePolicy is no policy document.") from error
        return original(self)

    return put


def _described(self: Any) -> str:
    from moto.ssoadmin.exceptions import ResourceNotFoundException

    identity = self._get_param("ProvisionPermissionSetRequestId")
    if identity not in _requests(self):
        raise ResourceNotFoundException(f"Could not find request {identity}")
    return json.dumps({"PermissionSetProvisioningStatus": _requests(self)[identity]})


def _invalid(message: str) -> Exception:
    from moto.core.exceptions import JsonRESTError

    error: Exception = JsonRESTError("ValidationException", message)
    return error
