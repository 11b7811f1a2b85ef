"""SQS: queues that call functions, and queues whose time is the run's.

The poller receives in batches, hides messages for the queue's visibility time-out, calls the function once a
batch, deletes what it took in (all, or all but the reported failures) and leaves the rest to come back when the
run's clock has passed the time-out. A message received more than maxReceiveCount times goes to the dead letters.
https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tidegate_local import hooks
from tidegate_local.account import Account, EventSource, Invoked, current
from tidegate_local.functions import Function
from tidegate_local.patterns import matches
from tidegate_local.permissions import refuse_role

_ATTRIBUTES = ("ApproximateReceiveCount", "SentTimestamp", "SenderId", "ApproximateFirstReceiveTimestamp")
_BATCH = 10  # SQS gives ten messages a receive; Lambda collects larger batches from several


def install() -> None:
    hooks.replace("moto.sqs.models:Queue._set_attributes", _set_attributes)


def _set_attributes(original: Callable[..., None]) -> Callable[..., None]:
    """A queue's policy stays when other attributes are set: moto forgets it."""

    def set_attributes(self: Any, attributes: dict[str, Any], *given: Any, **named: Any) -> None:
        before = self.policy if current() is not None and hasattr(self, "_policy_json") else None
        original(self, attributes, *given, **named)
        if before is not None and "Policy" not in attributes:
            self.policy = before

    return set_attributes


class Poller:
    """Lambda's side of the queues: what AWS::Lambda::EventSourceMapping makes it do."""

    def __init__(self, account: Account, function_named: Callable[[str], Function]) -> None:
        self._account = account
        self._function_named = function_named

    def pump(self) -> bool:
        """One batch of every queue that has visible messages. True if there was any."""
        taken = [self._take(source) for source in self._account.event_sources if source.enabled]
        return True in taken

    def next_due(self) -> float | None:
        """When the nearest hidden or delayed message of a polled queue becomes visible (epoch seconds)."""
        now = self._account.clock.time() * 1000
        times = [
            moment
            for source in self._account.event_sources
            for message in _queue(self._account, source.queue_arn)._messages
            for moment in (message.visible_at, message.delayed_until)
            if moment > now
        ]
        return min(times) / 1000 + 0.001 if times else None  # visible after that moment, not at it

    def _take(self, source: EventSource) -> bool:
        if not _has_visible(self._account, source.queue_arn):  # most queues, at most moments
            return False
        url = _queue_url(self._account, source.queue_arn)
        messages = self._receive(source, url)
        if not messages:
            return False
        wanted = []
        for message in messages:
            if _passes(source, message):
                wanted.append(message)
            else:  # filtered out: deleted unseen
                self._delete(url, message)
        if wanted:
            self._call(source, url, wanted)
        return True

    def _receive(self, source: EventSource, url: str) -> list[dict[str, Any]]:
        messages: list[dict[str, Any]] = []
        function = self._function_named(source.function)
        while len(messages) < source.batch_size:
            size = min(_BATCH, source.batch_size - len(messages))
            if not _has_visible(self._account, source.queue_arn):
                break
            for action in ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes"):
                if refusal := refuse_role(self._account, function.role, "sqs", action, {"QueueUrl": url}):
                    raise PermissionError(f"event source of {function.logical_id}: {refusal}")
            got = self._account.client("sqs").receive_message(
                QueueUrl=url,
                MaxNumberOfMessages=size,
                MessageSystemAttributeNames=["All"],
                MessageAttributeNames=["All"],
                WaitTimeSeconds=0,
            )
            found = got.get("Messages", [])
            messages += found
            if len(found) < size:
                break
        return messages

    def _call(self, source: EventSource, url: str, messages: list[dict[str, Any]]) -> None:
        records = [_record(self._account, source, message) for message in messages]
        done = self._account.functions.invoke(source.function, {"Records": records})
        failed = _failed(done, source, {record["messageId"] for record in records})
        if failed and not done.failed:
            function = self._function_named(source.function)
            error = MessagesReportedError(f"reported {len(failed)} of {len(messages)} messages as failed")
            self._account.failed(f"function {function.logical_id}", error, event=sorted(failed))
        for message in messages:
            if message["MessageId"] not in failed:
                self._delete(url, message)

    def _delete(self, url: str, message: dict[str, Any]) -> None:
        self._account.client("sqs").delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


class MessagesReportedError(Exception):
    """A function answered with batchItemFailures: those messages come back later."""


def _failed(done: Invoked, source: EventSource, ids: set[str]) -> set[str]:
    """Ids of messages that stay: everything after an error, or what the answer lists. An unknown id fails the batch."""
    if done.failed:
        return ids
    if not source.reports_failures:
        return set()
    answer = json.loads(done.payload)
    if not answer:
        return set()
    listed = answer.get("batchItemFailures") or []
    failed = {one.get("itemIdentifier") for one in listed}
    return failed if failed <= ids else ids


def _passes(source: EventSource, message: dict[str, Any]) -> bool:
    if not source.filters:
        return True
    try:
        body: Any = json.loads(message["Body"])
    except ValueError:
        body = message["Body"]
    return any(matches(pattern, {"body": body}) for pattern in source.filters)


def _record(account: Account, source: EventSource, message: dict[str, Any]) -> dict[str, Any]:
    attributes = {name: message.get("Attributes", {}).get(name, "") for name in _ATTRIBUTES}
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": attributes,
        "messageAttributes": {
            name: {"dataType": value["DataType"], "stringValue": value.get("StringValue", "")}
            for name, value in message.get("MessageAttributes", {}).items()
        },
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": source.queue_arn,
        "awsRegion": account.region,
    }


def _queue(account: Account, arn: str) -> Any:
    from moto.sqs.models import sqs_backends

    return sqs_backends[account.id][account.region].queues[arn.rsplit(":", 1)[-1]]


def _has_visible(account: Account, arn: str) -> bool:
    return any(message.visible and not message.delayed for message in _queue(account, arn)._messages)


def _queue_url(account: Account, arn: str) -> str:
    return str(account.client("sqs").get_queue_url(QueueName=arn.rsplit(":", 1)[-1])["QueueUrl"])
