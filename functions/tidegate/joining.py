"""An invocation finds its CloudTrail event by request id, whichever comes first.

The log knows what was asked and how many tokens it cost; CloudTrail knows from where and with which key. Each side
writes its calls to pages of its own (callers/pages.py), and only then reads those of the other side. So of two halves
that arrive at the same moment at least one sees the other, and a crash between writing and reading costs nothing: the
delivery comes again, writes nothing new and reads again. Both may see each other: the same `Joined` is then shown
twice. That is why a detector that reads joined calls must not count (detectors/__init__.py refuses one that does):
what it remembers are sets, to which a repetition adds nothing.

A call whose other half never comes is not held back: it was detected by itself when it came. Pages are kept for
`join_minutes` after it, at least; an event later than that stays without its other half, and so does a call whose two
halves tell times that are more than `APART` apart.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import batched
from typing import TYPE_CHECKING, NamedTuple

from tidegate.callers.pages import (
    MOST_BYTES,
    MOST_ROWS,
    OTHER,
    PAGE,
    SHARDS,
    Calls,
    Chunk,
    Found,
    Row,
    Side,
    Writing,
    appended,
    calls_in,
    chunk_id_of,
    joined,
    key_of,
)
from tidegate.errors import Conflict, Permanent
from tidegate.model import ApiCall, Invocation, Joined
from tidegate.ports import CallerStates, Clock, Stored
from tidegate.telemetry import logger

if TYPE_CHECKING:
    from tidegate.detection import Delivery

# What the invocation log covers, by the names CloudTrail gives it. The bedrock-mantle endpoint, bidirectional and
# asynchronous calls, batch jobs and ApplyGuardrail write no record.
LOGGED_CALLS = frozenset({"InvokeModel", "InvokeModelWithResponseStream", "Converse", "ConverseStream"})
LOGGED_SERVICES = ("bedrock", "bedrock-runtime")
APART = 150  # seconds: a call's time in the log may be its end, in CloudTrail its beginning
_ATTEMPTS = 3 * SHARDS
_REMEMBERED = 128  # pages whose content this process keeps beside it, so that it reads only what was appended
_KEPT_TIMES = 2  # join_minutes: the watch for gaps looks after once that long, and must still find them


class _Place(NamedTuple):
    side: Side
    account: str
    region: str
    page: int


@dataclass(slots=True)
class _Group:
    """What a batch holds of one side, account, Region and page."""

    writing: Writing = field(default_factory=Writing)
    waiting: list[tuple[str, str, Row]] = field(default_factory=list)  # delivery, request id, its row
    deliveries: dict[str, None] = field(default_factory=dict)


@dataclass(slots=True)
class _Page:
    revision: int = 0
    read: int = 0  # bytes
    calls: Calls = field(default_factory=dict)


@dataclass(slots=True)
class Joins:
    """What a batch completed: by the delivery that brought the second half. `failed`: deliveries to come again."""

    of: dict[str, list[Joined]] = field(default_factory=dict)
    failed: set[str] = field(default_factory=set)


class Joining:
    def __init__(self, states: CallerStates, *, minutes: int, clock: Clock) -> None:
        """`minutes`: how long a call waits for its other half. `clock`: for the pages' TTL only."""
        self._states = states
        self._keep = minutes * 60 * _KEPT_TIMES
        self._clock = clock
        self._own: OrderedDict[str, Stored] = OrderedDict()
        self._pages: OrderedDict[str, _Page] = OrderedDict()

    def match(self, deliveries: Sequence[Delivery]) -> Joins:
        joins = Joins()
        groups = _grouped(deliveries)
        for place, group in groups.items():
            try:
                self._write(place, group)
            except (Conflict, Permanent) as error:
                # The calls are detected as they are; their deliveries come again to be matched.
                logger.error("calls not kept for matching", extra={"place": str(place), "reason": str(error)})
                joins.failed |= group.deliveries.keys()
        self._find(groups, joins)
        return joins

    def calls(self, account: str, region: str, side: Side, pages: Sequence[int]) -> Calls:
        """Every call of one side in these pages, for whoever wants to know which never found its other half."""
        found: Calls = {}
        for one in self._read(_keys(account, region, side, pages)):
            found |= one
        return found

    def _write(self, place: _Place, group: _Group) -> None:
        """Raises Conflict when every shard stays contended."""
        shard = chunk_id_of(*group.deliveries)[0]
        whole = group.writing.chunk
        for number, rows in enumerate(batched(whole.rows, MOST_ROWS, strict=False)):
            chunk_id = chunk_id_of(*group.deliveries, str(number))
            self._append(place, shard + number, chunk_id, Chunk(whole.words, whole.principals, list(rows)))

    def _append(self, place: _Place, shard: int, chunk_id: bytes, chunk: Chunk) -> None:
        end = (place.page + 1) * PAGE
        forget_at = max(float(end), self._clock().timestamp()) + self._keep
        full = 0
        for attempt in range(_ATTEMPTS):
            key = key_of(*_named(place), (shard + attempt) % SHARDS)
            stored = self._own.pop(key, None) or self._states.load([key])[key]
            data = appended(stored.data, chunk_id, chunk)
            if data is stored.data:
                return
            if len(data) > MOST_BYTES:
                full += 1
                if full == SHARDS:
                    break
                continue
            try:
                self._states.save(key, data, revision=stored.revision, forget_at=forget_at)
            except Conflict:
                continue  # someone else wrote to it: the next shard is as good
            self._own[key] = Stored(data, stored.revision + 1)
            if len(self._own) > _REMEMBERED:
                self._own.popitem(last=False)
            return
        if full < SHARDS:
            raise Conflict(f"pages of {'/'.join(map(str, place))} stayed contended {_ATTEMPTS} times.")
        logger.warning(
            "more calls than are matched", extra={"place": str(place), "calls": len(chunk.rows), "bytes": MOST_BYTES}
        )

    def _find(self, groups: dict[_Place, _Group], joins: Joins) -> None:
        seen: set[tuple[str, str, str]] = set()
        for place, group in groups.items():
            others = self._read(_keys(place.account, place.region, OTHER[place.side], _near(group)))
            if not others:
                continue
            chunk = group.writing.chunk
            for delivery, request_id, row in group.waiting:
                other = next((found for calls in others if (found := calls.get(row.request))), None)
                name = (place.account, place.region, request_id)
                if other is None or name in seen:
                    continue
                seen.add(name)
                own = Found(row, chunk)
                logged, called = (own, other) if place.side == "log" else (other, own)
                match = joined(request_id, place.account, place.region, logged, called)
                joins.of.setdefault(delivery, []).append(match)

    def _read(self, keys: list[str]) -> list[Calls]:
        """The calls of those pages that exist. What this process has read of a page isn't read again."""
        found = []
        for key, stored in self._states.load(keys).items():
            if not stored.data:
                continue
            page = self._pages.pop(key, None)
            if page is None or page.revision > stored.revision:
                page = _Page()
            if page.revision != stored.revision:
                try:
                    page.read = calls_in(stored.data, page.calls, key=key, place=page.read)
                except Permanent as error:
                    # Its calls stay unmatched until it expires; everybody else's are none the worse for it.
                    logger.error("page not read", extra={"page": key, "reason": str(error)})
                page.revision = stored.revision
            self._pages[key] = page
            if len(self._pages) > _REMEMBERED:
                self._pages.popitem(last=False)
            found.append(page.calls)
        return found


