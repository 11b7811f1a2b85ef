"""iam: service-specific credentials, which long-term Bedrock API keys are.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateServiceSpecificCredential.html
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from tidegate_local import hooks
from tidegate_local.aws_extensions.requests import new_id, now
from tidegate_local.aws_extensions.results import result

_SERVICES = (
    "bedrock.amazonaws.com", "codecommit.amazonaws.com", "cassandra.amazonaws.com", "logs.amazonaws.com",
    "bedrock-mantle.amazonaws.com",
)  # fmt: skip
_MOST = 2  # for one user and service


def install() -> None:
    operations: dict[str, Callable[[Any], Any]] = {
        "create_service_specific_credential": create,
        "update_service_specific_credential": update,
        "list_service_specific_credentials": listed,
        "delete_service_specific_credential": delete,
        "reset_service_specific_credential": reset,
    }
    for name, operation in operations.items():
        hooks.add(f"moto.iam.responses:IamResponse.{name}", operation)


def _credentials(user: Any) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = vars(user).setdefault("_tidegate_service_credentials", {})
    return found


def _user(response: Any) -> Any:
    return response.backend.get_user(response._get_param("UserName"))


def _one(response: Any) -> dict[str, Any]:
    from moto.iam.exceptions import NotFoundException

    identifier, credentials = response._get_param("ServiceSpecificCredentialId"), _credentials(_user(response))
    if identifier not in credentials:
        raise NotFoundException(f"The service specific credential {identifier} cannot be found.")
    return credentials[identifier]


def _invalid(code: str, message: str) -> Exception:
    from moto.iam.exceptions import IAMException

    error: Exception = IAMException(code, message)
    return error


def create(self: Any) -> Any:
    from moto.iam.exceptions import LimitExceededException

    user, service = _user(self), self._get_param("ServiceName")
    if service not in _SERVICES:
        raise _invalid("NotSupportedService", f"The specified service {service} is not supported.")
    if sum(one["ServiceName"] == service for one in _credentials(user).values()) >= _MOST:
        raise LimitExceededException(f"Cannot exceed quota for ServiceSpecificCredentialsPerUser: {_MOST}")
    made = now()
    credential = {
        "UserName": user.name,
        "ServiceName": service,
        "ServiceSpecificCredentialId": "ACCA" + new_id(17),
        "Status": "Active",
        "CreateDate": made,
    }
    if service.startswith("bedrock"):
        credential["ServiceCredentialAlias"] = f"{user.name}-at-{self.current_account}"
    else:
        credential["ServiceUserName"] = f"{user.name}-at-{self.current_account}"
    if days := self._get_int_param("CredentialAgeDays"):
        credential["ExpirationDate"] = made + timedelta(days=days)
    _credentials(user)[credential["ServiceSpecificCredentialId"]] = credential
    return result({"ServiceSpecificCredential": {**credential, **_secret(service)}})


def _secret(service: str) -> dict[str, str]:
    secret = "embedded" + new_id(32)  # invented: opens nothing
    return (
        {"ServiceCredentialSecret": "ABSK" + secret} if service.startswith("bedrock") else {"ServicePassword": secret}
    )


def update(self: Any) -> Any:

    status = self._get_param("Status")
    if status not in ("Active", "Inactive"):
        raise _invalid("ValidationError", f"Status {status} is neither Active nor Inactive")
    _one(self)["Status"] = status
    return result({})


def listed(self: Any) -> Any:
    service = self._get_param("ServiceName")
    found = [one for one in _credentials(_user(self)).values() if service in (None, one["ServiceName"])]
    return result({"ServiceSpecificCredentials": found, "IsTruncated": False})


def delete(self: Any) -> Any:
    credential = _one(self)
    del _credentials(_user(self))[credential["ServiceSpecificCredentialId"]]
    return result({})


def reset(self: Any) -> Any:
    credential = _one(self)
    return result({"ServiceSpecificCredential": {**credential, **_secret(credential["ServiceName"])}})
