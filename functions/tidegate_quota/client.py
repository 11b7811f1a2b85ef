"""What an application asks before it calls a model: may this end user, and what has it used?

    quota = Quota.of_table("tidegate-QuotaTable", budgets=Budgets(default=Budget(tokens_per_day=200_000)))

    with quota.charge(user, request_id, model=MODEL, input_tokens=900, output_tokens=1000) as charge:
        answer = bedrock.converse(**charge.named(modelId=MODEL, messages=messages))
        charge.settle(answer)

`user`: from a token that your gateway has proven, never from a field that a client fills in. `request_id`: your own,
the same in every try of the same call; taken from a client it would let that client call for nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Self, TypeVar

from botocore.exceptions import ClientError

from tidegate_quota import signals
from tidegate_quota.budgets import Budgets
from tidegate_quota.names import logged_name
from tidegate_quota.prices import ESTIMATES, Price, Prices
from tidegate_quota.signals import Signal
from tidegate_quota.store import PATIENCE, Contended, QuotaTable, QuotaTableAway, listed_prices
from tidegate_quota.table import Control
from tidegate_quota.tokens import Tokens, tokens_of
from tidegate_quota.usage import (
    FORGOTTEN_AFTER,
    Ask,
    Refusal,
    Remaining,
    Usage,
    admit,
    fill,
    release,
    remaining,
    request_key,
    settle,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TERM = 900  # seconds that a reservation counts as an open call
REFUSALS_EVERY = 10  # seconds: a user who hammers costs a write in that time, not one a call
_MOST_COUNTED = 10_000  # users whose refusals a process holds
_Event = TypeVar("_Event")


class QuotaRefused(Exception):
    """This end user may not call now. `retry_after`: seconds, None where nobody knows. Answer 429."""

    def __init__(self, user: str, reason: str, retry_after: float | None) -> None:
        super().__init__(f"refused: {reason}")  # without the name: messages end in logs
        self.user = user
        self.reason = reason
        self.retry_after = retry_after


class Standing(NamedTuple):
    """How an end user stands, without a call being charged."""

    user: str
    refusal: Refusal | None
    remaining: Remaining | None  # None: the table is away
    limited_to: int


class Quota:
    """`when_away`: what happens to calls while DynamoDB doesn't answer: `refuse` raises QuotaTableAway, `let` makes
    them uncounted. Both are signalled. Safe to share between threads."""

    def __init__(
        self,
        dynamodb: DynamoDBClient,
        table: str,
        *,
        budgets: Budgets | None = None,
        prices: Prices = ESTIMATES,
        when_away: Literal["refuse", "let"] = "refuse",
        signal: Signal = signals.log,
        clock: Callable[[], float] = time.time,
        pause: Callable[[float], None] = time.sleep,
        term: int = TERM,
    ) -> None:
        self._table = QuotaTable(dynamodb, table, pause)
        self._budgets = budgets or Budgets()
        self._prices = prices
        self._lets = when_away == "let"
        self._signal = signal
        self._clock = clock
        self._term = term * 1000
        self._refusals: dict[str, tuple[int, float]] = {}  # name -> not written yet, last written

    @classmethod
    def of_table(
        cls, table: str, *, region: str | None = None, written_prices: Iterable[tuple[str, Price]] = (), **more: Any
    ) -> Self:
        """With a client of its own, that gives up after some 3 s: a call to a model waits for it.

        Dollars are by `written_prices`, then by the AWS Price List as Tidegate fetched it last, read now and once.
        """
        import boto3

        dynamodb = boto3.client("dynamodb", region_name=region, config=PATIENCE)
        if "prices" not in more:
            try:
                more["prices"] = listed_prices(dynamodb, table, dynamodb.meta.region_name, written_prices)
            except QuotaTableAway as away:  # whether calls go on is decided at each call
                more["prices"] = Prices(written=written_prices)
                signal: Signal = more.get("signal", signals.log)
                signal(signals.AWAY, {"doing": away.doing, "error": away.error, "let": "estimates"})
        return cls(dynamodb, table, **more)

    def charge(
        self,
        user: str,
        request_id: str,
        *,
        model: str = "",
        input_tokens: int = 0,
        output_tokens: int = 0,
        settled: bool = False,
    ) -> Charge:
        """Reserves one call and the tokens it may use at most; nobody else can have them meanwhile.

        Without an estimate the call is let through as long as anything is left, and can take more than that.
        `settled`: these are what it uses, there is nothing to correct later. Raises QuotaRefused; QuotaTableAway when
        calls are refused then; ValueError for a user or request without a name.
        """
        name, request = logged_name(user), request_key(request_id)
        if min(input_tokens, output_tokens) < 0:
            raise ValueError("an estimate below nothing would be a gift")
        estimate = Tokens(model, input_tokens, output_tokens)
        ask = Ask(request, estimate.counted, self._millionths(estimate), settled)
        try:
            control, usage = self._table.read(name)
            written = self._table.change(name, usage, lambda read: self._admitted(name, control, read, ask))
        except QuotaTableAway as away:
            self._told_away(away)
            return Charge(self, name, request_id, model, None, repeated=False, left=None)
        except Contended:
            raise self._refused(name, Refusal("open_calls", 1.0)) from None
        assert written is not None  # noqa: S101  `_admitted` makes a usage or raises
        tried = written.requests[request].tries
        left = remaining(written, control.budget or self._budgets.of(name))
        return Charge(self, name, request_id, model, written, repeated=tried > 1, left=left)

    def settle(self, user: str, request_id: str, used: Tokens, *, dollars: float | None = None) -> bool:
        """Puts what a call did use in the place of its estimate, once. False: it was settled before, or is forgotten.

        For who has no Charge at hand any more. `dollars`: where the application knows better than a price list.
        """
        return self.settle_charge(logged_name(user), request_id, used, dollars=dollars)

    def release(self, user: str, request_id: str) -> bool:
        """Gives the tokens and dollars of a call back that the model refused. The call stays counted."""
        return self.release_charge(logged_name(user), request_id)

    def settle_charge(
        self, name: str, request_id: str, used: Tokens, *, dollars: float | None = None, seen: Usage | None = None
    ) -> bool:
        """Of a Charge: `name` as logged; `seen`: the usage as it wrote it, which spares a read."""
        cost = self._millionths(used) if dollars is None else round(dollars * 1_000_000)
        key = request_key(request_id)
        return self._corrected(
            name, seen, lambda read: settle(read, key, max(0, used.counted), max(0, cost), self._term)
        )

    def release_charge(self, name: str, request_id: str, *, seen: Usage | None = None) -> bool:
        key = request_key(request_id)
        return self._corrected(name, seen, lambda read: release(read, key, self._term))

    def standing(self, user: str) -> Standing:
        """Whether a call would be let through now, and what is left; only read. Raises QuotaTableAway as `charge`."""
        name = logged_name(user)
        try:
            control, usage = self._table.read(name)
        except QuotaTableAway as away:
            self._told_away(away)
            return Standing(name, None, None, 100)
        budget, now = control.budget or self._budgets.of(name), self._milliseconds()
        answer = admit(usage, control, budget, Ask(""), now, self._term)
        refusal = answer if isinstance(answer, Refusal) else None
        return Standing(name, refusal, remaining(fill(usage, control, budget, now), budget), control.limited_to)

    def _admitted(self, name: str, control: Control, read: Usage, ask: Ask) -> Usage:
        budget = control.budget or self._budgets.of(name)
        answer = admit(read, control, budget, ask, self._milliseconds(), self._term)
        if isinstance(answer, Refusal):
            raise self._refused(name, answer)
        return answer

    def _corrected(self, name: str, seen: Usage | None, step: Callable[[Usage], Usage | None]) -> bool:
        """The answer of the model is there and paid for: an error here is signalled and never raised."""
        try:
            usage = seen or self._table.read(name)[1]
            return self._table.change(name, usage, step) is not None
        except QuotaTableAway as away:
            self._signal(signals.UNSETTLED, {"error": away.error})
        except Contended:
            self._signal(signals.UNSETTLED, {"error": "contended"})
        return False

    def _refused(self, name: str, refusal: Refusal) -> QuotaRefused:
        """Counts it in the table: a response's proof shows that the application does ask."""
        self._signal(signals.REFUSED, {"reason": refusal.reason})
        now = self._clock()
        if len(self._refusals) >= _MOST_COUNTED:
            self._refusals.clear()
        waiting, written = self._refusals.get(name, (0, 0.0))
        if now - written < REFUSALS_EVERY:
            self._refusals[name] = (waiting + 1, written)
        else:
            self._refusals[name] = (0, now)
            try:
                self._table.count_refusals(name, waiting + 1, int(now) + FORGOTTEN_AFTER)
            except QuotaTableAway as away:  # the refusal holds without it
                self._signal(signals.AWAY, {"doing": away.doing, "error": away.error, "let": "no"})
        return QuotaRefused(name, refusal.reason, refusal.retry_after)

    def _told_away(self, away: QuotaTableAway) -> None:
        self._signal(signals.AWAY, {"doing": away.doing, "error": away.error, "let": "yes" if self._lets else "no"})
        if not self._lets:
            raise away

    def _millionths(self, used: Tokens) -> int:
        return round(self._prices.dollars(used) * 1_000_000)

    def _milliseconds(self) -> int:
        return int(self._clock() * 1000)


