"""Stop one caller that is over its quota, by the narrowest lever: end user, role session, IAM user.

When the abuse goes on although an earlier response holds a lever, the next wider one is pulled; how many others it
reaches then decides whether a person is asked first.

The logged identity is often an application's shared role: denying the role would stop every user of it, so a role
alone is refused and a person decides.
"""

from __future__ import annotations

from collections.abc import Iterator

from tidegate.errors import Refused
from tidegate.model import Incident
from tidegate.playbooks.playbook import Lever, Playbook, Surroundings, first_of, names_of, target

about = Playbook(
    id="throttle_caller",
    summary="Stop one caller that is over its quota, by the narrowest lever.",
    answers=("quota_abuse", "extraction"),
    expires=True,
    undo="The quota item or the Tidegate policy is put back exactly as it was found.",
)


def levers(incident: Incident, known: Surroundings) -> tuple[Lever, ...]:
    free = [lever for lever in _ladder(incident, known) if f"{lever.action}:{lever.target.id}" not in known.standing]
    if not free:
        raise Refused(
            f"{incident.caller:.200}: no lever is narrow enough, or all of them hold already. Give the application's "
            "calls a user in requestMetadata or a session name of their own, or lower the account's quota by hand."
        )
    return (free[0],)


def _ladder(incident: Incident, known: Surroundings) -> Iterator[Lever]:
    """Narrowest first, from the caller up: related names are wider for an end user, and narrower for a role."""
    kind, _, value = incident.caller.partition(":")
    session = first_of(names_of(incident), "session")
    if kind == "user":
        yield Lever("block_end_user", target(incident, "end_user", value))
    if kind in ("user", "session", "role") and session:
        yield _deny_session(incident, session)
    if kind == "iam-user":
        yield _deny_user(incident, value)
    if kind == "key":
        yield _deny_user(incident, known.key_owner(value))


def _deny_session(incident: Incident, session: str) -> Lever:
    return Lever("deny_role_session", target(incident, "role_session", session), reach_by=f"session:{session}")


def _deny_user(incident: Incident, user: str) -> Lever:
    return Lever("deny_iam_user", target(incident, "iam_user", user), reach_by=f"iam-user:{user}")
