"""Take stolen credentials out of an attacker's hands.

Escalation is denied first: whoever holds a key could make another, a role or a policy. Then what was stolen is
stopped, replaced and handed over:

- an IAM user's access key: stopped, what was made out of it is denied until it expires, and it is replaced in Secrets
  Manager; AWS's quarantine policy is taken off afterwards. Each session of a role that was opened with it, and that the
  incident or our own events name, is denied for as long as it can live;
- a long-term Bedrock API key: its service-specific credential is stopped. A `BedrockAPIKey-*` user exists only to carry
  one: whoever gave it access keys was not its application, so it is denied everything and its keys are not replaced;
- a short-term Bedrock API key: the identity that made it is denied bearer tokens, and the session is denied. The
  event's `bearerTokenType` says which of the two it was; where it says nothing, both are stopped;
- a role session: that session is denied, because temporary credentials can't be rotated;
- a secret that was read and that RotatedSecrets names: rotated.

Each user with its key, each further key, each session and each secret is a round of its own. What an earlier response
to the same incident holds already is left out: two statements on one user would say the same. A key that was stopped
and replaced, and a stolen Bedrock API key, is deleted after the days that the parameter DeleteStoppedKeys says; the
plan says how many.

A key that findings name after the plan was made asks for one more response. The replacement that an earlier response to
the incident made is its owner's and is never stopped by it, whatever findings say of its first use; of a key that was
made after the first containment, by whom IAM doesn't say, a person decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tidegate.errors import HeldAlready, Refused
from tidegate.model import Incident, Minted
from tidegate.model.minted import LONGEST_ROLE_SESSION
from tidegate.playbooks.playbook import (
    ANY_API_KEY,
    Lever,
    Playbook,
    Surroundings,
    all_of,
    held_as,
    names_of,
    target,
)

about = Playbook(
    id="rotate_credentials",
    summary="Stop stolen credentials, replace them and hand the new ones over.",
    answers=("phantom_user_pivot", "session_credentials_stolen", "leaked_access_key", "stolen_credentials"),
    expires=True,
    undo="Denials are taken back exactly, that of what was made out of the key when it has expired; a stolen key stays "
    "inactive and its replacement stays valid.",
)

# IAM takes 16 to 128 word characters as a key id and refuses anything else: such a name in a log is no key to act on,
# and the whole user is denied instead. (IAM API reference, UpdateAccessKey, AccessKeyId.)
LONG_TERM_KEY = re.compile(r"key:AKIA\w{12,124}", re.ASCII)
TEMPORARY_KEY = re.compile(r"key:ASIA\w{12,124}", re.ASCII)
MOST_KEYS = 20  # whose owner is looked up, one call each
PHANTOM = "BedrockAPIKey-"  # IAM user that the console makes for a long-term Bedrock API key
API_KEY_DETECTORS = frozenset(
    {"api_key_created", "api_key_new_origin"}
)  # what they find was done with a Bedrock API key
IDENTITY_CENTER = "AWSReservedSSO_"
SECRET = re.compile(r"arn:aws[\w-]*:secretsmanager:[\w-]+:\d{12}:secret:(?P<name>[\w/+=.@-]{1,512})", re.ASCII)

type Made = Mapping[str, tuple[Minted, ...]]  # access key id -> what was made out of it and still lives


def levers(incident: Incident, known: Surroundings) -> tuple[Lever, ...]:
    names = names_of(incident)
    named = _keys_of_users(names, known)
    stolen = {user: [key for key in keys if not known.ours(key)] for user, keys in named.items()}
    made = {key: known.minted(key) for keys in stolen.values() for key in keys}
    wanted: list[Lever] = []
    for user, keys in stolen.items():
        wanted += _user(incident, user, keys, known, made, by_key=bool(named[user]))
    wanted += _opened(incident, known, made)
    if not stolen:
        for session in dict.fromkeys(all_of(names, "session")):
            wanted += _session(incident, session, known)
    wanted += _secrets(incident, known, alone=not wanted)
    if not wanted:
        raise Refused(
            f"{incident.caller:.200}: neither an IAM user nor a role session. A root user's keys are deleted by the "
            "root user; a service's are the service's own."
        )
    free = _free(wanted, known)
    if not free:
        raise HeldAlready(
            f"{incident.caller:.200}: an earlier response to the incident holds all that this one would do."
        )
    return free


def _free(wanted: list[Lever], known: Surroundings) -> tuple[Lever, ...]:
    """What is not held already. With each key that is stopped now, what was made out of it is denied anew."""
    free = [lever for lever in wanted if _is_newer_api_key(lever) or not _names(lever) & known.standing]
    stopped = {lever.target.details["user"] for lever in free if lever.action == "deactivate_access_key"}
    minted = [lever for lever in wanted if lever.action == "revoke_minted_credentials" and lever.target.id in stopped]
    return tuple(
        lever for lever in wanted if lever in (minted if lever.action == "revoke_minted_credentials" else free)
    )


def _is_newer_api_key(lever: Lever) -> bool:
    """Whose user has another one by now: what holds stopped those that there were."""
    return lever.action == "stop_api_key" and bool(lever.asks)


def _names(lever: Lever) -> set[str]:
    """As it would be held, and as what denies more would be."""
    exactly = held_as(lever.action, lever.target.id, lever.parameters)
    return {exactly, held_as(lever.action, lever.target.id, {})}


def _keys_of_users(names: tuple[str, ...], known: Surroundings) -> dict[str, list[str]]:
    """IAM user -> its long-term keys that the incident names. Raises Refused when nobody has the only one it names."""
    users: dict[str, list[str]] = {user: [] for user in all_of(names, "iam-user")}
    keys = [name.removeprefix("key:") for name in dict.fromkeys(names) if LONG_TERM_KEY.fullmatch(name)][:MOST_KEYS]
    if len(users) == len(keys) == 1:
        return dict.fromkeys(users, keys)
    for key in keys:
        try:
            users.setdefault(known.key_owner(key), []).append(key)
        except Refused:
            if len(keys) == 1 and not users:
                raise
    return users


def _user(
    incident: Incident, user: str, keys: list[str], known: Surroundings, made: Made, *, by_key: bool
) -> Iterator[Lever]:
    """The user and its first key are one round, each further key is another: a user has two at most.

    `by_key`: the incident names a key of the user, also when it is one that is left alone.
    """
    phantom = user.startswith(PHANTOM)
    by_api_key = phantom or bool(API_KEY_DETECTORS & set(incident.detectors))
    own = [_deny(incident, user, "models_and_escalation" if phantom or not (by_key or by_api_key) else "escalation")]
    if by_api_key:
        own += _api_keys(incident, user, phantom, known.newer(user, ANY_API_KEY))
    yield from (replace(lever, round=f"iam-user:{user}") for lever in own)
    for number, key in enumerate(keys):
        asks, which = known.newer(user, key), target(incident, "access_key", key, user=user)
        steps = [Lever("deactivate_access_key", which, reach_by=f"key:{key}", asks=asks)]
        steps += _minted(incident, user, known, made)
        if not phantom:
            steps.append(_replace(incident, user, key, known.stack))
        if not phantom and key == keys[-1]:
            quarantined = target(incident, "iam_user", user)
            steps.append(Lever("detach_quarantine_policy", quarantined, {"leaked": key}, required=False))
        yield from (replace(step, round=f"key:{key}" if number else f"iam-user:{user}") for step in steps)


def _minted(incident: Incident, user: str, known: Surroundings, made: Made) -> Iterator[Lever]:
    """What was made out of the user's keys until the plan has acted: the thief may make more until then."""
    if known.acts_by is None:
        return
    every = [each for found in made.values() for each in found]
    of_roles = {f"key:{each.key}" for each in every if each.role}  # judged by the role's policies, not by the user's
    own = (*names_of(incident), *(f"key:{each.key}" for each in every))
    temporary = [name for name in dict.fromkeys(own) if TEMPORARY_KEY.fullmatch(name) and name not in of_roles]
    parameters = {"before": known.acts_by.isoformat(), "sessions": temporary}
    which, by = target(incident, "iam_user", user), f"iam-user:{user}"
    yield Lever("revoke_minted_credentials", which, parameters, required=False, reach_by=by)


