"""Take stolen credentials out of an attacker's hands.

An IAM user's key: deny escalation, stop the key, make a new one and hand it over. A role session: deny that session,
because temporary credentials can't be rotated. A `BedrockAPIKey-*` user exists only to carry one Bedrock API key:
whoever gave it access keys was not its application, so it is denied everything and its key is not replaced.
"""

from __future__ import annotations

import re

from tidegate.errors import Refused
from tidegate.model import Incident
from tidegate.playbooks.playbook import Lever, Playbook, Surroundings, first_of, names_of, target

about = Playbook(
    id="rotate_credentials",
    summary="Stop stolen credentials, replace them and hand the new ones over.",
    answers=("phantom_user_pivot", "session_credentials_stolen", "stolen_credentials"),
    expires=True,
    undo="Denials are taken back exactly; a stolen key stays inactive and its replacement stays valid.",
)

# IAM takes 16 to 128 word characters as a key id and refuses anything else: such a name in a log is no key to act on,
# and the whole user is denied instead. (IAM API reference, UpdateAccessKey, AccessKeyId.)
LONG_TERM_KEY = re.compile(r"key:AKIA\w{12,124}", re.ASCII)
PHANTOM = "BedrockAPIKey-"  # IAM user that the console makes for a long-term Bedrock API key


def levers(incident: Incident, known: Surroundings) -> tuple[Lever, ...]:
    names = names_of(incident)
    key = next((name.removeprefix("key:") for name in names if LONG_TERM_KEY.fullmatch(name)), None)
    user = first_of(names, "iam-user") or (known.key_owner(key) if key else None)
    session = first_of(names, "session")
    if session and not user:
        return (Lever("deny_role_session", target(incident, "role_session", session), reach_by=f"session:{session}"),)
    if not user:
        raise Refused(
            f"{incident.caller:.200}: neither an IAM user nor a role session. A root user's keys are deleted by the "
            "root user; a service's are the service's own."
        )
    if user.startswith(PHANTOM):
        return (_deny(incident, user, "models_and_escalation"), *_stop(incident, user, key))
    if not key:
        return (_deny(incident, user, "models_and_escalation"),)
    return (
        _deny(incident, user, "escalation"),
        *_stop(incident, user, key),
        _replace(incident, user, key, known.stack),
    )


def _deny(incident: Incident, user: str, deny: str) -> Lever:
    return Lever("deny_iam_user", target(incident, "iam_user", user), {"deny": deny}, reach_by=f"iam-user:{user}")


def _stop(incident: Incident, user: str, key: str | None) -> tuple[Lever, ...]:
    if not key:
        return ()
    return (Lever("deactivate_access_key", target(incident, "access_key", key, user=user), reach_by=f"key:{key}"),)


def _replace(incident: Incident, user: str, key: str, stack: str) -> Lever:
    return Lever(
        "replace_access_key",
        target(incident, "access_key", key, user=user),
        {"secret": f"{stack}/access-keys/{user}"},
        required=False,
    )
