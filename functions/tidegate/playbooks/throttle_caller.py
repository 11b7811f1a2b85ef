"""Stop one caller that is over its quota, by the narrowest lever: end user, role session, IAM user.

The logged identity is often an application's shared role: denying the role would stop every user of it, so a role
alone is refused and a person decides.
"""

from __future__ import annotations

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
    kind, _, value = incident.caller.partition(":")
    match kind:
        case "user":
            return (Lever("block_end_user", target(incident, "end_user", value)),)
        case "session":
            return (Lever("deny_role_session", target(incident, "role_session", value), reach_by=incident.caller),)
        case "iam-user":
            return (_deny_user(incident, value),)
        case "key":
            return (_deny_user(incident, known.key_owner(value)),)
        case "role" if session := first_of(names_of(incident), "session"):
            return (
                Lever("deny_role_session", target(incident, "role_session", session), reach_by=f"session:{session}"),
            )
        case _:
            raise Refused(
                f"{incident.caller:.200}: no lever is narrow enough. Give the application's calls a user in "
                "requestMetadata or a session name of their own, or lower the account's quota by hand."
            )


def _deny_user(incident: Incident, user: str) -> Lever:
    return Lever("deny_iam_user", target(incident, "iam_user", user), reach_by=f"iam-user:{user}")