def _opened(incident: Incident, known: Surroundings, made: Made) -> Iterator[Lever]:
    """Each session of a role that a stolen key has opened: by our own events, else as the key's incident names it."""
    opened: dict[str, list[Minted]] = {}
    for each in (each for found in made.values() for each in found if each.role):
        opened.setdefault(each.name, []).append(each)
    if made and incident.caller.startswith(("iam-user:", "key:")):
        for name in all_of(names_of(incident), "session"):
            opened.setdefault(name, [])
    for name, times in opened.items():
        if not name.startswith(IDENTITY_CENTER):  # whose sessions no key opens
            yield _opened_session(incident, known, name, times)


def _opened_session(incident: Incident, known: Surroundings, name: str, times: list[Minted]) -> Lever:
    """Until it expires by itself: as AWS was asked for, or as long as a session can live where nobody tells."""
    parameters: dict[str, object] = {"sessions": [f"key:{each.key}" for each in times]}
    if known.acts_by is not None:
        parameters["before"] = known.acts_by.isoformat()
    if times:
        parameters["lives_until"] = datetime.fromtimestamp(max(each.until for each in times), UTC).isoformat()
    elif known.now is not None:
        parameters["lives_until"] = (known.now + timedelta(seconds=LONGEST_ROLE_SESSION)).isoformat()
    session = target(incident, "role_session", name)
    account = next((each.account for each in times), incident.account)
    by = f"session:{name}"
    elsewhere = session.model_copy(update={"account": account})
    return Lever("deny_role_session", elsewhere, parameters, reach_by=by, round=by)


