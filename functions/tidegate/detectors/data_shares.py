"""Whom a call lets read data: everybody, or another account. Not a detector.

Each reader says who was let in, by what is in the request.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from tidegate.configurations.policies import ACCOUNT_ID, EVERYBODY, let_in
from tidegate.detectors.data_sources import bucket_arn
from tidegate.model import ApiCall
from tidegate.sources.parts import opened, part, rows, text, words

_GROUPS = ("AllUsers", "AuthenticatedUsers")
_CANNED = ("public-read", "public-read-write", "authenticated-read")


class Share(NamedTuple):
    resource: str
    what: str  # bucket, snapshot, model
    with_whom: tuple[str, ...]  # EVERYBODY, or accounts
    how: str


def shared_by(call: ApiCall) -> Share | None:
    """Whom a call lets read what, if that is anybody outside its own account."""
    reader = _READERS.get((call.service, call.name))
    if reader is None:
        return None
    share = reader(call, opened(call.parameters))
    if share is None:
        return None
    outside = tuple(dict.fromkeys(who for who in share.with_whom if who and who != call.account))
    return share._replace(with_whom=outside) if outside else None


def _bucket_policy(_call: ApiCall, request: Mapping[str, Any]) -> Share:
    allowed = tuple(let_in(request.get("bucketPolicy")))
    return Share(bucket_arn(text(request, "bucketName")), "bucket", allowed, "its policy")


def _acl(call: ApiCall, request: Mapping[str, Any]) -> Share:
    canned = words(request.get("x-amz-acl"))
    grants = json.dumps(request.get("AccessControlPolicy", ""), default=str)
    headers = " ".join(word for name in request if name.startswith("x-amz-grant-") for word in words(request[name]))
    open_to_all = any(word in _CANNED for word in canned) or any(group in grants + headers for group in _GROUPS)
    place = f"/{text(request, 'key')}" if call.name == "PutObjectAcl" else ""
    return Share(
        bucket_arn(text(request, "bucketName")) + place, "bucket", (EVERYBODY,) if open_to_all else (), "its ACL"
    )


def _public_block(call: ApiCall, request: Mapping[str, Any]) -> Share:
    block = part(request, "PublicAccessBlockConfiguration")
    gone = call.name == "DeleteBucketPublicAccessBlock" or any(
        block.get(name) in (False, "false") for name in ("BlockPublicPolicy", "RestrictPublicBuckets")
    )
    opening = (EVERYBODY,) if gone else ()
    return Share(bucket_arn(text(request, "bucketName")), "bucket", opening, "what kept it private was taken away")


def _replication(_call: ApiCall, request: Mapping[str, Any]) -> Share:
    configuration = part(request, "ReplicationConfiguration")
    rules = configuration.get("Rule")
    found = [rules] if isinstance(rules, dict) else rows(configuration, "Rule")
    accounts = tuple(text(part(rule, "Destination"), "Account") for rule in found)
    return Share(bucket_arn(text(request, "bucketName")), "bucket", accounts, "replication")


def _copied(call: ApiCall, request: Mapping[str, Any]) -> Share:
    source = text(request, "x-amz-copy-source").lstrip("/").partition("/")[0]
    source = source or bucket_arn(text(request, "bucketName"))
    return Share(bucket_arn(source.removeprefix("arn:aws:s3:::")), "bucket", call.owners, "copies into its bucket")


def _volume_snapshot(call: ApiCall, request: Mapping[str, Any]) -> Share:
    added = part(part(request, "createVolumePermission"), "add")
    who = [
        EVERYBODY if text(item, "group") == "all" else text(item, "userId")
        for item in (*rows(added, "items"), *rows(request, "createVolumePermissionAdd"))
    ]
    name = text(request, "snapshotId")
    return Share(f"arn:aws:ec2:{call.region}::snapshot/{name}", "snapshot", tuple(who), "permission to use it")


def _database_snapshot(call: ApiCall, request: Mapping[str, Any]) -> Share:
    cluster = "Cluster" in call.name
    name = text(request, "dBClusterSnapshotIdentifier" if cluster else "dBSnapshotIdentifier")
    who = [EVERYBODY if word == "all" else word for word in words(request.get("valuesToAdd"))]
    kind = "cluster-snapshot" if cluster else "snapshot"
    resource = f"arn:aws:rds:{call.region}:{call.account}:{kind}:{name}"
    return Share(resource, "snapshot", tuple(who), "permission to restore it")


def _package_policy(call: ApiCall, request: Mapping[str, Any]) -> Share:
    name = text(request, "modelPackageGroupName") or text(request, "resourceArn")
    allowed = tuple(let_in(request.get("resourcePolicy")))
    return Share(name or next(iter(call.resources), ""), "model", allowed, "its policy")


def _resource_share(_call: ApiCall, request: Mapping[str, Any]) -> Share | None:
    """Resource Access Manager: how a custom model goes to another account."""
    models = [arn for arn in words(request.get("resourceArns")) if ":bedrock:" in arn or ":sagemaker:" in arn]
    if not models:
        return None
    accounts = [found[0] for word in words(request.get("principals")) if (found := ACCOUNT_ID.search(word))]
    return Share(models[0], "model", tuple(accounts), "a resource share")


_READERS: Mapping[tuple[str, str], Callable[[ApiCall, Mapping[str, Any]], Share | None]] = {
    ("s3", "PutBucketPolicy"): _bucket_policy,
    ("s3", "PutBucketAcl"): _acl,
    ("s3", "PutObjectAcl"): _acl,
    ("s3", "PutBucketPublicAccessBlock"): _public_block,
    ("s3", "DeleteBucketPublicAccessBlock"): _public_block,
    ("s3", "PutBucketReplication"): _replication,
    ("s3", "CopyObject"): _copied,
    ("ec2", "ModifySnapshotAttribute"): _volume_snapshot,
    ("rds", "ModifyDBSnapshotAttribute"): _database_snapshot,
    ("rds", "ModifyDBClusterSnapshotAttribute"): _database_snapshot,
    ("sagemaker", "PutModelPackageGroupPolicy"): _package_policy,
    ("bedrock", "PutResourcePolicy"): _package_policy,
    ("ram", "CreateResourceShare"): _resource_share,
    ("ram", "AssociateResourceShare"): _resource_share,
}
SHARES: tuple[tuple[str, str], ...] = tuple(_READERS)
