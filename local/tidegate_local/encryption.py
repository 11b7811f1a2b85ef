"""KMS keys behind queues, topics, buckets and secrets: what a call needs of them beside its own permission.

AWS asks KMS with the caller's identity, and a missing kms:Decrypt fails a call that looks allowed. Keys that AWS
manages need nothing. DynamoDB and CloudWatch Logs use grants of their own and are not asked here; HeadObject isn't
either.
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tidegate_local.account import Account
from tidegate_local.policy_language import decide, listed
from tidegate_local.resource_arns import Need

_READ = ("kms:Decrypt",)
_WRITE = ("kms:GenerateDataKey",)
_BOTH = ("kms:GenerateDataKey", "kms:Decrypt")
TO_SEND = _BOTH  # what a service needs to put a message into an encrypted queue or topic


def encryption_needs(account: Account, service: str, operation: str, parameters: Mapping[str, Any]) -> list[Need]:
    """Key permissions that a call needs, for keys of the account's own."""
    match service, operation:
        case "sqs", "SendMessage" | "SendMessageBatch":
            return _of(queue_key(account, str(parameters["QueueUrl"]).rsplit("/", 1)[-1]), _BOTH)
        case "sqs", "ReceiveMessage":
            return _of(queue_key(account, str(parameters["QueueUrl"]).rsplit("/", 1)[-1]), _READ)
        case "sns", "Publish" | "PublishBatch" if parameters.get("TopicArn"):
            return _of(topic_key(account, parameters["TopicArn"]), _BOTH)
        case "s3", "GetObject":
            return _of(_bucket_key(account, parameters["Bucket"]), _READ)
        case "s3", "PutObject" | "CopyObject":
            own = parameters.get("SSEKMSKeyId")
            return _of(_arn(account, own) if own else _bucket_key(account, parameters["Bucket"]), _WRITE)
        case "s3", "CreateMultipartUpload" | "UploadPart" | "CompleteMultipartUpload":
            return _of(_bucket_key(account, parameters["Bucket"]), _BOTH)
        case "secretsmanager", "GetSecretValue":
            return _of(_secret_key(account, parameters["SecretId"]), _READ)
        case "secretsmanager", "PutSecretValue":
            return _of(_secret_key(account, parameters["SecretId"]), _BOTH)
        case "secretsmanager", "CreateSecret" if parameters.get("KmsKeyId"):
            return _of(_arn(account, parameters["KmsKeyId"]), _BOTH)
        case _:
            return []


def key_policy(account: Account, key_arn: str) -> dict[str, Any]:
    from moto.kms.models import kms_backends

    key = kms_backends[account.id][account.region].keys[key_arn.rsplit("/", 1)[-1]]
    policy: dict[str, Any] = json.loads(key.policy)
    return policy


def iam_decides(account: Account, need: Need) -> bool:
    """Does the key's policy leave it to the account's IAM? Without that, no role policy opens a key."""
    root = f"arn:aws:iam::{account.id}:root"
    statements = [
        one
        for one in listed(key_policy(account, need.resource).get("Statement", []))
        if isinstance(one.get("Principal"), Mapping) and root in listed(one["Principal"].get("AWS", []))
    ]
    return decide([{"Statement": statements}], need.action, need.resource, {}) is True


def queue_key(account: Account, name: str) -> str | None:
    from moto.sqs.models import sqs_backends

    queue = sqs_backends[account.id][account.region].queues.get(name)
    return _arn(account, getattr(queue, "kms_master_key_id", None))


def topic_key(account: Account, arn: str) -> str | None:
    from moto.sns.models import sns_backends

    topic = sns_backends[account.id][account.region].topics.get(arn)
    return _arn(account, getattr(topic, "kms_master_key_id", None))


def _bucket_key(account: Account, name: str) -> str | None:
    from moto.s3.models import s3_backends

    bucket = s3_backends[account.id]["aws"].buckets.get(name)
    default = ((getattr(bucket, "encryption", None) or {}).get("Rule") or {}).get("ApplyServerSideEncryptionByDefault")
    return _arn(account, default.get("KMSMasterKeyID")) if default else None


def _secret_key(account: Account, name: str) -> str | None:
    from moto.secretsmanager.models import secretsmanager_backends

    secret = secretsmanager_backends[account.id][account.region].secrets.get(name)
    return _arn(account, getattr(secret, "kms_key_id", None))


def _arn(account: Account, key: str | None) -> str | None:
    """ARN of a key of our own; None for none and for those that AWS manages."""
    if not key or key.startswith("alias/aws/") or ":alias/aws/" in key:
        return None
    return key if key.startswith("arn:") else f"arn:aws:kms:{account.region}:{account.id}:key/{key}"


def _of(key_arn: str | None, actions: tuple[str, ...]) -> list[Need]:
    return [] if key_arn is None else [Need(action, key_arn) for action in actions]
