"""Roles of the security plugin, as little as each needs: put where the plugin answers.

Who has a role is the domain owner's to say (a role mapping to an IAM role or a group of the identity provider); we
put the roles and never touch mappings. On OpenSearch Serverless access is a data access policy of AWS instead.
"""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

from opensearchpy import OpenSearch
from opensearchpy.exceptions import TransportError

_NO_SUCH_PLUGIN = (400, 404, 405)  # "no handler found for uri", by version
_PATH = "/_plugins/_security/api/roles"


def roles() -> dict[str, dict[str, Any]]:
    """By name, as the plugin takes them."""
    decided: dict[str, dict[str, Any]] = json.loads((files("tidegate.index") / "roles.json").read_text("utf-8"))
    return decided


def install(client: OpenSearch) -> bool:
    """Puts all roles; False where no such plugin answers. Safe to repeat. Raises TransportError where it refuses."""
    try:
        client.transport.perform_request("GET", _PATH)
    except TransportError as error:
        if error.status_code in _NO_SUCH_PLUGIN:
            return False
        raise
    for name, body in roles().items():
        client.transport.perform_request("PUT", f"{_PATH}/{name}", body=body)
    return True


def delete(client: OpenSearch) -> None:
    for name in roles():
        try:
            client.transport.perform_request("DELETE", f"{_PATH}/{name}")
        except TransportError as error:
            if error.status_code not in _NO_SUCH_PLUGIN:
                raise
