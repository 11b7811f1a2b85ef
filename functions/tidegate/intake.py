"""Messages of the intake queues -> deliveries -> detection; which of them have to come back.

A message names a log file (EventBridge "Object Created") or is itself an event. A delivery's id is derived from what
it brings, not from the message: the same file or event under two messages is one delivery.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

import msgspec
from pydantic import ValidationError

from tidegate.detection import Delivery
from tidegate.errors import DamagedRecord, Permanent, Retryable
from tidegate.model import ApiCall, Finding, Record, ThreatFinding
from tidegate.sources.bedrock_invocation import read_invocation_file
from tidegate.sources.cloudtrail import read_api_call
from tidegate.sources.guardduty import read_threat
from tidegate.telemetry import logger

if TYPE_CHECKING:
    from tidegate.correlation import Correlation
    from tidegate.detection import Detection

BODIES = "data"  # the folder beside log files with bodies over 100 KB, which the records in them name


class Message(NamedTuple):
    """One queue message: its id and its body."""

    id: str
    body: str


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


class Intake:
    """Each method answers the ids of messages that failed, so that the queue delivers only these again."""

    def __init__(self, detection: Detection, *, logs: LogFiles, end_user_keys: Sequence[str]) -> None:
        self._detection = detection
        self._logs = logs
        self._end_user_keys = end_user_keys

    def log_files(self, messages: Iterable[Message]) -> list[str]:
        return self._take(messages, self._log_file)

    def api_calls(self, messages: Iterable[Message]) -> list[str]:
        return self._take(messages, lambda message: _event(message, read_api_call))

    def threats(self, messages: Iterable[Message]) -> list[str]:
        return self._take(messages, lambda message: _event(message, read_threat))

    def _take(self, messages: Iterable[Message], read: Callable[[Message], Delivery | None]) -> list[str]:
        failed: list[str] = []
        deliveries: dict[str, Delivery] = {}
        carriers: dict[str, list[str]] = {}
        for message in messages:
            try:
                delivery = read(message)
            except (Permanent, Retryable) as error:
                # A message that can't be read now goes back; five times, then to the dead letters with an alarm.
                logger.warning("delivery not read", extra={"message_id": message.id, "reason": str(error)})
                failed.append(message.id)
                continue
            if delivery is not None:
                deliveries.setdefault(delivery.id, delivery)
                carriers.setdefault(delivery.id, []).append(message.id)
        for delivery_id in self._detection.take(list(deliveries.values())) if deliveries else ():
            failed += carriers[delivery_id]
        return failed

    def _log_file(self, message: Message) -> Delivery | None:
        try:
            bucket, created = object_created(message.body)
        except msgspec.MsgspecError as error:
            raise Permanent(f"message {message.id} is no Object Created event: {error}") from error
        if created.key.split("/")[-2:-1] == [BODIES] or created.size == 0:
            return None
        where = f"s3://{bucket}/{created.key}"
        records: list[Record] = []
        damaged: list[DamagedRecord] = []
        for record in read_invocation_file(
            self._logs.read(bucket, created.key), where, end_user_keys=self._end_user_keys, fetch=self._body_in(bucket)
        ):
            if isinstance(record, DamagedRecord):
                damaged.append(record)
            else:
                records.append(record)
        return Delivery(f"{where}@{created.etag}", records, damaged, "bedrock_invocation")

    def _body_in(self, bucket: str) -> Callable[[str], bytes]:
        """Bodies lie beside the log; a path that leads elsewhere was not written by Bedrock."""

        def fetch(path: str) -> bytes:
            scheme, _, rest = path.partition("://")
            named, _, key = rest.partition("/")
            if scheme != "s3" or named != bucket:
                raise Permanent(f"{path} does not lie in the log bucket {bucket}")
            return self._logs.read(bucket, key)

        return fetch


def _event(message: Message, read: Callable[[bytes, str], ApiCall | ThreatFinding | DamagedRecord]) -> Delivery:
    body = message.body.encode("utf-8", "surrogatepass")
    digest = hashlib.sha256(body).hexdigest()[:20]
    record = read(body, f"event {digest}")
    if isinstance(record, DamagedRecord):
        return Delivery(f"damaged/{digest}", [], [record], "cloudtrail" if read is read_api_call else "guardduty")
    return Delivery(f"{'api' if isinstance(record, ApiCall) else 'threat'}/{record.id}", [record], [])


def take_findings(messages: Iterable[Message], correlation: Correlation) -> list[str]:
    """Findings into incidents. What was sent as a finding but is none goes back, and in the end to the dead letters."""
    findings: dict[str, Finding] = {}
    failed: list[str] = []
    for message in messages:
        try:
            findings[message.id] = Finding.model_validate_json(message.body)
        except ValidationError as error:
            logger.warning("no finding", extra={"message_id": message.id, "errors": error.error_count()})
            failed.append(message.id)
    try:
        correlation.take(list(findings.values()))
    except Retryable as error:
        logger.warning("findings not correlated", extra={"reason": str(error)})
        failed += findings
    return failed
