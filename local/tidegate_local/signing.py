"""Calls to the embedded account are not signed: they name who calls, as ever.

Nobody there checks what was signed with a secret that is none, and signing is a fifth of what a call costs.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from tidegate_local import hooks

SECRET = "embedded"  # noqa: S105 - of every session of the embedded account: nobody in AWS has such a key
_NO_SECRETS = (SECRET, "FOOBARSECRET")  # the second is moto's own, where nobody names one


def install() -> None:
    hooks.replace("botocore.auth:SigV4Auth.add_auth", _with_the_key_alone)


def _with_the_key_alone(original: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
    """Whoever calls is known by the access key in the header."""
    auth = importlib.import_module("botocore.auth")
    plain = (auth.SigV4Auth, auth.S3SigV4Auth)  # what signs an address, which may be handed on, signs as ever

    def add_auth(self: Any, request: Any) -> None:
        if type(self) not in plain or self.credentials is None or self.credentials.secret_key not in _NO_SECRETS:
            original(self, request)
            return
        request.context["timestamp"] = auth.get_current_datetime().strftime(auth.SIGV4_TIMESTAMP)
        self._modify_request_before_signing(request)
        scope = self.scope(request)
        request.headers["Authorization"] = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=none"

    return add_auth
