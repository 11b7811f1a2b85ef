"""Before any plan: what must not be touched, and how far a lever would reach."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from fnmatch import fnmatchcase

from tidegate.errors import Refused, TidegateError
from tidegate.model import Incident, Target
from tidegate.playbooks import Lever
from tidegate.response.world import World
from tidegate.settings import Settings

ROLES = ("role_session", "role")
OURS = (*ROLES, "iam_user", "access_key", "api_key", "principal")  # kinds that one of Tidegate's own may be
REACH_WINDOW = timedelta(days=1)  # who used the lever in the day before, besides the incident's own time


def refuse_root(incident: Incident) -> None:
    if incident.caller.startswith("root:"):
        raise Refused("the root user is never acted on: end its sessions and change its password and keys by hand.")


def refuse_protected(target: Target, settings: Settings) -> None:
    """Raises Refused for service-linked and Identity Center roles, our own and the configured principals."""
    name = target.id.partition("/")[0]
    if target.kind in ROLES and name.startswith("AWSServiceRoleFor"):
        raise Refused(f"{name} is a service-linked role and can't be edited: stop the service's resource that uses it.")
    if target.kind in ROLES and name.startswith("AWSReservedSSO_"):
        raise Refused(
            f"{name} belongs to Identity Center and can't be edited: end the person's sessions there, or deny "
            "identitystore:userId in the permission set or by a service control policy."
        )
    for known in _names(target):
        if target.kind in OURS and known.startswith(f"{settings.stack}-"):
            raise Refused(f"{known} is Tidegate's own: it is never acted on. If it was misused, redeploy the stack.")
        for pattern in settings.protected_principals:
            if fnmatchcase(known, pattern):
                raise Refused(f"{target} is protected by {pattern!r} in ProtectedPrincipals: a person acts, or nobody.")


def _names(target: Target) -> Iterable[str]:
    """Every way a protected principal may be written: NAME, kind:NAME, ARN."""
    match target.kind:
        case "role_session" | "role" | "identity_center_user":
            role = target.id.partition("/")[0]
            yield from (role, f"role:{role}", f"session:{target.id}", f"arn:aws:iam::{target.account}:role/{role}")
        case "iam_user" | "access_key" | "api_key":
            user = target.details.get("user", target.id)
            yield from (user, f"iam-user:{user}", f"arn:aws:iam::{target.account}:user/{user}")
            if target.kind == "access_key":
                yield f"key:{target.id}"
        case "end_user" | "gateway_key" | "cognito_user":
            yield f"user:{target.id}"  # never the bare name: an end user may call itself as a protected role
        case "principal":  # kind:NAME, as a service control policy names it
            kind, _, name = target.id.partition(":")
            short = name.partition("/")[0]
            path = "user" if kind == "iam-user" else "role"
            yield from (target.id, f"{kind}:{short}", short, f"arn:aws:iam::{target.account}:{path}/{short}")
        case _:
            yield from (target.id, *target.details.values())


def reach_of(world: World, incident: Incident, lever: Lever) -> tuple[int, str]:
    """How many others use this lever, by our own events, and why that number may be wrong; -1 when unknown."""
    if not lever.reach_by:
        return 0, ""
    if world.events is None:
        return 0, "reach was not counted: this installation has no index"
    now = world.clock()
    since = min(incident.first_seen, now - REACH_WINDOW).timestamp()
    until = max(incident.last_seen, now).timestamp() + 1
    try:
        others = world.events.other_callers(incident.account, lever.reach_by, since=since, until=until)
    except TidegateError as error:
        return -1, f"reach is unknown: {error}"
    own = {incident.caller, *incident.related}
    return len([caller for caller in others if caller not in own]), ""
