"""What an end user may use: a rate of calls and of tokens, and budgets a day. Defaults, patterns, one user's own.

    [[end_user]]                        # the first that matches the user's name applies
    user = "*@partner.example"
    calls_per_minute = 20
    burst_calls = 5
    tokens_per_minute = 40_000
    tokens_per_day = 500_000
    dollars_per_day = 5

It is a table of Tidegate's rules (docs/rules.md): an application reads the same text as the authorizer.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from fnmatch import fnmatchcase
from typing import Any, ClassVar

from tidegate_quota.prices import Price


@dataclass(frozen=True)
class Budget:
    """0 is no limit, but for the rate of calls: without one, `limit_end_user` would have nothing to lower."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}  # as a table of Tidegate's rules

    user: str = "*"  # the users it is meant for: a name as logged, with * and ?
    calls_per_minute: int = 60
    burst_calls: int = 0  # calls that may come at once; 0: as many as in a minute
    tokens_per_minute: int = 0
    burst_tokens: int = 0
    calls_per_day: int = 0  # days are UTC
    tokens_per_day: int = 0
    dollars_per_day: float = 0.0

    def __post_init__(self) -> None:
        for name in _NUMBERS:
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e15:
                raise ValueError(f"{name} = {value!r} of the end users {self.user!r}: a number from 0 upwards")
            if name != "dollars_per_day" and value != int(value):
                raise ValueError(f"{name} = {value!r} of the end users {self.user!r}: a whole number")
        if self.calls_per_minute < 1:
            raise ValueError(f"calls_per_minute of the end users {self.user!r}: at least 1; block_end_user blocks")
        if not self.user:
            raise ValueError('user = "": the name of a user, or a pattern')

    @classmethod
    def of(cls, values: Mapping[str, Any], *, source: str) -> Budget:
        """Raises ValueError that names the source and what is wrong there."""
        try:
            return replace(cls(), **values)
        except (TypeError, ValueError) as error:
            raise ValueError(f"{source}: {error}. Correct it there.") from error

    @property
    def burst(self) -> int:
        return self.burst_calls or self.calls_per_minute

    @property
    def burst_of_tokens(self) -> int:
        return self.burst_tokens or self.tokens_per_minute


_NUMBERS = tuple(field.name for field in fields(Budget) if field.name != "user")


class Budgets:
    """Of many users: the first whose pattern matches applies, else the default."""

    def __init__(self, rows: Iterable[Budget] = (), default: Budget | None = None) -> None:
        self._rows = tuple(rows)
        self._default = default or Budget()

    def of(self, name: str) -> Budget:
        return next((row for row in self._rows if fnmatchcase(name, row.user)), self._default)


def read_rules(text: str, default: Budget | None = None) -> tuple[Budgets, tuple[tuple[str, Price], ...]]:
    """`[[end_user]]` and `[[price]]` out of the text of Tidegate's rules; the other tables are not an application's.

    Raises ValueError that says what is wrong.
    """
    tables = tomllib.loads(text)
    rows = [Budget.of(row, source="rules, [[end_user]]") for row in tables.get("end_user", ())]
    try:
        prices = tuple(
            (str(row["model"]), Price(*(float(row.get(name, -1)) for name in Price._fields)))
            for row in tables.get("price", ())
        )
    except (TypeError, ValueError, KeyError) as error:
        raise ValueError(f"rules, [[price]]: {error!r}: model, input, output, in dollars a million tokens") from error
    return Budgets(rows, default), prices
