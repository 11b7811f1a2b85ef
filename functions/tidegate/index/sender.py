"""Ready bulk bytes from the outbox into OpenSearch: every document lands, is known to be stale, or is kept as damaged.

Our own loop over `client.bulk`: the client's `parallel_bulk` needs semaphores that Lambda lacks and its
`streaming_bulk` retries nothing unless told to. What becomes of a document, by its status:

| status | then |
| --- | --- |
| 200, 201 | done |
| 409 | done: it is there already (create), or a newer revision is (index) |
| 400, or 413 for it alone | its original is kept and the errors index says why |
| 429, 5xx, no answer | again, with growing jittered pauses, while time remains; then its message fails |
| anything else | its message fails at once, with the reason: waiting would not help, the document is not at fault |

A message that failed is delivered again by the queue. That is harmless: documents carry ids derived from content,
and versions where they change.
"""

from __future__ import annotations

import random
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from opensearchpy import OpenSearch
from opensearchpy.exceptions import TransportError

from tidegate.errors import DamagedRecord
from tidegate.index import templates
from tidegate.index.bulk_lines import Line, lines_of
from tidegate.index.documents import error_document
from tidegate.index.faults import passing
from tidegate.index.faults import reason as reason_of
from tidegate.model import DamagedNote, derived_id
from tidegate.ports import Clock, DamagedStore

BULK_BYTES = 5_000_000  # uncompressed; OpenSearch advises 5 to 15 MB, and small domains take 10 MB at most
REQUEST_SECONDS = 30.0
RESERVE_SECONDS = 3.0  # left to answer the queue with what failed
LONGEST_PAUSE = 20.0

_ANSWER = "took,errors,items.*.status,items.*.error"
# 400s that speak of the cluster: no shards left to open, an index closed. The document is not at fault.
_NOT_THE_DOCUMENT = frozenset({"validation_exception", "index_closed_exception"})
_NO_IDS = "Document ID is not supported"  # a collection that is not of type SEARCH


class Message(NamedTuple):
    """One queue message: `where` its bytes came from ("s3://bucket/key") and the newline-delimited bulk bytes."""

    id: str
    where: str
    data: bytes


@dataclass
class Sent:
    """What became of a batch. `failed`: message id -> reason, for the partial batch response and the log."""

    failed: dict[str, str] = field(default_factory=dict)
    indexed: int = 0
    already_there: int = 0
    damaged: int = 0
    bulks: int = 0


class _Item(NamedTuple):
    message: str
    where: str
    line: Line
    is_note: bool = False

    @property
    def size(self) -> int:
        return len(self.line.action) + len(self.line.source) + 2


class _Next(NamedTuple):
    """Bulks still to be sent, and whether to wait before them."""

    again: list[list[_Item]]
    reason: str = ""
    pause: bool = False


