"""boto3 sessions that share what botocore has read: an account has some twenty roles, each with its own clients.

Reading and indexing the service models costs more than everything else that a client does here.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from functools import cache
from typing import Any

import boto3
import botocore.session
from botocore.loaders import Loader

from tidegate_local import hooks
from tidegate_local.aws_extensions import agentcore, incident_response, price_list, security_hub

SECRET = "embedded"  # noqa: S105 - of every session here: nobody in AWS has such a key


@cache
def _loader() -> Loader:
    loader: Loader = botocore.session.get_session().get_component("data_loader")
    return loader


def new_session(key: str, secret: str, token: str | None, region: str) -> boto3.Session:
    core = botocore.session.Session()
    loader = _loader()
    core.register_component("data_loader", loader)
    session = boto3.Session(key, secret, token, region_name=region, botocore_session=core)
    for answers in (price_list.answer, agentcore.answer, security_hub.answer, incident_response.answer):
        session.events.register_last("before-call", answers)  # type: ignore[arg-type]  # answers instead of AWS
    loader.search_paths[:] = dict.fromkeys(loader.search_paths)  # each session adds boto3's own path
    return session


def install() -> None:
    hooks.replace("botocore.auth:SigV4Auth.add_auth", _with_the_key_alone)


def _with_the_key_alone(original: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
    """Whoever calls the embedded account is known by the access key in the header. Nobody there checks what was signed
    with a secret that is none, and signing is a fifth of what a call costs."""
    auth = importlib.import_module("botocore.auth")
    plain = (auth.SigV4Auth, auth.S3SigV4Auth)  # what signs an address, which may be handed on, signs as ever

    def add_auth(self: Any, request: Any) -> None:
        if type(self) not in plain or self.credentials is None or self.credentials.secret_key != SECRET:
            original(self, request)
            return
        request.context["timestamp"] = auth.get_current_datetime().strftime(auth.SIGV4_TIMESTAMP)
        self._modify_request_before_signing(request)
        scope = self.scope(request)
        request.headers["Authorization"] = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=none"

    return add_auth
