"""boto3 sessions that share what botocore has read: an account has some twenty roles, each with its own clients.

Reading and indexing the service models costs more than everything else that a client does here.
"""

from __future__ import annotations

from functools import cache

import boto3
import botocore.session
from botocore.loaders import Loader

from tidegate_local.aws_extensions import agentcore, incident_response, price_list, security_hub


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
