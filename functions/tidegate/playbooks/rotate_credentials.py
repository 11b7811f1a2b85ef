"""Take stolen credentials out of an attacker's hands.

Escalation is denied first: whoever holds a key could make another, a role or a policy. Then what was stolen is
stopped, replaced and handed over:

- an IAM user's access key: stopped, replaced in Secrets Manager; AWS's quarantine policy is taken off afterwards;
- a long-term Bedrock API key: its service-specific credential is stopped. A `BedrockAPIKey-*` user exists only to carry
  one: whoever gave it access keys was not its application, so it is denied everything and its keys are not replaced;
- a short-term Bedrock API key: the identity that made it is denied bearer tokens, and the session is denied. The
  event's `bearerTokenType` says which of the two it was; where it says nothing, both are stopped;
- a role session: that session is denied, because temporary credentials can't be rotated;
- a secret that was read and that RotatedSecrets names: rotated.

What an earlier response to the same incident holds already is left out: two statements on one user would say the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tidegate.errors import HeldAlready, Refused
from tidegate.model import Incident
from tidegate.playbooks.playbook import Lever, Playbook, Surroundings, first_of, held_as, names_of, target

about = Playbook(
    id="rotate_credentials",
    summary="Stop stolen credentials, replace them and hand the new ones over.",
    answers=("phantom_user_pivot", "session_credentials_stolen", "leaked_access_key", "stolen_credentials"),
    expires=True,
    undo="Denials are taken back exactly; a stolen key stays inactive and its replacement stays valid. The stopped key "
    "is deleted after DeleteStoppedKeys days, unless somebody re-activates it or undoes the run before.",
)

# IAM takes 16 to 128 word characters as a key id and refuses anything else: such a name in a log is no key to act on,
# and the whole user is denied instead. (IAM API reference, UpdateAccessKey, AccessKeyId.)
LONG_TERM_KEY = re.compile(r"key:AKIA\w{12,124}", re.ASCII)
PHANTOM = "BedrockAPIKey-"  # IAM user that the console makes for a long-term Bedrock API key
API_KEY_DETECTORS = frozenset(
    {"api_key_created", "api_key_new_origin"}
)  # what they find was done with a Bedrock API key
IDENTITY_CENTER = "AWSReservedSSO_"
SECRET = re.compile(r"arn:aws[\w-]*:secretsmanager:[\w-]+:\d{12}:secret:(?P<name>[\w/+=.@-]{1,512})", re.ASCII)


def levers(incident: Incident, known: Surroundings) -> tuple[Lever, ...]:
    names = names_of(incident)
    key = next((name.removeprefix("key:") for name in names if LONG_TERM_KEY.fullmatch(name)), None)
    user = first_of(names, "iam-user") or (known.key_owner(key) if key else None)
    session = first_of(names, "session")
    if user:
        wanted = list(_user(incident, user, key, known))
    elif session:
        wanted = list(_session(incident, session, known))
    else:
        wanted = []
    wanted += _secret(incident, known, alone=not wanted)
    if not wanted:
        raise Refused(
            f"{incident.caller:.200}: neither an IAM user nor a role session. A root user's keys are deleted by the "
            "root user; a service's are the service's own."
        )
    free = tuple(lever for lever in wanted if not _names(lever) & known.standing)
    if not free:
        raise HeldAlready(
            f"{incident.caller:.200}: an earlier response to the incident holds all that this one would do."
        )
    return free


def _names(lever: Lever) -> set[str]:
    """As it would be held, and as what denies more would be."""
    exactly = held_as(lever.action, lever.target.id, lever.parameters)
    return {exactly, held_as(lever.action, lever.target.id, {})}


def _user(incident: Incident, user: str, key: str | None, known: Surroundings) -> Iterator[Lever]:
    phantom = user.startswith(PHANTOM)
    by_api_key = phantom or bool(API_KEY_DETECTORS & set(incident.detectors))
    yield _deny(incident, user, "models_and_escalation" if phantom or not (key or by_api_key) else "escalation")
    if by_api_key:
        yield from _api_keys(incident, user, phantom)
    if key:
        yield Lever("deactivate_access_key", target(incident, "access_key", key, user=user), reach_by=f"key:{key}")
    if key and not phantom:
        yield _replace(incident, user, key, known.stack)
        yield Lever("detach_quarantine_policy", target(incident, "iam_user", user), {"leaked": key}, required=False)


def _session(incident: Incident, session: str, known: Surroundings) -> Iterator[Lever]:
    role, by = session.partition("/")[0], f"session:{session}"
    if role.startswith(IDENTITY_CENTER) and known.means.identity_center:
        yield Lever("deny_identity_center_user", target(incident, "identity_center_user", session), reach_by=by)
        return
    yield Lever("deny_role_session", target(incident, "role_session", session), reach_by=by)
    if API_KEY_DETECTORS & set(incident.detectors):
        yield Lever("deny_bearer_tokens", target(incident, "role", role), required=False, reach_by=f"role:{role}")


def _secret(incident: Incident, known: Surroundings, *, alone: bool) -> Iterator[Lever]:
    """The first secret that the incident names and that may be rotated: a plan takes each action once."""
    for resource in incident.resources:
        found = SECRET.fullmatch(resource)
        if found and found["name"].startswith(known.means.secrets):
            yield Lever("rotate_secret", target(incident, "secret", resource), required=alone, reach_by=resource)
            return


def _deny(incident: Incident, user: str, deny: str) -> Lever:
    return Lever("deny_iam_user", target(incident, "iam_user", user), {"deny": deny}, reach_by=f"iam-user:{user}")


def _api_keys(incident: Incident, user: str, phantom: bool) -> Iterator[Lever]:
    """By the type that was used. A phantom user's bearer tokens are denied with all else that it is denied."""
    types = {name.removeprefix("api-key:") for name in incident.related if name.startswith("api-key:")}
    if types != {"SHORT_TERM"} or phantom:
        which = target(incident, "api_key", user, user=user)
        yield Lever("stop_api_key", which, {"stolen": True}, required=False)
    if types != {"LONG_TERM"} and not phantom:
        yield Lever(
            "deny_bearer_tokens", target(incident, "iam_user", user), required=False, reach_by=f"iam-user:{user}"
        )


def _replace(incident: Incident, user: str, key: str, stack: str) -> Lever:
    return Lever(
        "replace_access_key",
        target(incident, "access_key", key, user=user),
        {"secret": f"{stack}/access-keys/{user}"},
        required=False,
    )
