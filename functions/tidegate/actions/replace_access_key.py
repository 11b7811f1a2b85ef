"""Make a new access key for a user and hand it over in Secrets Manager, where its application reads it.

IAM shows a secret key once, so a crash between making the key and handing it over loses it. A rerun knows by the
version of the secret, whose id is derived from step and key: a key without its version was never handed over, is
deleted and made again. The value travels from one call to the other and is neither logged nor kept nor returned.

The secret is `STACK/access-keys/USER`, a JSON object {"AccessKeyId", "SecretAccessKey", "UserName"}.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable

from tidegate.actions.action import Action, Clients, Family, Proof, Reach, Restored
from tidegate.actions.deactivate_access_key import statuses_of
from tidegate.errors import ChangedSince, NotProven, Refused
from tidegate.model import Difference, Model, Step

about = Action(
    id="replace_access_key",
    summary="Make a new access key and hand it over in Secrets Manager.",
    family=Family.CREDENTIALS,
    reads=("iam:ListAccessKeys", "iam:GetAccessKeyLastUsed", "secretsmanager:DescribeSecret"),
    changes=(
        "iam:CreateAccessKey",
        "iam:DeleteAccessKey",
        "secretsmanager:CreateSecret",
        "secretsmanager:PutSecretValue",
        "secretsmanager:UpdateSecretVersionStage",
        "secretsmanager:DeleteSecret",
    ),
    calls=("iam:CreateAccessKey", "secretsmanager:PutSecretValue"),
    limits="A user has two keys at most: with two, one must be deleted by a person first.",
    reach=Reach.ONE_KEY,
    undo="The replacement of a stolen key stays. A planned rotation's new key is deleted and the secret's former "
    "version is current again.",
    kept=lambda step: "" if step.parameters.get("planned") else KEPT,
)

KEPT = "the replacement of a stolen key stays: its application uses it"
MOST_KEYS = 2  # IAM quotas: access keys per user


class Found(Model):
    user: str
    keys: tuple[str, ...]
    secret: str  # name
    secret_version: str | None  # id of the current version; None: no such secret


class Changed(Model):
    key: str
    version: str


def snapshot(step: Step, clients: Clients) -> Found:
    """Raises Refused when the user has two keys, or the secret waits for its deletion."""
    user = step.target.details["user"]
    keys = tuple(sorted(statuses_of(user, clients)))
    if len(keys) >= MOST_KEYS:
        other = next(key for key in keys if key != step.target.id)
        raise Refused(
            f"user {user} has two keys, the most IAM allows: delete {other} if it is unused, then plan again."
        )
    secret = str(step.parameters["secret"])
    return Found(user=user, keys=keys, secret=secret, secret_version=_current(_versions(secret, clients)))


def differences(step: Step, found: Found) -> Iterable[Difference]:
    yield Difference(resource=f"user/{found.user}/keys", before=list(found.keys), after=[*found.keys, "(a new key)"])
    yield Difference(resource=f"secret/{found.secret}/current", before=found.secret_version, after="(the new key)")


def apply(step: Step, found: Found, clients: Clients) -> Changed:
    versions = _versions(found.secret, clients)
    for key in _made_since(found, clients):
        version = version_of(step, key)
        if version in versions:
            return Changed(key=key, version=version)
        _delete_unused(found.user, key, clients)
    if _current(versions) != found.secret_version:
        raise ChangedSince(f"secret {found.secret}: someone has written a version since the snapshot. Plan again.")
    made = clients.iam.create_access_key(UserName=found.user)["AccessKey"]
    version = version_of(step, made["AccessKeyId"])
    value = json.dumps({name: made[name] for name in ("AccessKeyId", "SecretAccessKey", "UserName")})
    if found.secret_version is None and not versions:
        clients.secrets.create_secret(Name=found.secret, ClientRequestToken=version, SecretString=value)
    else:
        clients.secrets.put_secret_value(SecretId=found.secret, ClientRequestToken=version, SecretString=value)
    return Changed(key=made["AccessKeyId"], version=version)


def verify(step: Step, found: Found, changed: Changed, clients: Clients) -> Proof:
    status = statuses_of(found.user, clients).get(changed.key)
    if status != "Active":
        raise NotProven(f"user {found.user}: new key {changed.key} is {status or 'not there'}.")
    if _current(_versions(found.secret, clients)) != changed.version:
        raise NotProven(f"secret {found.secret}: the version handed over is not the current one.")
    used = clients.iam.get_access_key_last_used(AccessKeyId=changed.key)["AccessKeyLastUsed"].get("LastUsedDate")
    facts = {"key": changed.key, "secret": found.secret, "version": changed.version}
    return Proof(facts=facts | {"consumers": f"used since {used.isoformat()}" if used else "not seen to use it yet"})


def undo(step: Step, found: Found, changed: Changed | None, clients: Clients) -> Restored:
    versions = _versions(found.secret, clients)
    made = _made_since(found, clients)
    handed_over = [key for key in made if version_of(step, key) in versions]
    for key in made:
        if key not in handed_over:
            _delete_unused(found.user, key, clients)
    if kept := about.kept(step):
        keys = sorted(statuses_of(found.user, clients))
        return Restored(facts={"keys": keys}, already=not made, kept=kept if handed_over else "")
    for key in handed_over:
        _take_back(step, found, key, versions, clients)
    facts = {"keys": sorted(statuses_of(found.user, clients)), "version": found.secret_version}
    return Restored(facts=facts, already=not made)


def _take_back(step: Step, found: Found, key: str, versions: dict[str, list[str]], clients: Clients) -> None:
    version, current = version_of(step, key), _current(versions)
    if current not in (version, found.secret_version):
        raise ChangedSince(f"secret {found.secret}: someone has written another version since; left as it is.")
    if found.secret_version is None:
        clients.secrets.delete_secret(SecretId=found.secret, ForceDeleteWithoutRecovery=True)
    elif current == version:
        clients.secrets.update_secret_version_stage(
            SecretId=found.secret,
            VersionStage="AWSCURRENT",
            MoveToVersionId=found.secret_version,
            RemoveFromVersionId=version,
        )
    clients.iam.delete_access_key(UserName=found.user, AccessKeyId=key)


def version_of(step: Step, key: str) -> str:
    """The secret's version id for a key that this step made: 64 hex digits (Secrets Manager asks for 32 to 64)."""
    return hashlib.sha256(f"{step.id}\x1f{key}".encode()).hexdigest()