def _session(incident: Incident, session: str, known: Surroundings) -> Iterator[Lever]:
    role, by = session.partition("/")[0], f"session:{session}"
    if role.startswith(IDENTITY_CENTER) and known.means.identity_center:
        person = target(incident, "identity_center_user", session)
        yield Lever("deny_identity_center_user", person, reach_by=by, round=by)
        return
    yield Lever("deny_role_session", target(incident, "role_session", session), reach_by=by, round=by)
    if API_KEY_DETECTORS & set(incident.detectors):
        maker, everyone = target(incident, "role", role), f"role:{role}"
        yield Lever("deny_bearer_tokens", maker, required=False, reach_by=everyone, round=by)


def _secrets(incident: Incident, known: Surroundings, *, alone: bool) -> Iterator[Lever]:
    """Those that the incident names and that may be rotated."""
    for resource in dict.fromkeys(incident.resources):
        found = SECRET.fullmatch(resource)
        if found and found["name"].startswith(known.means.secrets):
            secret = target(incident, "secret", resource)
            yield Lever("rotate_secret", secret, required=alone, reach_by=resource, round=resource)


def _deny(incident: Incident, user: str, deny: str) -> Lever:
    return Lever("deny_iam_user", target(incident, "iam_user", user), {"deny": deny}, reach_by=f"iam-user:{user}")


def _api_keys(incident: Incident, user: str, phantom: bool, newer: str) -> Iterator[Lever]:
    """By the type that was used. A phantom user's bearer tokens are denied with all else that it is denied."""
    types = {name.removeprefix("api-key:") for name in incident.related if name.startswith("api-key:")}
    if types != {"SHORT_TERM"} or phantom:
        which = target(incident, "api_key", user, user=user)
        yield Lever("stop_api_key", which, {"stolen": True}, required=False, asks=newer)
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
