"""How much work a regular expression can be made to do, before it is used on what attackers write.

Python's `re` backtracks: `(a+)+b` takes forever on thirty letters. Nothing stops a match once it runs, so expressions
are judged when they are loaded. `work_of` is an upper bound of the steps taken at one place of any text, computed from
the expression's own parts: each part costs its steps once for every way the parts before it can be matched. With a
bound at one place, a text of n characters costs at most n times that: linear, whatever the text.
"""

from __future__ import annotations

import re
from re import _constants as code  # type: ignore[attr-defined]  # what `re` itself parses with, in 3.13
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any, NamedTuple

MOST_WORK = 500  # steps at one place, of an expression that an organisation writes
_TOO_MUCH = 10**9  # no need to count further
_REFERENCE = 64  # what a reference to a group is taken to cost


class Bound(NamedTuple):
    steps: int  # to go through once
    ways: int  # in which it can match: how often what follows is tried


_ONE = Bound(1, 1)


def work_of(expression: str, flags: int = 0) -> int:
    """Steps at one place of a text, at most. Raises ValueError for what has no bound (`*`, `+`, `{3,}`) or is none."""
    try:
        tree = parser.parse(expression, flags)
    except (re.error, RecursionError, OverflowError) as error:
        raise ValueError(f"not a regular expression: {error}") from error
    items = list(tree)
    if items and _runs_on(*items[-1]):
        items[-1] = (code.POSSESSIVE_REPEAT, (items[-1][1][0], items[-1][1][0], items[-1][1][2]))
    return _sequence(items).steps


def _runs_on(operator: Any, given: Any) -> bool:
    """`x{3,}+` at the very end: it can't fail any more, and what it runs over isn't looked at again."""
    return (
        operator is code.POSSESSIVE_REPEAT
        and given[1] is code.MAXREPEAT
        and all(part is not code.POSSESSIVE_REPEAT or most[1] is not code.MAXREPEAT for part, most in given[2])
        and _sequence(list(given[2])).ways == 1
    )


def bounded(expression: str, *, most: int = MOST_WORK) -> re.Pattern[str]:
    """The expression, compiled. Raises ValueError that says why it could take too long, and what to write instead."""
    work = work_of(expression)
    if work > most:
        raise ValueError(
            f"may take {'very many' if work >= _TOO_MUCH else work} steps at one place of a text, {most} are allowed: "
            "shorten {m,n}, avoid repeats within repeats, or make them possessive ({m,n}+)"
        )
    return re.compile(expression)


def _sequence(items: list[Any]) -> Bound:
    """What comes first decides how often the rest is tried."""
    steps, ways = 0, 1
    for operator, given in items:
        part = _part(operator, given)
        steps = min(_TOO_MUCH, steps + ways * part.steps)
        ways = min(_TOO_MUCH, ways * part.ways)
    return Bound(steps, ways)


def _part(operator: Any, given: Any) -> Bound:
    if operator in (code.MAX_REPEAT, code.MIN_REPEAT):
        return _repeated(*given)
    if operator is code.POSSESSIVE_REPEAT:
        return Bound(_repeated(*given, atomic=True).steps, 1)
    if operator is code.SUBPATTERN:
        return _sequence(list(given[3]))
    if operator is code.ATOMIC_GROUP:
        return Bound(_sequence(list(given)).steps, 1)
    if operator is code.BRANCH:
        parts = [_sequence(list(branch)) for branch in given[1]]
        return Bound(sum(part.steps for part in parts) + len(parts), sum(part.ways for part in parts))
    if operator in (code.ASSERT, code.ASSERT_NOT):
        return Bound(_sequence(list(given[1])).steps, 1)
    if operator is code.GROUPREF:
        return Bound(_REFERENCE, 1)
    if operator in (code.LITERAL, code.NOT_LITERAL, code.IN, code.ANY, code.AT):
        return _ONE
    raise ValueError(f"{operator} is not supported here: write the alternatives out")


def _repeated(least: int, most: int, body: Any, *, atomic: bool = False) -> Bound:
    """`atomic`: of a possessive repeat each round is kept as it first matched."""
    if most is code.MAXREPEAT:
        raise ValueError("a repeat without an end (*, + or {n,}): write how many there may be, {m,n}")
    inner = _sequence(list(body))
    if atomic:
        inner = Bound(inner.steps, 1)
    steps, ways, paths = 0, 0, 1
    for times in range(int(most) + 1):
        ways += paths if times >= int(least) else 0
        if times < most:
            steps += paths * inner.steps
            paths *= inner.ways
        if steps > _TOO_MUCH or ways > _TOO_MUCH or paths > _TOO_MUCH:
            return Bound(_TOO_MUCH, _TOO_MUCH)
    return Bound(steps, ways)
