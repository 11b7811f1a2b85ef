"""Messages of the index queue -> document objects -> the sender; which of them have to come back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import msgspec

from tidegate.errors import Permanent, Retryable
from tidegate.index.sender import Message as Documents
from tidegate.messages import Message, object_created
from tidegate.sources.files import inflated
from tidegate.telemetry import logger

if TYPE_CHECKING:
    from tidegate.index.sender import Sender, Sent
    from tidegate.messages import LogFiles


class Indexing:
    def __init__(self, objects: LogFiles, sender: Sender) -> None:
        self._objects = objects
        self._sender = sender

    def take(self, messages: Iterable[Message], *, remaining: Callable[[], float]) -> Sent:
        """`remaining`: seconds left. `failed` of the answer holds message ids with their reasons."""
        documents: list[Documents] = []
        unread: dict[str, str] = {}
        for message in messages:
            try:
                documents.append(self._documents(message))
            except (Permanent, Retryable) as error:
                unread[message.id] = str(error)
        sent = self._sender.send(documents, remaining=remaining)
        sent.failed.update(unread)
        for message_id, reason in sent.failed.items():
            logger.warning("documents not indexed", extra={"message_id": message_id, "reason": reason})
        return sent

    def _documents(self, message: Message) -> Documents:
        """Raises Permanent when it can't be read: the queue keeps it, in the end as a dead letter."""
        try:
            bucket, entry = object_created(message.body)
        except msgspec.MsgspecError as error:
            raise Permanent(f"message {message.id} is no Object Created event: {error}") from error
        where = f"s3://{bucket}/{entry.key}"
        data, damage = inflated(self._objects.read(bucket, entry.key), where)
        if damage:
            raise damage
        return Documents(message.id, where, data)