def _near(group: _Group) -> range:
    """The pages in which the other halves of these calls can be."""
    times = [row.time for _, _, row in group.waiting]
    return range(int(min(times) - APART) // PAGE, int(max(times) + APART) // PAGE + 1)


def is_expected(call: ApiCall) -> bool:
    """Whether the invocation log ought to hold this call: it was answered, and no AWS service made it for someone.

    Of calls that failed some are logged and some aren't; AWS doesn't say which. Nor whether those are that its
    agents and knowledge bases make.
    """
    return not call.error and not call.principal.invoked_by


def _grouped(deliveries: Sequence[Delivery]) -> dict[_Place, _Group]:
    groups: dict[_Place, _Group] = {}
    for delivery in deliveries:
        for side, request_id, record in _joinable(delivery):
            place = _Place(side, record.account, record.region, int(record.time) // PAGE)
            group = groups.get(place)
            if group is None:
                group = groups[place] = _Group()
            if isinstance(record, Invocation):
                row = group.writing.logged(record)
            else:
                row = group.writing.called(record, expected=is_expected(record))
            group.waiting.append((delivery.id, request_id, row))
            group.deliveries[delivery.id] = None
    return groups


def _joinable(delivery: Delivery) -> Iterator[tuple[Side, str, Invocation | ApiCall]]:
    for record in delivery.records:
        if isinstance(record, Invocation):
            yield "log", record.id, record
        elif (
            isinstance(record, ApiCall)
            and record.name in LOGGED_CALLS
            and record.service in LOGGED_SERVICES
            and record.request_id
        ):
            yield "trail", record.request_id, record


def _named(place: _Place) -> tuple[str, str, Side, int]:
    return place.account, place.region, place.side, place.page


def _keys(account: str, region: str, side: Side, pages: Sequence[int]) -> list[str]:
    return [key_of(account, region, side, page, shard) for page in pages for shard in range(SHARDS)]
