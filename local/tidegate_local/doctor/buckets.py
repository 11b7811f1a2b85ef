"""What the defence stands on: the buckets that hold the log, the evidence and what models learn from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from tidegate_local.doctor import Answer, Check, Patient, bad, ok, unasked, unknown, warn

_ABSENT = (
    "ServerSideEncryptionConfigurationNotFoundError",
    "NoSuchPublicAccessBlockConfiguration",
    "ObjectLockConfigurationNotFoundError",
)


def _buckets(patient: Patient) -> Iterator[Answer]:
    """Versioning, a customer-managed key and a public access block of our own buckets and those of `--watch`; Object
    Lock where somebody could exchange what models learn from, and on the evidence.
    """
    outputs = patient.stack.outputs
    own = [outputs[name] for name in ("OutboxBucket", "EvidenceBucket") if outputs.get(name)]
    s3 = patient.client("s3")
    fine = 0
    for bucket in (*own, *patient.watched):
        lacks = _lacks(s3, bucket, locked=bucket != outputs.get("OutboxBucket"))
        if lacks:
            mend = "Switch them on: tampered training data can't be restored without versions, nor evidence be proven."
            yield warn(f"{bucket} lacks {', '.join(lacks)}", mend)
        else:
            fine += 1
    if fine:
        yield ok(f"{fine} buckets have versions, a key of their own and no public access")
    if not patient.watched:
        yield warn(
            "no training-data bucket is watched",
            "Name them with [[watch]] in the rules: poisoning and bulk reads are seen there only.",
        )


def _log_buckets(patient: Patient) -> Iterator[Answer]:
    """The same of LogBucket and of every bucket that a Region's invocation log, or its large bodies, is delivered to;
    and Object Lock: who covers tracks deletes the log first.
    """
    buckets = {patient.stack.outputs.get("LogBucket", "")}
    silent = []
    for region, found in patient.invocation_logs.items():
        if isinstance(found, dict):
            large = (found.get("cloudWatchConfig") or {}).get("largeDataDeliveryS3Config") or {}
            buckets |= {(found.get("s3Config") or {}).get("bucketName", ""), large.get("bucketName", "")}
        else:
            silent.append(region)
    buckets.discard("")
    s3 = patient.client("s3")
    fine = []
    for bucket in sorted(buckets):
        try:
            lacks = _lacks(s3, bucket, locked=True)
        except (ClientError, BotoCoreError) as error:
            if isinstance(error, ClientError) and error.response["Error"]["Code"] == "NoSuchBucket":
                yield bad(
                    f"the log goes to {bucket}, and there is no such bucket",
                    "Point it at LogBucket: whoever makes a bucket of that name receives your prompts.",
                )
            else:
                yield unasked(error, f"{bucket}: ")
            continue
        if lacks:
            yield warn(
                f"the log in {bucket} lacks {', '.join(lacks)}",
                "Switch versioning on, then Object Lock, with a lifecycle rule that ends noncurrent versions,"
                " or prompts stay for ever. Then look whether Bedrock still delivers: see telemetry_gap.",
            )
        else:
            fine.append(bucket)
    if silent:
        yield unknown(f"not asked where the log goes: {', '.join(silent)}")
    if fine:
        yield ok(f"the log is kept from change in {', '.join(fine)}")
    elif not buckets and not silent:
        yield unknown("no invocation log goes to a bucket")


def _lacks(s3: Any, bucket: str, *, locked: bool) -> list[str]:
    lacks = [said for said, holds in _of_bucket(s3, bucket) if not holds]
    return [*lacks, "Object Lock"] if locked and not _locked(s3, bucket) else lacks


def _of_bucket(s3: Any, bucket: str) -> Iterator[tuple[str, bool]]:
    yield "versioning", s3.get_bucket_versioning(Bucket=bucket).get("Status") == "Enabled"
    rules = _asked(lambda: s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"], [])
    keys = [rule.get("ApplyServerSideEncryptionByDefault", {}) for rule in rules]
    yield "a customer-managed key", any(_own(key.get("KMSMasterKeyID", "")) for key in keys)
    blocked = _asked(lambda: s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"], {})
    yield "a public access block", bool(blocked) and all(blocked.values())


def _own(key: str) -> bool:
    """A key of the account: AWS's own (alias/aws/s3) can't be withdrawn from anybody."""
    return bool(key) and "alias/aws/" not in key


def _locked(s3: Any, bucket: str) -> bool:
    found = _asked(lambda: s3.get_object_lock_configuration(Bucket=bucket)["ObjectLockConfiguration"], {})
    return bool(found.get("ObjectLockEnabled") == "Enabled")


def _asked(ask: Callable[[], Any], absent: Any) -> Any:
    """AWS answers what isn't configured with an error."""
    try:
        return ask()
    except ClientError as error:
        if error.response["Error"]["Code"] in _ABSENT:
            return absent
        raise


CHECKS = (
    Check("buckets", "posture", "Buckets keep versions under an own key", _buckets),
    Check("log_buckets", "posture", "The log can't be changed", _log_buckets),
)
