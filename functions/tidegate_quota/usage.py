"""What one end user has used, and whether one more call fits: pure, so that time and every interleaving can be given.

A call is reserved before it is made, with the tokens and dollars it may cost, and settled with what it did cost. All
of it is one item that is written on the condition that nobody else has written since it was read (`revision`): of two
writers that want the last token of a bucket, one gets it.

- Buckets of calls and of tokens fill by the minute and hold a burst. A limit in per cent (`limit_end_user`) lowers how
  fast they fill and how much they hold, at once. A call with more tokens than the bucket holds waits until it is full
  and leaves it in debt.
- Budgets of calls, tokens and dollars are of one UTC day. What is settled after midnight counts on the day it began.
- A request is known by its id. The same id again is the same call: it is charged once, and let through `MOST_TRIES`
  times. The last `KEPT` requests of a user are remembered besides those that are open.
- A reservation that nobody settles within its term stays as it was estimated: nobody knows whether the model answered.
  It only stops counting as an open call. `release` gives tokens and dollars back, never the call: what is refused by
  the model is tried by somebody too.
- A clock behind the last writer's fills nothing. One that is more than `SKEW` behind is believed, because the last
  writer's must have been wrong; since when the buckets fill is lost then, and they count as full.

Levels are in millionths of a call (token), dollars in millionths, times in milliseconds.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from tidegate_quota.budgets import Budget
from tidegate_quota.table import Control, Item

MOST_TRIES = 3
MOST_OPEN = 32  # calls of one user at the same time
KEPT = 12  # keeps an item within 1 KB, which is one write unit
SKEW = 300_000
FORGOTTEN_AFTER = 3 * 86_400  # seconds after the last call: longer than a day's budget matters
_DAY = 86_400_000
_MINUTE = 60_000
_WHOLE = 1_000_000
OPEN, SETTLED, RELEASED = "o", "s", "r"


class Ask(NamedTuple):
    """A call that somebody wants to make. `request`: its id, as `request_key` has it."""

    request: str
    tokens: int = 0
    dollars: int = 0  # millionths
    settled: bool = False  # what is asked for is what is used


class Request(NamedTuple):
    """A call that was let through, and what is counted for it at the moment."""

    state: str
    at: int
    tokens: int
    dollars: int
    tries: int

    def is_open(self, now: int, term: int) -> bool:
        return self.state == OPEN and now - self.at < term


class Remaining(NamedTuple):
    """What is left. None: not limited."""

    calls: int
    tokens: int | None
    calls_today: int | None
    tokens_today: int | None
    dollars_today: float | None


class Refusal(NamedTuple):
    """`retry_after`: seconds; None: nobody knows, a person or a response must let go."""

    reason: str
    retry_after: float | None


@dataclass(frozen=True)
class Usage:
    revision: int = 0
    day: int = 0  # since the epoch
    calls: int = 0
    tokens: int = 0
    dollars: int = 0
    at: int = 0  # until when the buckets are filled
    call_level: int | None = None  # None: full
    token_level: int | None = None
    requests: Mapping[str, Request] = field(default_factory=dict)
    refused: int = 0  # counted by the writer beside all else

    @classmethod
    def of(cls, item: Mapping[str, Any] | None) -> Usage:
        if not item or "revision" not in item:
            return cls(refused=_whole(item, "refused") if item else 0)
        return cls(
            **{name: _whole(item, name) for name in (*_COUNTERS, "refused")},
            call_level=_whole(item, "call_level"),
            token_level=_whole(item, "token_level") if "token_level" in item else None,
            requests={key: Request(*row) for key, row in json.loads(item["requests"]["S"]).items()},
        )

    def written(self) -> Item:
        """All but the key and `refused`."""
        item: Item = {name: {"N": str(getattr(self, name))} for name in _COUNTERS}
        item["call_level"] = {"N": str(self.call_level or 0)}
        if self.token_level is not None:
            item["token_level"] = {"N": str(self.token_level)}
        item["requests"] = {"S": json.dumps(self.requests, separators=(",", ":"))}
        item["forget_at"] = {"N": str(self.at // 1000 + FORGOTTEN_AFTER)}
        return item


_COUNTERS = ("revision", "day", "calls", "tokens", "dollars", "at")


def request_key(request_id: str) -> str:
    """Of any text; 96 bits. Raises ValueError for none."""
    if not request_id:
        raise ValueError("a call without a request id: pass one that a retry of the same call has too")
    return hashlib.sha256(request_id.encode("utf-8", "surrogatepass")).hexdigest()[:24]


def admit(usage: Usage, control: Control, budget: Budget, ask: Ask, now: int, term: int) -> Usage | Refusal:
    """The usage with this call reserved, or why it is refused. `term`: of a reservation, in milliseconds."""
    if control.shut_at(now / 1000):
        until = control.blocked_until
        return Refusal("blocked", until - now / 1000 if until and control.blocked and control.limited_to else None)
    filled = fill(usage, control, budget, now)
    known = filled.requests.get(ask.request)
    if known and known.tries >= MOST_TRIES:
        return Refusal("repeated", None)
    if known and known.state != RELEASED:
        return _with_request(filled, ask.request, known._replace(tries=known.tries + 1), term)
    calls = 0 if known else 1  # of a call that was released, tokens and dollars alone are reserved anew
    refused = _too_many(filled, control, budget, ask, calls, term)
    if refused:
        return refused
    state = SETTLED if ask.settled else OPEN
    request = Request(state, filled.at, ask.tokens, ask.dollars, known.tries + 1 if known else 1)
    assert filled.call_level is not None  # noqa: S101  fill has set it
    taken = replace(
        filled,
        calls=filled.calls + calls,
        tokens=filled.tokens + ask.tokens,
        dollars=filled.dollars + ask.dollars,
        call_level=filled.call_level - calls * _WHOLE,
        token_level=None if filled.token_level is None else filled.token_level - ask.tokens * _WHOLE,
    )
    return _with_request(taken, ask.request, request, term)


def settle(usage: Usage, request: str, tokens: int, dollars: int, term: int, *, state: str = SETTLED) -> Usage | None:
    """The usage with what a call did cost. None: it is settled already, or so old that it was forgotten."""
    known = usage.requests.get(request)
    if known is None or known.state != OPEN:
        return None
    more, dearer = tokens - known.tokens, dollars - known.dollars
    same_day = known.at // _DAY == usage.day
    corrected = replace(
        usage,
        tokens=usage.tokens + more if same_day else usage.tokens,
        dollars=usage.dollars + dearer if same_day else usage.dollars,
        token_level=None if usage.token_level is None else usage.token_level - more * _WHOLE,
    )
    return _with_request(corrected, request, known._replace(state=state, tokens=tokens, dollars=dollars), term)


def release(usage: Usage, request: str, term: int) -> Usage | None:
    """The usage without the tokens and dollars of a call that the model refused."""
    return settle(usage, request, 0, 0, term, state=RELEASED)


def fill(usage: Usage, control: Control, budget: Budget, now: int) -> Usage:
    """The buckets as they are now, and the counters of today."""
    if usage.at - now > SKEW:
        usage = replace(usage, at=now, day=now // _DAY, call_level=None, token_level=None)
    at = max(usage.at, now)
    if at // _DAY > usage.day:
        usage = replace(usage, day=at // _DAY, calls=0, tokens=0, dollars=0)
    elapsed = at - usage.at
    return replace(
        usage,
        at=at,
        call_level=_filled(
            usage.call_level, budget.calls_per_minute, budget.burst, control.limited_to, elapsed, least=_WHOLE
        ),
        token_level=_filled(
            usage.token_level, budget.tokens_per_minute, budget.burst_of_tokens, control.limited_to, elapsed
        )
        if budget.tokens_per_minute
        else None,
    )


def remaining(filled: Usage, budget: Budget) -> Remaining:
    def left(of: float, used: float) -> Any:
        return max(0, of - used) if of else None

    return Remaining(
        calls=max(0, (filled.call_level or 0) // _WHOLE),
        tokens=None if filled.token_level is None else max(0, filled.token_level // _WHOLE),
        calls_today=left(budget.calls_per_day, filled.calls),
        tokens_today=left(budget.tokens_per_day, filled.tokens),
        dollars_today=left(budget.dollars_per_day, filled.dollars / _WHOLE),
    )


def _filled(level: int | None, per_minute: int, burst: int, percent: int, elapsed: int, least: int = 0) -> int:
    """`least`: what a bucket holds however low the limit, so that a call a while is possible."""
    holds = max(least, burst * percent * _WHOLE // 100)
    if level is None:
        return holds
    return min(holds, level + per_minute * percent * elapsed * _WHOLE // (100 * _MINUTE))


def _too_many(filled: Usage, control: Control, budget: Budget, ask: Ask, calls: int, term: int) -> Refusal | None:
    """The first thing that there is too much of; the one that takes longest to pass comes first."""
    midnight = (_DAY - filled.at % _DAY) / 1000
    for reason, used, more, of in (
        ("calls_per_day", filled.calls, calls, budget.calls_per_day),
        ("tokens_per_day", filled.tokens, max(1, ask.tokens), budget.tokens_per_day),
        ("dollars_per_day", filled.dollars, max(1, ask.dollars), round(budget.dollars_per_day * _WHOLE)),
    ):
        if of and used + more > of:
            return Refusal(reason, midnight)
    if sum(request.is_open(filled.at, term) for request in filled.requests.values()) >= MOST_OPEN:
        return Refusal("open_calls", 1.0)
    level = filled.call_level or 0
    if level < calls * _WHOLE:
        return Refusal("calls_per_minute", _wait(_WHOLE - level, budget.calls_per_minute, control.limited_to))
    if filled.token_level is not None:
        holds = budget.burst_of_tokens * control.limited_to * _WHOLE // 100
        short = min(max(1, ask.tokens) * _WHOLE, holds) - filled.token_level
        if short > 0:
            return Refusal("tokens_per_minute", _wait(short, budget.tokens_per_minute, control.limited_to))
    return None


def _wait(short: int, per_minute: int, percent: int) -> float:
    """Seconds until a bucket has what it is short of."""
    return max(0.001, short * 60 * 100 / (per_minute * percent * _WHOLE))


def _whole(item: Mapping[str, Any], name: str) -> int:
    return int(item[name]["N"]) if name in item else 0


def _with_request(usage: Usage, key: str, request: Request, term: int) -> Usage:
    """Remembers a request; of those that are over, the latest only."""
    every = {**usage.requests, key: request}
    over = sorted((one for one in every if not every[one].is_open(usage.at, term)), key=lambda one: every[one].at)
    for old in over[: max(0, len(over) - KEPT)]:
        if old != key:
            del every[old]
    return replace(usage, revision=usage.revision + 1, requests=every)
