"""Before any plan: what must not be touched, and how far a lever would reach."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from fnmatch import fnmatchcase
from typing import NamedTuple

from tidegate.errors import Refused, TidegateError
from tidegate.model import Incident, Target
from tidegate.playbooks import Lever
from tidegate.response.world import World
from tidegate.settings import Settings

ROLES = ("role_session", "role")
OURS = (*ROLES, "iam_user", "access_key", "api_key", "principal")  # kinds that one of Tidegate's own may be
REACH_WINDOW = timedelta(days=7)  # who used the lever before: what runs once a week counts, too
MOST_NAMED = 10  # of those reached; the others are a number


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


def refuse_elsewhere(target: Target, incident: Incident) -> None:
    """Raises Refused for what is another account's: a role of the same name here is not meant."""
    if target.account != incident.account:
        raise Refused(f"{target} is in account {target.account or 'unknown'}: contain it there.")


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


class Blast(NamedTuple):
    """Whom a lever would hit besides the incident's caller."""

    reach: int = 0  # others; -1: could not be counted
    reached: tuple[str, ...] = ()  # who, the most active first, at most MOST_NAMED
    remark: str = ""  # why the number is missing


def blast_of(world: World, incident: Incident, lever: Lever) -> Blast:
    """By our own events of the last days. A lever that names nobody to count hits its target alone."""
    if not lever.reach_by:
        return Blast()
    if world.events is None:
        return Blast(-1, remark="reach could not be counted: this installation has no index")
    now = world.clock()
    since = min(incident.first_seen, now - REACH_WINDOW).timestamp()
    until = max(incident.last_seen, now).timestamp() + 1
    try:
        others = world.events.other_callers(incident.account, lever.reach_by, since=since, until=until)
    except TidegateError as error:
        return Blast(-1, remark=f"reach could not be counted: {error}")
    own = {incident.caller, *incident.related}
    hit = [caller for caller in others if caller not in own]
    return Blast(len(hit), tuple(hit[:MOST_NAMED]))