class Charge:
    """One call that was let through. Left without `settle`, its estimate stands; left by an error that the service
    answered with (a ClientError), its tokens are given back; by any other, nobody knows: the estimate stands."""

    def __init__(
        self, quota: Quota, user: str, request_id: str, model: str, seen: Usage | None, *, repeated: bool,
        left: Remaining | None,
    ) -> None:  # fmt: skip
        self.user = user  # as the log will name it
        self.repeated = repeated  # this request was let through before: charged then
        self.remaining = left
        self.counted = seen is not None  # False: the table is away, and the call was let through
        self._quota = quota
        self._request_id = request_id
        self._model = model
        self._seen = seen
        self._over = False

    def named(self, **request: Any) -> dict[str, Any]:
        """A Converse request with the end user in `requestMetadata`, whatever stood there before."""
        return {**request, "requestMetadata": {**request.get("requestMetadata", {}), "user": self.user}}

    def settle(self, answer: Any) -> None:
        """`answer`: what Bedrock answered, its `usage`, or Tokens. One that says nothing leaves the estimate."""
        used = answer if isinstance(answer, Tokens) else tokens_of(self._model, answer)
        if used is not None and self.counted and not self._over:
            self._over = True
            self._quota.settle_charge(self.user, self._request_id, used, seen=self._seen)

    def follow(self, stream: Iterable[_Event]) -> Iterator[_Event]:
        """The events of a stream, settled by the one that tells the usage. A stream left early stays estimated."""
        for event in stream:
            self.settle(event)
            yield event

    def release(self) -> None:
        if self.counted and not self._over:
            self._over = True
            self._quota.release_charge(self.user, self._request_id, seen=self._seen)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, ClientError):
            self.release()


def retry_header(refused: QuotaRefused) -> Mapping[str, str]:
    """`Retry-After` in whole seconds, where it is known."""
    return {} if refused.retry_after is None else {"Retry-After": str(int(refused.retry_after) + 1)}
