"""Rotate a secret that an attacker has read: its own rotation function makes and hands over a new value.

The new version's id is derived from the step, so that a rerun sees what it began. A rotation that got stuck leaves
AWSPENDING on a version that never became current, and AWS refuses to rotate until it is gone: it is taken off first.
A value that a third party issued (a model provider's key) lives until that party revokes it: the rotation function
must do that, or a person. https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotateSecret.html
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

from tidegate.actions.action import Action, Clients, Family, Proof, Reach, Restored
from tidegate.errors import ChangedSince, NotProven, Refused
from tidegate.model import Difference, Model, Step

about = Action(
    id="rotate_secret",
    summary="Rotate a secret by its own rotation function.",
    family=Family.CREDENTIALS,
    reads=("secretsmanager:DescribeSecret",),
    changes=("secretsmanager:RotateSecret", "secretsmanager:UpdateSecretVersionStage"),
    calls=("secretsmanager:UpdateSecretVersionStage if a rotation is stuck", "secretsmanager:RotateSecret"),
    limits="Only secrets with a rotation function (or managed rotation) and named in RotatedSecrets. A value issued by "
    "a third party must be revoked there too. Applications that cache the old value fail until they read again.",
    reach=Reach.READERS,
    undo="A stolen value never comes back. A planned rotation's labels are moved back to where they were.",
    kept=lambda step: "" if step.parameters.get("planned") else KEPT,
)

# In the order they are put back: AWS moves AWSPREVIOUS along with AWSCURRENT.
LABELS = ("AWSCURRENT", "AWSPREVIOUS", "AWSPENDING")
KEPT = "the value that an attacker has read never becomes current again"


class Found(Model):
    arn: str
    stages: dict[str, str]  # label -> version id
    stuck: str  # version that carries AWSPENDING and is not current; empty: none


class Changed(Model):
    version: str


def snapshot(step: Step, clients: Clients) -> Found:
    """Raises Refused for a secret elsewhere, one that waits for deletion, a replica, and one without rotation."""
    described = _described(step.target.id, clients)
    if described.get("DeletedDate"):
        raise Refused(f"secret {step.target.id} waits for its deletion: nothing can be rotated.")
    if described.get("PrimaryRegion") and f":{described['PrimaryRegion']}:" not in described["ARN"]:
        raise Refused(f"secret {step.target.id} is a replica: rotate it in {described['PrimaryRegion']}.")
    if not described.get("RotationLambdaARN") and not described.get("OwningService"):
        raise Refused(
            f"secret {step.target.id} has no rotation function: put a new value by hand (PutSecretValue), and revoke "
            "the old one where it was issued."
        )
    stages = _stages(described)
    stuck = stages.get("AWSPENDING", "")
    return Found(arn=described["ARN"], stages=stages, stuck="" if stuck == stages.get("AWSCURRENT") else stuck)


def differences(step: Step, found: Found) -> Iterable[Difference]:
    yield Difference(
        resource=f"secret/{step.target.id}/current", before=found.stages.get("AWSCURRENT"), after="(a new version)"
    )
    if found.stuck:
        yield Difference(resource=f"secret/{step.target.id}/pending", before=found.stuck, after="(a new version)")


def apply(step: Step, found: Found, clients: Clients) -> Changed:
    """Raises ChangedSince when someone else has rotated since the snapshot, or is about to."""
    version, now = version_of(step), _stages(_described(found.arn, clients))
    if version in now.values():
        return Changed(version=version)
    pending = now.get("AWSPENDING", "")
    if now.get("AWSCURRENT") != found.stages.get("AWSCURRENT"):
        raise ChangedSince(f"secret {step.target.id}: someone has written a version since the snapshot. Plan again.")
    if pending and pending not in (now.get("AWSCURRENT"), found.stuck):
        raise ChangedSince(f"secret {step.target.id}: another rotation has begun since the snapshot. Plan again.")
    if pending and pending == found.stuck:
        clients.secrets.update_secret_version_stage(
            SecretId=found.arn, VersionStage="AWSPENDING", RemoveFromVersionId=found.stuck
        )
    clients.secrets.rotate_secret(SecretId=found.arn, ClientRequestToken=version)
    return Changed(version=version)


def verify(step: Step, found: Found, changed: Changed, clients: Clients) -> Proof:
    now = _stages(_described(found.arn, clients))
    if now.get("AWSCURRENT") != changed.version:
        raise NotProven(f"secret {step.target.id}: the rotation function has not made the new version current yet.")
    return Proof(facts={"version": changed.version, "former": found.stages.get("AWSCURRENT")})


def undo(step: Step, found: Found, changed: Changed | None, clients: Clients) -> Restored:
    """Raises ChangedSince when someone has rotated again since."""
    version, now = version_of(step), _stages(_described(found.arn, clients))
    if version not in now.values() and now == found.stages:
        return Restored(facts={"stages": now}, already=True)
    if version in now.values() and (kept := about.kept(step)):
        return Restored(facts={"stages": now}, kept=kept)
    if now.get("AWSCURRENT") not in (version, found.stages.get("AWSCURRENT")):
        raise ChangedSince(f"secret {step.target.id}: someone has rotated it again since; left as it is.")
    for label in LABELS:
        _move(found, label, clients)
    return Restored(facts={"stages": found.stages})


def version_of(step: Step) -> str:
    """64 hex digits: Secrets Manager asks for 32 to 64 characters."""
    return hashlib.sha256(f"{step.id}\x1frotation".encode()).hexdigest()


def _move(found: Found, label: str, clients: Clients) -> None:
    """The label to where it was found; read anew, because AWS moves AWSPREVIOUS along with AWSCURRENT."""
    at, to = _stages(_described(found.arn, clients)).get(label), found.stages.get(label)
    if at == to:
        return
    moved: Any = {"MoveToVersionId": to} if to else {}
    moved |= {"RemoveFromVersionId": at} if at else {}
    clients.secrets.update_secret_version_stage(SecretId=found.arn, VersionStage=label, **moved)


def _described(secret: str, clients: Clients) -> dict[str, Any]:
    try:
        return dict(clients.secrets.describe_secret(SecretId=secret))
    except clients.secrets.exceptions.ResourceNotFoundException as error:
        raise Refused(f"secret {secret:.200} is not in this account and Region: rotate it where it is.") from error


def _stages(described: dict[str, Any]) -> dict[str, str]:
    """AWS's label -> version id. A label is on one version at most."""
    versions = described.get("VersionIdsToStages", {})
    on = {label: version for version, labels in versions.items() for label in labels}
    return {label: on[label] for label in LABELS if label in on}
