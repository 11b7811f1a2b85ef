"""What a queue hands over: a message, and the object it may name."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import msgspec


class Message(NamedTuple):
    """One queue message: its id and its body."""

    id: str
    body: str
    sent: float | None = None  # when it came into the queue, epoch seconds


class LogFiles(Protocol):
    def read(self, bucket: str, key: str) -> bytes:
        """Raises Permanent when it is gone, Retryable when S3 throttles."""
        ...


class _Bucket(msgspec.Struct):
    name: str


class CreatedObject(msgspec.Struct):
    key: str
    size: int = 0
    etag: str = ""


class _Detail(msgspec.Struct):
    bucket: _Bucket
    object: CreatedObject


class _ObjectCreated(msgspec.Struct):
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html; the key is not URL-encoded there."""

    detail: _Detail


_decode_object_created = msgspec.json.Decoder(_ObjectCreated).decode


def object_created(body: str) -> tuple[str, CreatedObject]:
    """The bucket's name and the object of an "Object Created" event. Raises msgspec.MsgspecError."""
    detail = _decode_object_created(body).detail
    return detail.bucket.name, detail.object