class Sender:
    def __init__(
        self,
        client: OpenSearch,
        *,
        damaged: DamagedStore,
        clock: Clock,
        pause: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
        bulk_bytes: int = BULK_BYTES,
        serverless: bool = False,
    ) -> None:
        """`pause` takes seconds; `jitter` gives 0 to 1."""
        self._client = client
        self._damaged = damaged
        self._clock = clock
        self._pause = pause
        self._jitter = jitter
        self._bulk_bytes = bulk_bytes
        self._serverless = serverless
        self._installed = False

    def send(self, messages: Iterable[Message], *, remaining: Callable[[], float]) -> Sent:
        """Sends all documents of all messages; `remaining` gives the seconds left to do so.

        Raises nothing that is the cluster's state: every message is either done or in `failed`.
        """
        sent = Sent()
        notes: list[_Item] = []
        for bulk in _packed(self._items(messages, sent, notes), self._bulk_bytes):
            self._send_bulk(bulk, sent, notes, remaining)
        for bulk in _packed(iter(notes), self._bulk_bytes):
            self._send_bulk(bulk, sent, [], remaining)
        return sent

    def _items(self, messages: Iterable[Message], sent: Sent, notes: list[_Item]) -> Iterator[_Item]:
        for message in messages:
            for line in lines_of(message.data, message.where):
                if isinstance(line, DamagedRecord):
                    note_id = derived_id("damaged", line.where, line.reason)
                    self._keep(message.id, note_id, line.where, line.reason, line.original, sent, notes)
                else:
                    yield _Item(message.id, message.where, line)

    def _send_bulk(self, items: list[_Item], sent: Sent, notes: list[_Item], remaining: Callable[[], float]) -> None:
        waiting = deque([items])
        attempt = 0
        while waiting:
            bulk = waiting.popleft()
            time_left = remaining() - RESERVE_SECONDS
            if time_left <= 0:
                _fail(bulk, "no time left", sent)
                continue
            next_step = self._attempt(bulk, sent, notes, min(REQUEST_SECONDS, time_left))
            if next_step.pause:
                delay = self._jitter() * min(LONGEST_PAUSE, 0.5 * 2**attempt)
                attempt += 1
                if remaining() - delay <= RESERVE_SECONDS:
                    for turned_away in next_step.again:
                        _fail(turned_away, next_step.reason, sent)
                    continue
                self._pause(delay)
            waiting.extendleft(reversed(next_step.again))

    def _attempt(self, bulk: list[_Item], sent: Sent, notes: list[_Item], timeout: float) -> _Next:
        """One request and what follows from its answer."""
        try:
            if not self._installed:  # once a process, first: an index made without templates would guess its mapping
                templates.ensure(self._client, serverless=self._serverless)
                self._installed = True
        except TransportError as error:
            return _refused(bulk, error, f"index templates: {reason_of(error)}", sent)
        body = b"".join([part for item in bulk for part in (item.line.action, b"\n", item.line.source, b"\n")])
        sent.bulks += 1
        try:
            answer = self._client.bulk(body=body, params={"filter_path": _ANSWER, "request_timeout": timeout})
        except TransportError as error:
            if error.status_code in (400, 413) and len(bulk) > 1:  # narrow down which of them is at fault
                half = len(bulk) // 2
                return _Next([bulk[:half], bulk[half:]])
            if error.status_code == 413:
                self._damage(bulk[0], reason_of(error), sent, notes)
                return _Next([])
            return _refused(bulk, error, reason_of(error), sent)
        if not answer["errors"]:
            sent.indexed += sum(not item.is_note for item in bulk)
            return _Next([])
        return self._sort_out(bulk, answer["items"], sent, notes)

    def _sort_out(self, bulk: list[_Item], outcomes: list[dict[str, Any]], sent: Sent, notes: list[_Item]) -> _Next:
        again: list[_Item] = []
        why = ""
        for item, outcome in zip(bulk, outcomes, strict=True):
            (result,) = outcome.values()
            status, error = result["status"], result.get("error", {})
            reason = f"{status} {error.get('type', '')}: {error.get('reason', '')}"
            if status < 300:
                sent.indexed += not item.is_note
            elif status == 409:
                sent.already_there += not item.is_note
            elif status == 400 and _NO_IDS in error.get("reason", ""):
                _fail(
                    [item],
                    f"{reason}: documents have ids of their own, which only collections of type SEARCH take",
                    sent,
                )
            elif status == 400 and error.get("type") not in _NOT_THE_DOCUMENT:
                cause = error.get("caused_by", {}).get("reason")
                self._damage(item, f"{reason} ({cause})" if cause else reason, sent, notes)
            elif status == 429 or status >= 500:
                again.append(item)
                why = reason
            else:
                _fail([item], reason, sent)
        return _Next([again], why, pause=True) if again else _Next([])

    def _damage(self, item: _Item, reason: str, sent: Sent, notes: list[_Item]) -> None:
        if item.is_note:  # our own template and document disagree: let the queue keep the message
            _fail([item], f"the errors index refused a note: {reason}", sent)
            return
        action = item.line.action
        where = f"{item.where} {item.line.index_name}/{item.line.document_id}"
        note_id = derived_id("damaged", item.line.index_name, item.line.document_id)
        self._keep(item.message, note_id, where, reason, action + b"\n" + item.line.source + b"\n", sent, notes)

    def _keep(
        self, message: str, note_id: str, where: str, reason: str, original: bytes, sent: Sent, notes: list[_Item]
    ) -> None:
        reference = self._damaged.keep(note_id, original)
        note = DamagedNote(
            id=note_id, time=self._clock(), source="index", where=where, reason=reason, original_ref=reference
        )
        (line,) = lines_of(error_document(note), where)
        if isinstance(line, DamagedRecord):
            raise line
        notes.append(_Item(message, where, line, is_note=True))
        sent.damaged += 1


def _packed(items: Iterator[_Item], limit: int) -> Iterator[list[_Item]]:
    """Bulks of at most `limit` bytes, or of one item that alone is larger."""
    bulk: list[_Item] = []
    size = 0
    for item in items:
        if bulk and size + item.size > limit:
            yield bulk
            bulk, size = [], 0
        bulk.append(item)
        size += item.size
    if bulk:
        yield bulk


def _fail(items: list[_Item], reason: str, sent: Sent) -> None:
    for item in items:
        sent.failed.setdefault(item.message, reason)


def _refused(bulk: list[_Item], error: TransportError, reason: str, sent: Sent) -> _Next:
    """A whole request that was not taken: wait where that may help, else let the queue keep the messages."""
    if passing(error):
        return _Next([bulk], reason, pause=True)
    _fail(bulk, reason, sent)
    return _Next([])
