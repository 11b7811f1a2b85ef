"""Guardrails that an account enforces on every call, as they are listed and put. Not an action."""

from __future__ import annotations

from typing import Any

from tidegate.actions.action import Clients
from tidegate.actions.switch import plain

_SHAPES = ("selectiveContentGuarding", "modelEnforcement")


def listed(clients: Clients) -> list[dict[str, Any]]:
    """Every enforced configuration of the account in this Region."""
    found: list[dict[str, Any]] = []
    asked: dict[str, str] = {}
    while True:
        page = clients.named("bedrock").list_enforced_guardrails_configuration(**asked)
        found += page["guardrailsConfig"]
        if not page.get("nextToken"):
            return found
        asked = {"nextToken": page["nextToken"]}


def as_put(configuration: dict[str, Any]) -> dict[str, Any]:
    """As listed, or as an event tells -> as PutEnforcedGuardrailConfiguration takes it."""
    named = configuration.get("guardrailArn") or configuration.get("guardrailIdentifier", "")
    put = {"guardrailIdentifier": named, "guardrailVersion": configuration.get("guardrailVersion", "")}
    put |= {name: configuration[name] for name in _SHAPES if configuration.get(name)}
    return dict(plain(put))


def short(identifier: str) -> str:
    """A guardrail is named by id or ARN."""
    return identifier.rpartition("/")[2]


def enforces(configuration: dict[str, Any], guardrail: str, version: str) -> bool:
    put = as_put(configuration)
    return short(put["guardrailIdentifier"]) == short(guardrail) and put["guardrailVersion"] == version
