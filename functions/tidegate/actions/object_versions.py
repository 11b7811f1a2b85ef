"""Objects that were written since an incident began, and their versions from before. Not an action.

S3 keeps every version of a versioned bucket: putting one back is copying it over the present one, or, for an object
that wasn't there before, deleting it, which leaves a marker and every version. Nothing is ever removed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from tidegate.actions.action import Clients
from tidegate.errors import ChangedSince, Refused
from tidegate.model import Difference, Model

READS = ("s3:GetBucketVersioning", "s3:ListBucketVersions")
CHANGES = (
    "s3:GetObjectVersion",
    "s3:GetObjectVersionTagging",
    "s3:PutObject",
    "s3:PutObjectTagging",
    "s3:DeleteObject",
)
MOST_VERSIONS = 20_000  # looked at of one bucket: a function has a minute
MOST_OBJECTS = 200  # put back in one step: what was found goes into one item of the ledger


class Written(Model):
    """An object, with its content now and before by version and ETag; empty where it isn't there."""

    bucket: str
    key: str
    now: str
    now_tag: str
    good: str
    good_tag: str


def written_since(clients: Clients, bucket: str, prefixes: Iterable[str], before: str) -> tuple[Written, ...]:
    """Raises Refused for a bucket without versions, for too many, and where nothing was written since."""
    # S3 says when an object was written to the second: what was written in the incident's first one belongs to it.
    s3, limit = clients.named("s3"), datetime.fromisoformat(before).replace(microsecond=0)
    if s3.get_bucket_versioning(Bucket=bucket).get("Status") != "Enabled":
        raise Refused(f"bucket {bucket} keeps no versions: restore its objects from a backup, then sync.")
    found = [
        written
        for prefix in prefixes
        for key, versions in _versions(s3, bucket, prefix).items()
        if (written := _written(bucket, key, versions, limit))
    ]
    if not found:
        raise Refused(f"no object of bucket {bucket} was written since {limit:%Y-%m-%d %H:%M} UTC: nothing to restore.")
    if len(found) > MOST_OBJECTS:
        raise Refused(
            f"{len(found)} objects of bucket {bucket} were written since: restore them by S3 Batch Operations."
        )
    return tuple(found)


def differences(objects: Iterable[Written]) -> Iterator[Difference]:
    for one in objects:
        yield Difference(
            resource=f"s3://{one.bucket}/{one.key}", before=one.now or "deleted", after=one.good or "deleted"
        )


def put_back(clients: Clients, objects: Iterable[Written], known: dict[str, str]) -> dict[str, str]:
    """The versions that hold now, by object. `known`: those that an earlier try put. Raises ChangedSince."""
    return {name: version for one in objects for name, version in _switched(clients, one, known, back=False)}


def take_back(clients: Clients, objects: Iterable[Written], known: dict[str, str]) -> dict[str, str]:
    """As they were found; what was done, by object: nothing when nothing was left to do. Raises ChangedSince."""
    return {name: version for one in objects for name, version in _switched(clients, one, known, back=True)}


def still_changed(clients: Clients, objects: Iterable[Written], known: dict[str, str]) -> list[str]:
    """Objects that are not as they were before."""
    return [
        f"s3://{one.bucket}/{one.key}"
        for one in objects
        if not _is(_latest(clients, one), one.good_tag, known.get(_name(one), ""))
    ]


def _switched(clients: Clients, one: Written, known: dict[str, str], *, back: bool) -> Iterator[tuple[str, str]]:
    version, tag = _latest(clients, one)
    ours = _is((version, tag), one.good_tag, known.get(_name(one), ""))
    theirs = (version, tag) == (one.now, one.now_tag) or tag == one.now_tag
    if theirs if back else ours:
        if not back:
            yield _name(one), version
        return
    if not (ours if back else theirs):
        raise ChangedSince(f"s3://{one.bucket}/{one.key} was written by somebody else since; it is left as it is.")
    wanted = one.now if back else one.good
    s3 = clients.named("s3")
    if not wanted:
        s3.delete_object(Bucket=one.bucket, Key=one.key)
        yield _name(one), ""
        return
    source = {"Bucket": one.bucket, "Key": one.key, "VersionId": wanted}
    made = s3.copy_object(Bucket=one.bucket, Key=one.key, CopySource=source)
    yield _name(one), str(made.get("VersionId", ""))


def _is(latest: tuple[str, str], tag: str, version: str) -> bool:
    """By the version that we put; else by ETag, which a copy under another KMS key changes."""
    return latest[1] == tag or (bool(version) and latest[0] == version)


def _name(one: Written) -> str:
    return f"{one.bucket}/{one.key}"


def _latest(clients: Clients, one: Written) -> tuple[str, str]:
    """Version and ETag; both empty for an object that is deleted."""
    page = clients.named("s3").list_object_versions(Bucket=one.bucket, Prefix=one.key, MaxKeys=1000)
    for version in page.get("Versions", ()):
        if version["Key"] == one.key and version["IsLatest"]:
            return version["VersionId"], version["ETag"]
    return "", ""


def _versions(s3: Any, bucket: str, prefix: str) -> dict[str, list[dict[str, Any]]]:
    """Key -> versions and delete markers, the newest first."""
    found: dict[str, list[dict[str, Any]]] = {}
    count = 0
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix):
        for one in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
            found.setdefault(one["Key"], []).append(one)
            count += 1
        if count > MOST_VERSIONS:
            raise Refused(f"bucket {bucket} has more than {MOST_VERSIONS} versions: restore it by S3 Batch Operations.")
    for versions in found.values():
        versions.sort(key=lambda one: (one["IsLatest"], one["LastModified"]), reverse=True)
    return found


def _written(bucket: str, key: str, versions: list[dict[str, Any]], limit: datetime) -> Written | None:
    """None for an object that is as it was. A marker has no ETag."""
    latest, former = versions[0], next((one for one in versions if one["LastModified"] < limit), {})
    if latest["LastModified"] < limit or latest.get("ETag", "") == former.get("ETag", ""):
        return None
    now, good = (one["VersionId"] if one.get("ETag") else "" for one in (latest, former))
    return Written(
        bucket=bucket, key=key, now=now, now_tag=latest.get("ETag", ""), good=good, good_tag=former.get("ETag", "")
    )
