"""What a caller's day looks like from afar, for those who look at many callers at once: some 300 bytes.

Told at a few sizes of a day and not for every record. Telling twice is telling once: whoever listens keeps the fullest.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tidegate.callers.behaviour.day import UNIT, Day
from tidegate.callers.behaviour.past_day import FINE
from tidegate.callers.firsts import Firsts
from tidegate.content.redaction import redacted
from tidegate.model import CallerDay, Invocation, derived_id
from tidegate.scoring.statistics import HEAD, TREES
from tidegate.scoring.trees import heads_of

if TYPE_CHECKING:
    from tidegate.callers.behaviour.memory import Behaviour

type Opened = Callable[[str], object]  # a memory of the same caller by its name; None: it has none
SIZES = (5, 10, 20, 50, 100, 200, 500, 1000)  # records of a day at which it is told
HEADS_TOLD = ("harvest",)
SUFFIX = 1 << 16  # added to the mark of a suffix
_PLACES = tuple(TREES.index(name) for name in HEADS_TOLD)
_OWN = HEAD + _PLACES[0]  # of the statistics
_HEAVY, _FEWEST = 0.15, 3  # share and number of a day's records that begin or end alike
_MOST_MARKS = 4
_SIGNATURES = 4
_EXCERPT = 100  # characters


def size_reached(records: int) -> int:
    """The largest of SIZES that a day has; 0: none yet."""
    return max((size for size in SIZES if size <= records), default=0)


def summary(memory: Behaviour, call: Invocation, text: str, origin: int) -> CallerDay:
    """`call`: the newest of the day; `text`: what it asked; `origin`: see tidegate.model.CallerDay."""
    today = memory.today
    return CallerDay(
        id=derived_id("day", call.account, call.caller, str(memory.day), str(today.records)),
        time=call.time,
        account=call.account,
        region=call.region,
        caller=call.caller,
        principal=call.principal,
        day=memory.day,
        records=today.records,
        began=memory.began,
        latest=memory.latest,
        direction=bytes(round(127 * value) & 0xFF for value in today.direction()),
        marks=_heavy(today),
        signatures=tuple(today.recent[:_SIGNATURES]),
        forms=(*sorted(today.prefixes), *sorted(mark | SUFFIX for mark in today.suffixes)),
        heads=_blind_heads(memory),
        own=_most_of_head(memory),
        known=memory.profile.days,
        turned=round(memory.profile.newness(today)[0] * UNIT),
        origin=origin,
        event=call.id,
        excerpt=redacted(" ".join(text[: 4 * _EXCERPT].split()))[:_EXCERPT],
    )


def _blind_heads(memory: Behaviour) -> tuple[int, ...]:
    """The heads as if nothing were known of the caller, in sixteenths of log-odds.

    With its history a newcomer would look worse than its neighbours for being new alone.
    """
    found = heads_of(stranger(memory).features())
    return tuple(round(found[place] * UNIT) for place in _PLACES)


def _most_of_head(memory: Behaviour) -> int:
    """What the day reached with its own history, at the sizes at which the head was asked and now."""
    most = memory.most.get(_OWN)
    return round((heads_of(memory.features())[_PLACES[0]] if most is None else most / FINE) * UNIT)


def stranger(memory: Behaviour) -> Behaviour:
    """The same day of somebody of whom nothing else is known."""
    return type(memory)(day=memory.day, today=memory.today, hits=memory.hits)


def _heavy(today: Day) -> tuple[int, ...]:
    least = max(_FEWEST, _HEAVY * today.records)
    found = [(count, mark) for mark, count in today.prefixes.items() if count >= least]
    found += [(count, mark | SUFFIX) for mark, count in today.suffixes.items() if count >= least]
    return tuple(mark for _, mark in sorted(found, reverse=True)[:_MOST_MARKS])


def origin_of(call: Invocation, opened: Opened) -> int:
    """The network that was seen last, of whoever signs for itself: an application's is everybody's."""
    if call.caller.startswith("user:"):
        return 0
    firsts = getattr(opened("origins"), "firsts", None)
    return firsts.latest_of("network") if isinstance(firsts, Firsts) else 0
