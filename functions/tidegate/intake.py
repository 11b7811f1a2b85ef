"""Messages of the intake queues -> deliveries -> detection; which of them have to come back.

A message names a log file (EventBridge "Object Created") or is itself an event. A delivery's id is derived from what
it brings, not from the message: the same file or event under two messages is one delivery.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec

from tidegate.detection import Delivery, Detection
from tidegate.errors import DamagedRecord, Permanent, Retryable
from tidegate.messages import LogFiles, Message, object_created
from tidegate.model import Record, Source, derived_id
from tidegate.probing import API_CALL, FOLDER, INVOCATION_LOG, SERVICE_EVENT, SOURCE, THREAT, Probing
from tidegate.sources.bedrock_invocation import read_invocation_file
from tidegate.sources.cloudtrail import read_api_call
from tidegate.sources.guardduty import read_threat
from tidegate.sources.security_hub import KINDS, read_security_hub
from tidegate.sources.service_events import read_service_event
from tidegate.telemetry import logger

BODIES = "data"  # the folder beside log files with bodies over 100 KB, which the records in them name


class Intake:
    """Each method answers the ids of messages that failed, so that the queue delivers only these again."""

    def __init__(
        self, detection: Detection, *, logs: LogFiles, end_user_keys: Sequence[str], probing: Probing | None = None
    ) -> None:
        """`probing`: knows which messages are probes of our own; none are where there is none."""
        self._detection = detection
        self._logs = logs
        self._end_user_keys = end_user_keys
        self._probing = probing

    def log_files(self, messages: Iterable[Message]) -> list[str]:
        return self._take(messages, self._log_file)

    def api_calls(self, messages: Iterable[Message]) -> list[str]:
        return self._events(messages, API_CALL, lambda message: _event(message, "api", "cloudtrail", _api_call))

    def threats(self, messages: Iterable[Message]) -> list[str]:
        return self._events(messages, THREAT, _threat)

    def service_events(self, messages: Iterable[Message]) -> list[str]:
        return self._events(
            messages, SERVICE_EVENT, lambda message: _event(message, "event", "service_event", _service_event)
        )

    def _events(self, messages: Iterable[Message], path: str, read: Callable[[Message], Delivery]) -> list[str]:
        def ordinary(message: Message) -> Delivery | None:
            probe = _probe_in(message) if SOURCE in message.body else None
            if probe is None:
                return read(message)
            return None if self._is_ours(path, probe) else _no_probe(message)

        return self._take(messages, ordinary)

    def _is_ours(self, path: str, content: bytes) -> bool:
        """Whether it is a probe that we sent; then it is answered. Nothing is a probe because it says so."""
        if self._probing is None:
            return False
        return self._probing.answers(path, content, _silent_detectors)

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
        content = self._logs.read(bucket, created.key)
        if created.key.startswith(FOLDER) and self._is_ours(INVOCATION_LOG, content):
            return None
        records: list[Record] = []
        damaged: list[DamagedRecord] = []
        for record in read_invocation_file(
            content, where, end_user_keys=self._end_user_keys, fetch=self._body_in(bucket)
        ):
            if isinstance(record, DamagedRecord):
                damaged.append(record)
            else:
                records.append(record)
        return Delivery(f"{where}@{created.etag}", records, damaged, "bedrock_invocation", message.sent)

    def _body_in(self, bucket: str) -> Callable[[str], bytes]:
        """Bodies lie beside the log; a path that leads elsewhere was not written by Bedrock."""

        def fetch(path: str) -> bytes:
            scheme, _, rest = path.partition("://")
            named, _, key = rest.partition("/")
            if scheme != "s3" or named != bucket:
                raise Permanent(f"{path} does not lie in the log bucket {bucket}")
            return self._logs.read(bucket, key)

        return fetch


type Read = Callable[[bytes, str], Iterator[Record | DamagedRecord]]


class _Kind(msgspec.Struct, gc=False, rename={"detail_type": "detail-type"}):
    detail_type: str = ""


_kind = msgspec.json.Decoder(_Kind).decode


class _Probe(msgspec.Struct, gc=False):
    source: str
    detail: msgspec.Raw


_probe = msgspec.json.Decoder(_Probe).decode


def _probe_in(message: Message) -> bytes | None:
    """The content of what calls itself a probe; None for anything that only has the word in it."""
    try:
        envelope = _probe(message.body)
    except (msgspec.MsgspecError, UnicodeEncodeError, RecursionError):
        return None  # the reader says what is wrong with it
    return bytes(envelope.detail) if envelope.source == SOURCE else None


def _no_probe(message: Message) -> Delivery:
    body = message.body.encode("utf-8", "surrogatepass")
    digest = hashlib.sha256(body).hexdigest()[:20]
    reason = "calls itself a probe of this stack, which sent none like it"
    return Delivery(f"damaged/{digest}", [], [DamagedRecord(reason, where=f"event {digest}", original=body)], "unknown")


def _silent_detectors(path: str) -> list[str]:
    from tidegate.self_test import silent_detectors  # needed once an hour

    return silent_detectors(path)


def _api_call(envelope: bytes, where: str) -> Iterator[Record | DamagedRecord]:
    yield read_api_call(envelope, where)


def _service_event(envelope: bytes, where: str) -> Iterator[Record | DamagedRecord]:
    yield read_service_event(envelope, where)


def _guardduty(envelope: bytes, where: str) -> Iterator[Record | DamagedRecord]:
    yield read_threat(envelope, where)


def _threat(message: Message) -> Delivery:
    """GuardDuty's own, or what either Security Hub passes on: both come by one queue."""
    try:
        hub = _kind(message.body).detail_type in KINDS
    except (msgspec.MsgspecError, UnicodeEncodeError, RecursionError):
        hub = False  # the reader says what is wrong with it
    return _event(message, "threat", "security_hub" if hub else "guardduty", read_security_hub if hub else _guardduty)


def _event(message: Message, kind: str, source: Source, read: Read) -> Delivery:
    """One event of the bus. Where it holds several records, all of them name the delivery."""
    body = message.body.encode("utf-8", "surrogatepass")
    digest = hashlib.sha256(body).hexdigest()[:20]
    found = list(read(body, f"event {digest}"))
    records = [record for record in found if not isinstance(record, DamagedRecord)]
    damaged = [record for record in found if isinstance(record, DamagedRecord)]
    if damaged:
        return Delivery(f"damaged/{digest}", records, damaged, source, message.sent)
    name = records[0].id if len(records) == 1 else derived_id("several", *(record.id for record in records))
    return Delivery(f"{kind}/{name}", records, arrived=message.sent)
