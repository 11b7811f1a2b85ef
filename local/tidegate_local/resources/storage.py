"""S3 buckets and DynamoDB tables."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tidegate_local.intrinsics import Created, TemplateError
from tidegate_local.resources import Making


def bucket(making: Making) -> Created:
    s3, given = making.client("s3"), making.properties
    name = making.name(given.get("BucketName"), lower=True)
    s3.create_bucket(Bucket=name, ObjectLockEnabledForBucket=bool(given.get("ObjectLockEnabled", False)))
    if "VersioningConfiguration" in given:
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration=given["VersioningConfiguration"])
    if "ObjectLockConfiguration" in given:
        lock = _numbers(given["ObjectLockConfiguration"], {"Days", "Years"})
        s3.put_object_lock_configuration(Bucket=name, ObjectLockConfiguration=lock)
    if "BucketEncryption" in given:
        s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration=_encryption(making))
    if "PublicAccessBlockConfiguration" in given:
        block = given["PublicAccessBlockConfiguration"]
        s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=block)
    if "OwnershipControls" in given:
        s3.put_bucket_ownership_controls(Bucket=name, OwnershipControls=given["OwnershipControls"])
    if "LifecycleConfiguration" in given:
        rules = [_lifecycle_rule(making, rule) for rule in given["LifecycleConfiguration"]["Rules"]]
        s3.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": rules})
    if "NotificationConfiguration" in given:
        s3.put_bucket_notification_configuration(Bucket=name, NotificationConfiguration=_notifications(making))
    domain = f"{name}.s3.amazonaws.com"
    regional = f"{name}.s3.{making.account.region}.amazonaws.com"
    attributes = {"Arn": f"arn:aws:s3:::{name}", "DomainName": domain, "RegionalDomainName": regional}
    return Created(name, attributes)


def _encryption(making: Making) -> dict[str, Any]:
    rules = []
    for rule in making.properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]:
        making.only(rule, {"BucketKeyEnabled", "ServerSideEncryptionByDefault"}, "BucketEncryption")
        default = dict(rule["ServerSideEncryptionByDefault"])
        making.only(default, {"SSEAlgorithm", "KMSMasterKeyID"}, "BucketEncryption")
        wanted = {
            "ApplyServerSideEncryptionByDefault": default,
            "BucketKeyEnabled": rule.get("BucketKeyEnabled", False),
        }
        rules.append(wanted)
    return {"Rules": rules}


def _lifecycle_rule(making: Making, rule: dict[str, Any]) -> dict[str, Any]:
    known = {
        "Id", "Status", "Prefix", "ExpirationInDays", "NoncurrentVersionExpirationInDays",
        "NoncurrentVersionExpiration", "AbortIncompleteMultipartUpload", "ExpiredObjectDeleteMarker",
    }  # fmt: skip
    making.only(rule, known, "LifecycleConfiguration.Rules")
    api: dict[str, Any] = {"Status": rule["Status"], "Filter": {"Prefix": rule.get("Prefix", "")}}
    if "Id" in rule:
        api["ID"] = rule["Id"]
    if "ExpirationInDays" in rule and "ExpiredObjectDeleteMarker" in rule:
        raise TemplateError(f"{making.logical_id}: a rule ends objects or delete markers, not both")
    if "ExpirationInDays" in rule:
        api["Expiration"] = {"Days": int(rule["ExpirationInDays"])}
    if "ExpiredObjectDeleteMarker" in rule:
        api["Expiration"] = {"ExpiredObjectDeleteMarker": rule["ExpiredObjectDeleteMarker"]}
    noncurrent = rule.get("NoncurrentVersionExpirationInDays") or rule.get("NoncurrentVersionExpiration", {}).get(
        "NoncurrentDays"
    )
    if noncurrent:
        api["NoncurrentVersionExpiration"] = {"NoncurrentDays": int(noncurrent)}
    if "AbortIncompleteMultipartUpload" in rule:
        api["AbortIncompleteMultipartUpload"] = _numbers(
            rule["AbortIncompleteMultipartUpload"], {"DaysAfterInitiation"}
        )
    return api


def _notifications(making: Making) -> dict[str, Any]:
    given = making.properties["NotificationConfiguration"]
    making.only(given, {"EventBridgeConfiguration", "QueueConfigurations"}, "NotificationConfiguration")
    api: dict[str, Any] = {}
    if given.get("EventBridgeConfiguration", {}).get("EventBridgeEnabled", "EventBridgeConfiguration" in given):
        api["EventBridgeConfiguration"] = {}
    for one in given.get("QueueConfigurations", []):
        making.only(one, {"Event", "Queue", "Filter"}, "NotificationConfiguration.QueueConfigurations")
        wanted = {"QueueArn": one["Queue"], "Events": [one["Event"]]}
        if "Filter" in one:
            rules = [{"Name": r["Name"], "Value": r["Value"]} for r in one["Filter"]["S3Key"]["Rules"]]
            wanted["Filter"] = {"Key": {"FilterRules": rules}}
        api.setdefault("QueueConfigurations", []).append(wanted)
    return api


def bucket_policy(making: Making) -> Created:
    name = making.properties["Bucket"]
    making.client("s3").put_bucket_policy(Bucket=name, Policy=json.dumps(making.properties["PolicyDocument"]))
    return Created(name)


def table(making: Making) -> Created:
    dynamodb, given = making.client("dynamodb"), making.properties
    name = making.name(given.get("TableName"))
    if given.get("BillingMode") != "PAY_PER_REQUEST":
        raise TemplateError(f"{making.logical_id}: only BillingMode PAY_PER_REQUEST is understood")
    more: dict[str, Any] = {}
    if "GlobalSecondaryIndexes" in given:
        more["GlobalSecondaryIndexes"] = given["GlobalSecondaryIndexes"]
    if "StreamSpecification" in given:
        more["StreamSpecification"] = {"StreamEnabled": True, **given["StreamSpecification"]}
    if "SSESpecification" in given:
        sse = dict(given["SSESpecification"])
        more["SSESpecification"] = {("Enabled" if key == "SSEEnabled" else key): value for key, value in sse.items()}
    made = dynamodb.create_table(
        TableName=name,
        AttributeDefinitions=given["AttributeDefinitions"],
        KeySchema=given["KeySchema"],
        BillingMode="PAY_PER_REQUEST",
        DeletionProtectionEnabled=given.get("DeletionProtectionEnabled", False),
        **more,
    )["TableDescription"]
    if "TimeToLiveSpecification" in given:
        dynamodb.update_time_to_live(TableName=name, TimeToLiveSpecification=given["TimeToLiveSpecification"])
    if "PointInTimeRecoverySpecification" in given:
        recovery = given["PointInTimeRecoverySpecification"]
        dynamodb.update_continuous_backups(TableName=name, PointInTimeRecoverySpecification=recovery)
    attributes = {"Arn": made["TableArn"]}
    if made.get("LatestStreamArn"):
        attributes["StreamArn"] = made["LatestStreamArn"]
    return Created(name, attributes)


def _numbers(value: Any, names: set[str]) -> Any:
    """Parameters of type Number arrive as text; the API wants integers."""
    if isinstance(value, dict):
        return {key: int(one) if key in names else _numbers(one, names) for key, one in value.items()}
    return value


TYPES: dict[str, tuple[str, Callable[[Making], Created]]] = {
    "AWS::S3::Bucket": (
        "BucketName BucketEncryption LifecycleConfiguration NotificationConfiguration ObjectLockConfiguration "
        "ObjectLockEnabled OwnershipControls PublicAccessBlockConfiguration VersioningConfiguration",
        bucket,
    ),
    "AWS::S3::BucketPolicy": ("Bucket PolicyDocument", bucket_policy),
    "AWS::DynamoDB::Table": (
        "TableName AttributeDefinitions BillingMode GlobalSecondaryIndexes KeySchema PointInTimeRecoverySpecification "
        "SSESpecification TimeToLiveSpecification DeletionProtectionEnabled StreamSpecification",
        table,
    ),
}
