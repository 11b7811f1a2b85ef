"""Close a bucket to those outside the account that its policy, or a missing public access block, lets in.

The statements that let outsiders read are taken out of its policy, and all public access is blocked. AWS keeps no
former policy: what outsiders were let in by before the incident is closed too, so a person is asked.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from botocore.exceptions import ClientError

from tidegate.actions import switch
from tidegate.actions.action import Action, Clients, Family, Proof, Reach, Restored
from tidegate.actions.switch import Changed, Found, Setting, State
from tidegate.configurations.policies import let_in
from tidegate.errors import ChangedSince, Refused
from tidegate.model import Difference, Step

about = Action(
    id="close_bucket_policy",
    summary="Close a bucket to those outside the account that its policy or a missing block lets in.",
    family=Family.DATA,
    reads=("s3:GetBucketPolicy", "s3:GetBucketPublicAccessBlock"),
    changes=("s3:PutBucketPolicy", "s3:DeleteBucketPolicy", "s3:PutBucketPublicAccessBlock"),
    calls=("s3:PutBucketPublicAccessBlock", "s3:PutBucketPolicy"),
    limits="Policy and public access block; the block makes public ACLs void. Access points, replication and grants to "
    "single accounts by ACL are closed by hand. What was read is read.",
    reach=Reach.OUTSIDERS,
    undo="Policy and public access block are put exactly as they were found.",
    for_good=True,
)

PARTS = ("policy", "block")
CLOSED = {"BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": True, "RestrictPublicBuckets": True}


def snapshot(step: Step, clients: Clients) -> Found:
    """Raises Refused for a bucket of another account, and one that lets nobody in from outside."""
    setting = _setting(step, clients)
    now = setting.read().value
    policy = _without_outsiders(now["policy"], step.target.account)
    return switch.found(setting, {"policy": policy, "block": CLOSED})


def differences(step: Step, found: Found) -> Iterable[Difference]:
    for part in ("policy", "block"):
        if found.now[part] != found.former[part]:
            yield Difference(resource=f"{step.target.id}/{part}", before=found.now[part], after=found.former[part])


def apply(step: Step, found: Found, clients: Clients) -> Changed:
    setting = _setting(step, clients)
    _refuse_others(setting, found)
    if not _alike(found.former, setting.read().value):
        setting.write(found.former)
    return Changed(value=setting.read().value)


def verify(step: Step, found: Found, changed: Changed, clients: Clients) -> Proof:
    return switch.proven(_setting(step, clients), found)


def undo(step: Step, found: Found, changed: Changed | None, clients: Clients) -> Restored:
    setting = _setting(step, clients)
    _refuse_others(setting, found)
    already = _alike(found.now, setting.read().value)
    if not already:
        setting.write(found.now)
    return Restored(facts=found.now, already=already)


def _refuse_others(setting: Setting, found: Found) -> None:
    """A death between the two writes leaves one part as found and the other as wanted: that is ours to finish."""
    now = setting.read().value
    if any(now[part] not in (found.now[part], found.former[part]) for part in PARTS):
        raise ChangedSince(f"{setting.where}: somebody else has changed who may read it; it is left as it is.")


def _setting(step: Step, clients: Clients) -> Setting:
    s3, bucket = clients.named("s3"), step.target.id

    def read() -> State:
        policy = _absent(lambda: s3.get_bucket_policy(Bucket=bucket)["Policy"], bucket)
        block = _absent(lambda: s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"], bucket)
        return State({"policy": json.loads(policy) if policy else None, "text": policy, "block": block})

    def write(value: Any) -> None:
        """The block first, both ways: it closes at once, and AWS refuses a public policy while it stands."""
        now = read().value
        for part in reversed(PARTS):
            if now[part] != value[part]:
                _put(s3, bucket, part, value)

    return Setting(f"bucket {bucket}", read, write, _alike)


def _alike(wanted: Any, read: Any) -> bool:
    """By what it says; `text`, which undo puts back letter by letter, may be set otherwise."""
    return all(wanted[part] == read[part] for part in PARTS)


def _put(s3: Any, bucket: str, part: str, value: Any) -> None:
    if part == "policy" and value["policy"] is None:
        s3.delete_bucket_policy(Bucket=bucket)
    elif part == "policy":
        s3.put_bucket_policy(Bucket=bucket, Policy=value.get("text") or json.dumps(value["policy"]))
    elif value["block"] is None:
        s3.delete_public_access_block(Bucket=bucket)
    else:
        s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=value["block"])


def _absent(read: Any, bucket: str) -> Any:
    """None where nothing is configured. Raises Refused for a bucket that isn't there."""
    try:
        return read()
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code == "NoSuchBucket":
            raise Refused(f"there is no bucket {bucket} in this account.") from error
        if code not in ("NoSuchBucketPolicy", "NoSuchPublicAccessBlockConfiguration"):
            raise
        return None


def _without_outsiders(policy: dict[str, Any] | None, account: str) -> dict[str, Any] | None:
    """The policy without the statements that let others read. None when none is left."""
    if not policy:
        return None
    statements = policy.get("Statement", [])
    every = statements if isinstance(statements, list) else [statements]
    kept = [one for one in every if not _outsiders({"Statement": [one]}, account)]
    return policy | {"Statement": kept} if kept else None


def _outsiders(policy: Any, account: str) -> set[str]:
    return set(let_in(policy)) - {account} if policy else set()
