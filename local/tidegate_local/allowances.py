"""Allowances that `calibrate` proposes for jobs of a history: evaluation runs, data made up for tests. Never applied.

A job that would be accused day after day is one that somebody should know of. Many change their name with each run: of
two sessions of one role and more the role's sessions are proposed, each of which alone would be new for ever.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from glob import escape
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict

DAYS = 2  # on which somebody would be accused, from which an allowance is proposed
_MOST = 20
_HOLDS = 90  # days after the history: then somebody looks again
_SESSION, _ALL = "session:", "/*"
_DAY = 86_400


class AccusedDay(NamedTuple):
    caller: str  # account/kind:value
    day: int  # since the epoch, UTC
    records: int
    detector: str


class Proposal(BaseModel):
    """An allowance for a person to judge."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    caller: str  # account/principal
    why: str
    toml: str


def proposed(days: Iterable[AccusedDay], *, until: int) -> list[Proposal]:
    """`days`: of callers that nothing makes a suspect; `until`: the last day of the history."""
    return [
        _proposal(principal, some, until)
        for principal, some in sorted(_by_principal(days), key=lambda one: (-len(one[1]), one[0]))[:_MOST]
    ]


def _by_principal(days: Iterable[AccusedDay]) -> Iterator[tuple[str, list[AccusedDay]]]:
    by_caller: dict[str, list[AccusedDay]] = defaultdict(list)
    for day in days:
        by_caller[day.caller].append(day)
    by_role: dict[str, list[str]] = defaultdict(list)
    for caller in by_caller:
        by_role[_role_of(caller)].append(caller)
    for role, callers in by_role.items():
        every = [day for caller in callers for day in by_caller[caller]]
        if len(callers) > 1 and len(every) >= DAYS:
            yield role, every
        else:
            yield from ((caller, by_caller[caller]) for caller in callers if len(by_caller[caller]) >= DAYS)


def _role_of(caller: str) -> str:
    """All sessions of the role that a session is of, as rules name them; anybody else by name."""
    account, _, name = caller.partition("/")
    if not name.startswith(_SESSION):
        return caller
    return f"{account}/{name.rpartition('/')[0]}{_ALL}"


def _pattern(name: str) -> str:
    """As rules match it: a caller whose name holds a star is that caller, and not everybody."""
    return escape(name.removesuffix(_ALL)) + _ALL if name.endswith(_ALL) and name.startswith(_SESSION) else escape(name)


def _quoted(text: str) -> str:
    """A basic string of TOML: JSON's, but for what JSON writes as two halves of a character and for DEL."""
    sound = text.encode("utf-8", "replace").decode()
    return json.dumps(sound, ensure_ascii=False).replace("\x7f", "\\u007f")


def _proposal(caller: str, days: Sequence[AccusedDay], until: int) -> Proposal:
    detectors = sorted({day.detector for day in days})
    account, _, name = caller.partition("/")
    expires = datetime.fromtimestamp(until * _DAY, UTC) + timedelta(days=_HOLDS)
    usual = round(sum(day.records for day in days) / len(days))
    sessions = len({day.caller for day in days})
    named = f" in {sessions} sessions" if sessions > 1 else ""
    why = f"accused on {len(days)} of its days{named} by {', '.join(detectors)}; some {usual} records a day"
    principal = _pattern(name)
    rules = [
        f'[[allow]]\ndetector = "{detector}"\nprincipal = {_quoted(principal)}\naccount = {_quoted(account)}\n'
        f"expires = {expires:%Y-%m-%d}T00:00:00Z\nreason = {_quoted(why + '. Confirmed by: (name, ticket)')}\n"
        for detector in detectors
    ]
    return Proposal(caller=caller, why=why, toml="\n".join(rules))
