"""The quota table: two items an end user and one of prices, and who writes which.

| key `user` | holds | written by |
| --- | --- | --- |
| `NAME` | `blocked` (BOOL), `blocked_until` (N), `limited_to` (N, per cent), `budget` (M) | responses, people |
| `usage|NAME` | what the user has used, see usage.py; `refused` (N), `forget_at` (N, TTL) | applications |
| `prices|REGION` | `listed` (S): the AWS Price List as prices.py keeps it, in JSON | Tidegate, daily |

`blocked_by` and `limited_by` (SS) are the steps of responses that want it so; while one does, `blocked_until` (epoch
seconds), the end of a block that a person set, says nothing. `budget` has the names of `Budget` and applies to this
user alone. A name that a log can hold has no `|` in it (names.py), so a user is never taken for another's usage, and an
application's role can be held to keys that begin with `usage|`: it counts, and can't unblock anybody. What people and
responses write is never forgotten by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tidegate_quota.budgets import Budget

KEY = "user"
BLOCKED, BLOCKED_BY = "blocked", "blocked_by"
LIMITED_TO, LIMITED_BY = "limited_to", "limited_by"
USAGE, PRICES = "usage|", "prices|"  # what keys of other items than users begin with
LISTED = "listed"

Item = dict[str, dict[str, Any]]  # as DynamoDB writes it: {"user": {"S": "..."}}


def key_of(name: str) -> Item:
    return {KEY: {"S": name}}


def usage_key(name: str) -> Item:
    return key_of(USAGE + name)


def prices_key(region: str) -> Item:
    return key_of(PRICES + region)


def is_blocked(item: Mapping[str, Any] | None) -> bool:
    """Whatever stands there but `false`: a hand that wrote "true" as a word meant it."""
    return dict((item or {}).get(BLOCKED, {"BOOL": False})) != {"BOOL": False}


def limit_of(item: Mapping[str, Any] | None) -> int | None:
    """Per cent, from 0 (nothing) to 100. None: no limit. What is no number is 1: it was meant to limit."""
    if LIMITED_TO not in (item or {}):
        return None
    number = _number((item or {})[LIMITED_TO])
    return 1 if number is None else max(0, min(100, int(number)))


def holders(item: Mapping[str, Any] | None, attribute: str) -> list[str]:
    """The steps that hold a block or a limit."""
    return sorted((item or {}).get(attribute, {}).get("SS", ()))


@dataclass(frozen=True)
class Control:
    """What responses and people have decided about one end user."""

    blocked: bool = False
    blocked_until: float | None = None  # epoch seconds; None: until somebody lets go
    limited_to: int = 100  # per cent of the rate
    budget: Budget | None = None  # of this user alone

    @classmethod
    def of(cls, item: Mapping[str, Any] | None) -> Control:
        """Of an item that may have been written by hand. Raises ValueError for a budget that makes no sense."""
        limit = limit_of(item)
        return cls(
            blocked=is_blocked(item),
            blocked_until=None if holders(item, BLOCKED_BY) else _number((item or {}).get("blocked_until", {})),
            limited_to=100 if limit is None else limit,
            budget=_budget(item),
        )

    def shut_at(self, now: float) -> bool:
        """Whether no call may be made at all."""
        until = self.blocked_until
        return self.limited_to == 0 or (self.blocked and (until is None or now < until))


def _budget(item: Mapping[str, Any] | None) -> Budget | None:
    written = (item or {}).get("budget", {}).get("M")
    if not written:
        return None
    return Budget.of({name: _number(value) for name, value in written.items()}, source="quota table")


def _number(value: Mapping[str, Any]) -> float | None:
    try:
        return float(value["N"])
    except (KeyError, TypeError, ValueError):
        return None
