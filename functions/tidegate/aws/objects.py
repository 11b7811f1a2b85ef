"""What lies in S3: log files, the outbox of documents, damaged originals, evidence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError
from isal.igzip import compress  # a third of zlib's time

from tidegate.aws.faults import calling, code_of
from tidegate.errors import Permanent
from tidegate.ports import Kept

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

DOCUMENTS = "documents/"
DAMAGED = "damaged/"


class S3LogFiles:
    """Delivered log files, and the files we make of a log subscription."""

    def __init__(self, s3: S3Client, bucket: str) -> None:
        self._s3 = s3
        self._bucket = bucket

    def read(self, bucket: str, key: str) -> bytes:
        """Raises Permanent when the object is gone."""
        try:
            with calling(f"reading s3://{bucket}/{key}"):
                return self._s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        except ClientError as error:
            if code_of(error) != "NoSuchKey":
                raise
            raise Permanent(f"s3://{bucket}/{key} is gone: it was deleted before it was read.") from error

    def write(self, key: str, data: bytes) -> str:
        with calling(f"writing s3://{self._bucket}/{key}"):
            self._s3.put_object(Bucket=self._bucket, Key=key, Body=data)
        return f"s3://{self._bucket}/{key}"


class S3Outbox:
    """`documents/BATCH.ndjson.gz`, a line a document, its place beside it. A batch written twice is one object."""

    def __init__(self, s3: S3Client, bucket: str) -> None:
        self._s3 = s3
        self._bucket = bucket

    def write(self, batch_id: str, documents: Iterable[bytes]) -> None:
        body = b"".join(_one_line_each(documents))
        if not body:
            return
        key = f"{DOCUMENTS}{batch_id}.ndjson.gz"
        with calling(f"writing s3://{self._bucket}/{key}"):
            self._s3.put_object(Bucket=self._bucket, Key=key, Body=compress(body, 1, mtime=0))


def _one_line_each(documents: Iterable[bytes]) -> Iterator[bytes]:
    """`{action}\\n{document}\\n`, any number, as `{action, "document": {document}}\\n` (index/bulk_lines.py)."""
    for data in documents:
        start = 0
        while start < len(data):
            head = data.index(b"\n", start)
            end = data.index(b"\n", head + 1)
            yield from (data[start : head - 1], b',"document":', data[head + 1 : end], b"}\n")
            start = end + 1


class S3DamagedStore:
    """`damaged/NOTE`: the bytes as they came."""

    def __init__(self, s3: S3Client, bucket: str) -> None:
        self._s3 = s3
        self._bucket = bucket

    def keep(self, note_id: str, original: bytes) -> str:
        key = f"{DAMAGED}{note_id}"
        with calling(f"keeping s3://{self._bucket}/{key}"):
            self._s3.put_object(Bucket=self._bucket, Key=key, Body=original)
        return f"s3://{self._bucket}/{key}"


class S3KeptEvidence:
    """Reads what S3Evidence keeps, under the operator's own permissions."""

    def __init__(self, s3: S3Client) -> None:
        self._s3 = s3

    def read(self, reference: str) -> Kept:
        bucket, _, key = reference.removeprefix("s3://").partition("/")
        try:
            with calling(f"reading {reference}"):
                versions = self._s3.list_object_versions(Bucket=bucket, Prefix=key)
                first = [one["VersionId"] for one in versions.get("Versions", ()) if one["Key"] == key][-1:]
                which: Any = {"VersionId": first[0]} if first else {}
                answer = self._s3.get_object(Bucket=bucket, Key=key, **which)
        except ClientError as error:
            if code_of(error) not in ("NoSuchKey", "NoSuchVersion"):
                raise
            raise Permanent(f"{reference} is gone.") from error
        return Kept(answer["Body"].read(), answer.get("ObjectLockRetainUntilDate"))


class S3Evidence:
    """A bucket with Object Lock: nothing in it is overwritten or deleted before its time."""

    def __init__(self, s3: S3Client, bucket: str) -> None:
        self._s3 = s3
        self._bucket = bucket

    def keep(self, key: str, body: bytes) -> str:
        try:
            with calling(f"keeping evidence s3://{self._bucket}/{key}"):
                # Object Lock asks for a checksum with each write; If-None-Match keeps the first version the only one.
                self._s3.put_object(
                    Bucket=self._bucket, Key=key, Body=body, ChecksumAlgorithm="SHA256", IfNoneMatch="*"
                )
        except ClientError as error:
            if code_of(error) != "PreconditionFailed":
                raise
        return f"s3://{self._bucket}/{key}"
