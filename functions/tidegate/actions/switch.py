"""A setting that is put back to a former value: what apply, verify and undo of all such levers have in common.

Not an action. A lever says how its setting is read and written; what makes it safe to run twice, and what refuses when
somebody else has changed it meanwhile, is here. Values are plain JSON: they go through the ledger.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from operator import eq
from typing import Any, NamedTuple

from tidegate.actions.action import Proof, Restored
from tidegate.errors import AsItWas, ChangedSince, NotProven, Retryable
from tidegate.model import Difference, Model

# What CloudTrail shows instead of a value that its service holds to be sensitive: nothing that could be put back.
HIDDEN = ("***", "HIDDEN_DUE_TO_SECURITY_REASONS")


class State(NamedTuple):
    value: Any  # what is asked for: of a change that is under way, what it leads to
    settled: bool = True  # False: AWS is still at work on it
    says: str = ""  # the status in AWS's own word


@dataclass(frozen=True)
class Setting:
    """`same(wanted, read)`: where AWS reads back more than was put, the same is not equal."""

    where: str
    read: Callable[[], State]
    write: Callable[[Any], None]
    same: Callable[[Any, Any], bool] = eq


class Found(Model):
    now: Any
    former: Any  # what it is put back to
    differs: tuple[str, ...] = ()  # what differs between the two, by name


class Changed(Model):
    value: Any  # as read back right after it was put


def found(setting: Setting, former: Any, differs: Iterable[str] = ()) -> Found:
    """Raises AsItWas when nothing is left to put back."""
    now, former = plain(setting.read().value), plain(former)
    if setting.same(former, now):
        raise AsItWas(f"{setting.where} is again as it was before the incident: nothing is left to put back.")
    return Found(now=now, former=former, differs=tuple(differs))


def difference(where: str, found: Found) -> Iterable[Difference]:
    yield Difference(resource=where, before=found.now, after=found.former)
    if found.differs:
        yield Difference(resource=f"{where}/what-differs", before=list(found.differs), after=[])


def applied(setting: Setting, found: Found) -> Changed:
    """Raises ChangedSince when it was set to something else since the snapshot; Retryable while AWS is at work."""
    state = setting.read()
    value = plain(state.value)
    if setting.same(found.former, value):
        return Changed(value=value)
    if value != found.now:
        raise ChangedSince(f"{setting.where}: somebody else has changed it since the snapshot; it is left as it is.")
    if not state.settled:
        raise Retryable(f"{setting.where} is {state.says}: it is put back when that is done.")
    setting.write(found.former)
    return Changed(value=plain(setting.read().value))


def proven(setting: Setting, found: Found) -> Proof:
    state = setting.read()
    value = plain(state.value)
    if not setting.same(found.former, value) or not state.settled:
        raise NotProven(f"{setting.where} does not read back as it was put: {state.says or 'not settled'}.")
    return Proof(facts={"value": value} | ({"status": state.says} if state.says else {}))


def undone(setting: Setting, found: Found, changed: Changed | None) -> Restored:
    """Raises ChangedSince when it is neither as found nor as we put it; Retryable while AWS is at work."""
    state = setting.read()
    value = plain(state.value)
    if value == found.now:
        return Restored(facts={"value": value}, already=True)
    if not (setting.same(found.former, value) or (changed is not None and value == changed.value)):
        raise ChangedSince(f"{setting.where}: somebody else has changed it since; it is left as it is.")
    if not state.settled:
        raise Retryable(f"{setting.where} is {state.says}: it is undone when that is done.")
    setting.write(found.now)
    return Restored(facts={"value": found.now})


def plain(value: Any) -> Any:
    """As it comes back from the ledger."""
    return json.loads(json.dumps(value, default=str))


def hides(value: Any) -> bool:
    """Whether anything in it is a word that CloudTrail shows instead."""
    if isinstance(value, dict):
        return any(hides(each) for each in value.values())
    if isinstance(value, list):
        return any(hides(each) for each in value)
    return value in HIDDEN


def holds(wanted: Any, read: Any) -> bool:
    """Whether all that is wanted reads back: AWS adds what was left out, but loses nothing and adds no rule."""
    if isinstance(wanted, dict):
        return isinstance(read, dict) and all(name in read and holds(each, read[name]) for name, each in wanted.items())
    if isinstance(wanted, list):
        return (
            isinstance(read, list)
            and len(wanted) == len(read)
            and all(holds(one, other) for one, other in zip(wanted, read, strict=True))
        )
    return bool(wanted == read)
