"""Disable the API Gateway keys of one end user, for applications that hand a key to each of theirs.

A key is the end user's when its customer id, or else its name, is the end user's name exactly. Usage plans only
throttle, as best they can: a disabled key is refused.
https://docs.aws.amazon.com/apigateway/latest/api/API_UpdateApiKey.html
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tidegate.actions.action import Action, Clients, Family, Proof, Reach, Restored
from tidegate.errors import ChangedSince, NotProven, Refused
from tidegate.model import Difference, Model, Step

about = Action(
    id="disable_gateway_key",
    summary="Disable the API Gateway keys of one end user.",
    family=Family.CALLERS,
    reads=("apigateway:GET",),
    changes=("apigateway:PATCH",),
    calls=("apigateway:UpdateApiKey enabled=false",),
    limits="Works where each end user has a key of its own, named by customer id or name. API Gateway may take up to "
    "a minute to refuse a disabled key.",
    reach=Reach.ONE_END_USER,
    undo="Each key is enabled again if it was.",
    shared=True,
)

MOST_KEYS = 10  # of one end user: a name that fits more is no end user's


class Found(Model):
    keys: dict[str, bool]  # id -> enabled; never a value


class Changed(Model):
    disabled: tuple[str, ...]


def snapshot(step: Step, clients: Clients) -> Found:
    """Raises Refused when no key, or more keys than one end user has, are the end user's."""
    keys = {key["id"]: bool(key["enabled"]) for key in _keys_of(step.target.id, clients)}
    if not keys or len(keys) > MOST_KEYS:
        raise Refused(
            f"{step.target!s:.200} has {len(keys)} API Gateway keys by customer id or name: block_end_user blocks it."
        )
    return Found(keys=dict(sorted(keys.items())))


def differences(step: Step, found: Found) -> Iterable[Difference]:
    for key, enabled in found.keys.items():
        yield Difference(resource=f"api-gateway-key/{key}/enabled", before=enabled, after=False)


def apply(step: Step, found: Found, clients: Clients) -> Changed:
    for key in found.keys:
        if _enabled(key, clients):
            _set(key, to=False, clients=clients)
    return Changed(disabled=tuple(key for key, enabled in found.keys.items() if enabled))


def verify(step: Step, found: Found, changed: Changed, clients: Clients) -> Proof:
    now = {key: _enabled(key, clients) for key in found.keys}
    if any(now.values()):
        raise NotProven(f"{step.target}: API Gateway keys {', '.join(key for key in now if now[key])} are enabled.")
    return Proof(facts={"enabled": now})


def undo(step: Step, found: Found, changed: Changed | None, clients: Clients) -> Restored:
    """Raises ChangedSince when a key has been deleted."""
    now = {key: _enabled(key, clients) for key, enabled in found.keys.items() if enabled}
    if gone := [key for key, enabled in now.items() if enabled is None]:
        raise ChangedSince(f"API Gateway key {', '.join(gone)} has been deleted since: it can't be enabled again.")
    disabled = [key for key, enabled in now.items() if not enabled]
    for key in disabled:
        _set(key, to=True, clients=clients)
    return Restored(facts={"enabled": found.keys}, already=not disabled)


def _keys_of(user: str, clients: Clients) -> list[dict[str, Any]]:
    """By customer id, which GetApiKeys filters, else by name, which it filters by prefix."""
    gateway = clients.named("apigateway")
    by_customer: list[dict[str, Any]] = _listed(gateway, customerId=user)
    exact = [key for key in by_customer if key.get("customerId") == user]
    return exact or [key for key in _listed(gateway, nameQuery=user) if key.get("name") == user]


def _listed(gateway: Any, **by: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = gateway.get_api_keys(limit=500, includeValues=False, **by)["items"]
    return found


def _enabled(key: str, clients: Clients) -> bool | None:
    """None: deleted."""
    gateway = clients.named("apigateway")
    try:
        return bool(gateway.get_api_key(apiKey=key, includeValue=False)["enabled"])
    except gateway.exceptions.NotFoundException:
        return None


def _set(key: str, *, to: bool, clients: Clients) -> None:
    change = {"op": "replace", "path": "/enabled", "value": str(to).lower()}
    clients.named("apigateway").update_api_key(apiKey=key, patchOperations=[change])