def handed_over(step: Step, key: str, clients: Clients) -> bool:
    """Whether the step made this key, also when it died before it could say so. Its owner has it since."""
    return version_of(step, key) in _versions(str(step.parameters["secret"]), clients)


def _made_since(found: Found, clients: Clients) -> list[str]:
    return [key for key in sorted(statuses_of(found.user, clients)) if key not in found.keys]


def _delete_unused(user: str, key: str, clients: Clients) -> None:
    """A key that appeared since the snapshot and was not handed over: ours, lost in a crash, if nobody has used it."""
    if clients.iam.get_access_key_last_used(AccessKeyId=key)["AccessKeyLastUsed"].get("LastUsedDate"):
        raise ChangedSince(f"user {user}: someone else made key {key} since the snapshot and uses it.")
    clients.iam.delete_access_key(UserName=user, AccessKeyId=key)


def _versions(secret: str, clients: Clients) -> dict[str, list[str]]:
    """Version id -> stages. Raises Refused when the secret waits for its deletion."""
    try:
        described = clients.secrets.describe_secret(SecretId=secret)
    except clients.secrets.exceptions.ResourceNotFoundException:
        return {}
    if described.get("DeletedDate"):
        raise Refused(f"secret {secret} waits for its deletion: restore it (RestoreSecret), then plan again.")
    return described.get("VersionIdsToStages", {})


def _current(versions: dict[str, list[str]]) -> str | None:
    return next((version for version, stages in versions.items() if "AWSCURRENT" in stages), None)
