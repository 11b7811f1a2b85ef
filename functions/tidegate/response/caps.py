"""What an attacker must not make Tidegate do too much of: contain, ask, tell.

Whoever can write into logs can cause incidents: with forged metadata, from many names, in another's name. Over a cap
nothing is lost: the incident, its plan and its documents are kept, a person is asked instead of `auto` acting, and
messages are held back after one that says so. Each cap counts the hour before.
"""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

from aws_lambda_powertools.metrics import MetricUnit

from tidegate.model import Incident
from tidegate.response.world import Records, World
from tidegate.telemetry import metrics

SIGNERS = ("session:", "iam-user:", "key:", "role:")


def too_many_containments(world: World, incident: Incident, executions: Sequence[str]) -> str:
    """Why the plan's rounds, each a containment of its own, are too many by themselves in an hour; empty while they
    aren't. Counted by the kind of caller, so that a flood of end users doesn't hold up the one stolen key."""
    most = world.settings.containments_per_hour
    kind = incident.caller.partition(":")[0]
    if all(_within(world, f"containments/{kind}", execution, most) for execution in executions):
        return ""
    metrics.add_metric("ContainmentsCapped", MetricUnit.Count, 1)
    return f"{most} callers of kind {kind} were contained in the last hour, as many as auto may"


def untrusted_metadata(world: World, incident: Incident) -> str:
    """Why the end user's name may be forged: who signed the calls isn't a gateway whose metadata is trusted."""
    trusted = world.settings.trusted_gateways
    if not trusted or not incident.caller.startswith("user:"):
        return ""
    signers = [name for name in incident.related if name.startswith(SIGNERS)]
    ours = [name for name in signers if any(_matches(name, pattern) for pattern in trusted)]
    strangers = [name for name in signers if name.startswith(("session:", "iam-user:")) and name not in ours]
    if ours and not strangers:
        return ""
    return "the end user's name comes from requestMetadata of a principal that TrustedGateways doesn't name"


def _matches(name: str, pattern: str) -> bool:
    """`role:ROLE` trusts its sessions too."""
    kind, _, value = name.partition(":")
    role = f"role:{value.partition('/')[0]}" if kind == "session" else name
    return fnmatchcase(name, pattern) or fnmatchcase(role, pattern)


def may_tell(world: Records, key: str, *, asking: bool, channel: str = "") -> tuple[bool, bool]:
    """(whether this message goes out, whether it is the first that is held back).

    Requests for approval have a cap of their own: a flood of other news doesn't silence them. So has each channel.
    """
    kind, most = ("approvals" if asking else "messages"), world.settings.messages_per_hour
    kind = f"{kind}/{channel}" if channel else kind
    if _within(world, kind, key, most):
        return True, False
    metrics.add_metric("MessagesHeldBack", MetricUnit.Count, 1)
    return False, _within(world, f"{kind}/held back", "said", 1, once=True)


def _within(world: Records, name: str, entry: str, most: int, *, once: bool = False) -> bool:
    return world.ledger.within(f"cap/{name}", entry, most=most, now=world.clock().timestamp(), once=once)
