"""What one record says of where it comes from, and whose past that belongs to. Not a detector."""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import ip_address, ip_network

from tidegate.callers.origins import agent_family, model_family, network_of
from tidegate.detectors.acts import Telling
from tidegate.detectors.model_calls import MODEL_CALLS
from tidegate.model import ApiCall, Invocation, Joined, Principal, narrowest_caller
from tidegate.sources.parts import opened, text

DIMENSIONS = ("network", "agent", "region", "model")
_CHANGING = re.compile(r"\d{5,}|[0-9a-f]{8,}|^i-")  # in a session's name: a time, a task, an instance
_INSIDE = tuple(
    ip_network(net) for net in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
)


def dimensions(record: ApiCall | Invocation | Joined) -> dict[str, str]:
    """What a record says of its origin; empty where it says nothing."""
    if isinstance(record, Invocation):
        return {"region": record.region, "model": "" if record.error else model_family(record.model)}
    model = ""
    if isinstance(record, Joined):
        model = record.model
    elif record.name in MODEL_CALLS:
        parameters = opened(record.parameters)
        model = text(parameters, "modelId") or text(parameters, "model")
    return {
        "network": network_of(record.address),
        "agent": agent_family(record.user_agent),
        "region": record.region,
        "model": "" if record.error else model_family(model),
    }


def lasting_name(principal: Principal) -> str:
    """Who has a past: the session where its name lasts, else the role. `Role/i-0a1b2c` is another one tomorrow."""
    return "role:" + principal.name if _changes(principal.session) else narrowest_caller(principal)


@lru_cache(maxsize=8192)
def _changes(session: str) -> bool:
    return bool(_CHANGING.search(session))


@lru_cache(maxsize=16_384)
def is_outside(address: str) -> bool:
    """Whether an address means somebody: services call by name, and private ones are shared behind an endpoint."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return not any(parsed in net for net in _INSIDE if net.version == parsed.version)


def is_model_call(record: Telling) -> bool:
    return isinstance(record, Invocation | Joined) or (isinstance(record, ApiCall) and record.name in MODEL_CALLS)
