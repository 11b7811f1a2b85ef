"""Stop one caller that takes too much, by the narrowest lever that works, and wider ones only while it goes on.

The ladder: limit the end user, block it, block its address, deny its session (or the person of Identity Center behind
it), revoke the role's older sessions, deny the role, deny it above the account. Each response pulls one rung: the one
above the highest that earlier responses to the incident still hold. An incident that only grew graver climbs from a
limit to a block and no further: what stops every call is climbed from when calls succeed in spite of it. Where a
rung's lever can't be used (no room in a policy, a role that can't be edited), the next one of the same principal
stands in.

The logged identity is often an application's shared role: from the role's older sessions upwards a person is asked,
and of one end user's incident from the session upwards, because the application's others come through it too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tidegate.errors import HeldAlready, Refused
from tidegate.model import Incident, Severity
from tidegate.playbooks.playbook import Lever, Playbook, Surroundings, first_of, names_of, target

about = Playbook(
    id="throttle_caller",
    summary="Stop one caller that takes too much, by the narrowest lever, and wider ones only while it goes on.",
    answers=("quota_abuse", "extraction"),
    expires=True,
    undo="The quota item, the key, the IP set or the Tidegate policy is put back exactly as it was found.",
)

LIMIT = "limit_end_user"
IDENTITY_CENTER = "AWSReservedSSO_"

type Rung = tuple[Lever, ...]


def levers(incident: Incident, known: Surroundings) -> tuple[Lever, ...]:
    """Raises Refused when nothing is narrow enough, HeldAlready when what holds is enough."""
    ladder = list(_ladder(incident, known))
    held = [step for step, rung in enumerate(ladder) if any(_stands(lever, known) for lever in rung)]
    if held and not known.goes_on and not _is_limit(ladder[held[-1]]):
        raise HeldAlready(f"{incident.caller:.200} is stopped already, and no call of it succeeded since.")
    free = ladder[held[-1] + 1 if held else 0 :]
    if not free:
        raise Refused(
            f"{incident.caller:.200}: no lever is narrow enough, or all of them hold already. Give the application's "
            "calls a user in requestMetadata or a session name of their own, or lower the account's quota by hand."
        )
    return free[0]


def _stands(lever: Lever, known: Surroundings) -> bool:
    return any(f"{each.action}:{each.target.id}" in known.standing for each in (lever, *lever.otherwise))


def _is_limit(rung: Rung) -> bool:
    return all(lever.action == LIMIT for lever in rung)


def _ladder(incident: Incident, known: Surroundings) -> Iterator[Rung]:
    """Narrowest first, from the caller up: related names are wider for an end user, and narrower for a role."""
    kind, _, value = incident.caller.partition(":")
    if kind == "user":
        yield from _end_user(incident, value, known)
    if kind in ("user", "session", "role"):
        yield from _sessions(incident, kind, value, known)
    if kind in ("iam-user", "key"):
        yield from _iam_user(incident, value if kind == "iam-user" else known.key_owner(value), known)


def _end_user(incident: Incident, user: str, known: Surroundings) -> Iterator[Rung]:
    means = known.means
    limit = Lever(LIMIT, target(incident, "end_user", user))
    if _is_about_quantity(incident) or _stands(limit, known):
        yield (limit,)
    block = [Lever("block_end_user", target(incident, "end_user", user))]
    if means.gateway_keys:
        block.append(Lever("disable_gateway_key", target(incident, "gateway_key", user), required=False))
    if means.user_pool:
        pool = {"pool": means.user_pool}
        block.append(Lever("sign_out_cognito_user", target(incident, "cognito_user", user), pool, required=False))
    yield tuple(block)
    address = first_of(names_of(incident), "address")
    if address and means.address_set:
        where = {"address_set": means.address_set}
        yield (Lever("block_address", target(incident, "address", address), where, reach_by=f"address:{address}"),)


def _is_about_quantity(incident: Incident) -> bool:
    """A limit answers too much of what is allowed; it does not answer what must not happen at all, or is grave."""
    return set(incident.families) <= {"quota_abuse"} and incident.severity.rank < Severity.HIGH.rank


def _sessions(incident: Incident, kind: str, value: str, known: Surroundings) -> Iterator[Rung]:
    session = first_of(names_of(incident), "session")
    role = value if kind == "role" else (session or "").partition("/")[0]
    of_one = f", on account of one end user, {value:.64}" if kind == "user" else ""
    asks = f"it stops everyone who comes through session {session:.128}{of_one}" if session and of_one else ""
    wider = [replace(each, asks=each.asks + of_one) for each in _role(incident, role, known)] if role else []
    if session and role.startswith(IDENTITY_CENTER) and known.means.identity_center:
        person = Lever("deny_identity_center_user", target(incident, "identity_center_user", session))
        yield (replace(person, reach_by=f"session:{session}", asks=asks, otherwise=tuple(wider[-1:])),)
    elif session:
        deny = Lever("deny_role_session", target(incident, "role_session", session), reach_by=f"session:{session}")
        yield (replace(deny, asks=asks, otherwise=tuple(wider)),)
    for step, lever in enumerate(wider):
        yield (replace(lever, otherwise=tuple(wider[step + 1 :])),)


def _role(incident: Incident, role: str, known: Surroundings) -> Iterator[Lever]:
    everyone = f"it reaches everyone who uses role {role:.64}"
    shared, by = target(incident, "role", role), f"role:{role}"
    if not role.startswith(IDENTITY_CENTER):
        if known.now:
            before = {"before": known.now.isoformat()}
            yield Lever("revoke_older_sessions", shared, before, reach_by=by, asks=everyone)
        yield Lever("deny_role", shared, reach_by=by, asks=everyone)
    yield from _above(incident, f"role:{role}", known)


def _iam_user(incident: Incident, user: str, known: Surroundings) -> Iterator[Rung]:
    by, which = f"iam-user:{user}", target(incident, "iam_user", user)
    above = tuple(_above(incident, by, known))
    cap = Lever("put_permissions_boundary", which, reach_by=by, asks="a boundary stops everything the user does")
    yield (Lever("deny_iam_user", which, reach_by=by, otherwise=(cap, *above)),)
    for lever in above:
        yield (lever,)


def _above(incident: Incident, principal: str, known: Surroundings) -> Iterator[Lever]:
    if policy := known.means.containment_policy:
        yield Lever(
            "deny_by_scp",
            target(incident, "principal", principal),
            {"policy": policy},
            reach_by=principal,
            asks="a service control policy is the last step",
        )
