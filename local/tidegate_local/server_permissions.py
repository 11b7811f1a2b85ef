"""IAM for callers that come over HTTP: functions in child processes, whose clients we can't hook.

A key is registered for each function's role; requests signed with it are decided as in permissions.py, other keys
are operators. The answer has the form of the service's protocol.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tidegate_local import hooks
from tidegate_local.account import current
from tidegate_local.permissions import Caller, refuse

_callers: dict[str, Caller] = {}  # by access key id

_MIXIN = "moto.core.authorization:ActionAuthenticatorMixin"


def install() -> None:
    hooks.replace(f"{_MIXIN}._authenticate_and_authorize_normal_action", _normal)
    hooks.replace(f"{_MIXIN}._authenticate_and_authorize_s3_action", _s3)


def restrict(caller: Caller) -> None:
    """From now on, requests signed with this caller's key are decided by its policies."""
    _callers[caller.access_key] = caller


def forget_all() -> None:
    _callers.clear()


def _normal(original: Callable[..., None]) -> Callable[..., None]:
    def check(self: Any, resource: str = "*") -> None:
        account, caller = current(), _callers.get(self.get_access_key())
        if account is None or caller is None:
            original(self, resource)
            return
        operation = self._get_action()
        self.parse_parameters(self.normalized_request)
        service = self.boto3_service_name
        refusal = refuse(account, caller, service, operation, dict(self.params))
        if refusal is not None:
            raise _denied(service, refusal)

    return check


def _s3(original: Callable[..., None]) -> Callable[..., None]:
    def check(self: Any, bucket_name: str | None = None, key_name: str | None = None) -> None:
        account, caller = current(), _callers.get(self.get_access_key())
        if account is None or caller is None:
            original(self, bucket_name, key_name)
            return
        from moto.s3.exceptions import S3AccessDeniedError

        given = {name: value for name, value in (("Bucket", bucket_name), ("Key", key_name)) if value}
        if refuse(account, caller, "s3", self._get_action(), given) is not None:
            raise S3AccessDeniedError

    return check


def _denied(service: str, message: str) -> Exception:
    import botocore.session
    from werkzeug.exceptions import Forbidden

    protocol = botocore.session.get_session().get_service_model(service).metadata.get("protocol")
    if protocol in ("query", "ec2"):
        body = (
            "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code>"
            f"<Message>{message}</Message></Error><RequestId>embedded</RequestId></ErrorResponse>"
        )
    else:
        body = json.dumps({"__type": "AccessDeniedException", "message": message})
    error = Forbidden()
    error.description = body
    return error
