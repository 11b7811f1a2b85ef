"""A caller's state within its bound: what it gives up when it would be larger, the least needed first.

Few do: services that call all day and trip several counters besides, and attackers. What goes is what a finding or a
late record might have asked for, and the oldest of it: not a count, a sum or a baseline. Only where all of that isn't
enough, as with an attacker who tripped eleven detectors, is a detector's memory begun anew, the largest first, and what
every caller's judgement rests on stays even then. Findings owed are not counted: they are gone with the next write.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable

import msgspec

from tidegate.callers.behaviour.memory import Behaviour
from tidegate.callers.behaviour.past_day import PastDay
from tidegate.callers.sightings import Sightings
from tidegate.callers.state import MARK, WORDS, CallerState, encoded, unpacked
from tidegate.callers.usage import STEPS_AN_HOUR, Usage

MOST = 1536  # bytes of a state as stored
_FEW_MARKS, _FEWEST_MARKS = 24, 12  # deliveries remembered: two hours of a log that is written every five minutes
# Of five minutes: a record that comes later than these counts for its hour and day, and less for its sliding hour.
_FEW_STEPS, _FEWEST_STEPS = 24, STEPS_AN_HOUR
_SIGNATURES, _FEWEST_SIGNATURES = 6, 3  # of a day's recent texts: half of them still show most copies
_FEW_THINGS, _FEWEST_THINGS = 24, 8
_FEW_TOLD = 4  # the tiers of a day
_CORE = ("behaviour", "quota_abuse", "origins")  # memories that are never begun anew for want of room
_PACKED = 0.8  # of a byte given up, by packing
_GONE = "…"

_encode = msgspec.msgpack.Encoder().encode


def fitted(state: CallerState, marks: int) -> bytes:
    """As it is stored. `marks`: how many of the newest deliveries' must stay, as they came with this batch."""
    data = encoded(state)
    if len(data) <= MOST or state.owed:
        return data
    data, size = _packed_tightly(state), len(unpacked(state))
    for give_up in _IN_TURN:
        if len(data) <= MOST:
            break
        give_up(state, marks)
        left = len(unpacked(state))
        if len(data) - _PACKED * (size - left) <= MOST or give_up is _IN_TURN[-1]:
            data, size = _packed_tightly(state), left
    while len(data) > MOST and _begin_anew(state):
        data = _packed_tightly(state)
    return data


def _packed_tightly(state: CallerState) -> bytes:
    """In three times the time, for some 15 bytes."""
    packer = zlib.compressobj(level=9, zdict=WORDS)
    return packer.compress(unpacked(state)) + packer.flush()


def _marks(fewest: int) -> Callable[[CallerState, int], None]:
    def give_up(state: CallerState, marks: int) -> None:
        state.folded = state.folded[-MARK * max(fewest, marks) :]

    return give_up


def _opened[M](state: CallerState, name: str, kind: type[M]) -> M | None:
    """Also where this batch had no need of it. What can't be read gives nothing up: whoever folds into it says so."""
    try:
        return state.memory(name, kind) if name in state.memories else None
    except msgspec.ValidationError:
        return None


def _behaviour(state: CallerState) -> Behaviour | None:
    return _opened(state, "behaviour", Behaviour)


def _words(place: int) -> Callable[[CallerState, int], None]:
    """What an example said; which record it was stays."""

    def give_up(state: CallerState, _marks: int) -> None:
        memory = _behaviour(state)
        if memory and place < len(memory.examples) and memory.examples[place].asked:
            memory.examples[place] = msgspec.structs.replace(memory.examples[place], asked=_GONE)

    return give_up


def _steps(kept: int) -> Callable[[CallerState, int], None]:
    def give_up(state: CallerState, _marks: int) -> None:
        if memory := _opened(state, "quota_abuse", Usage):
            for series in (memory.step_calls, memory.step_tokens, memory.step_spent):
                del series.values[:-kept]

    return give_up


def _things(kept: int) -> Callable[[CallerState, int], None]:
    """Of every set of what was seen lately: acts, Regions, models that were refused."""

    def give_up(state: CallerState, _marks: int) -> None:
        for memory in state.memories.values():
            for name in getattr(memory, "__struct_fields__", ()):
                if isinstance(seen := getattr(memory, name), Sightings) and len(seen.seen) > kept:
                    seen.keep(kept)

    return give_up


def _told(state: CallerState, _marks: int) -> None:
    """Of what was told already. What is forgotten is told again, as the same finding."""
    for memory in state.memories.values():
        if isinstance(raised := getattr(memory, "raised", None), list):
            del raised[:-_FEW_TOLD]


def _signatures(kept: int) -> Callable[[CallerState, int], None]:
    def give_up(state: CallerState, _marks: int) -> None:
        if memory := _behaviour(state):
            del memory.today.recent[:-kept]

    return give_up


def _further_examples(state: CallerState, _marks: int) -> None:
    """All but the record that stood out most."""
    if memory := _behaviour(state):
        del memory.examples[1:]


def _usual_ranges(state: CallerState, _marks: int) -> None:
    """How wide a caller's features range, which only an explanation shows: learned anew from its next days."""
    if memory := _behaviour(state):
        memory.profile.spread = [0] * len(memory.profile.spread)


def _last_day(state: CallerState, _marks: int) -> None:
    """How far the caller's last day went: calibration learns one caller-day less, unless it has kept it already."""
    if memory := _behaviour(state):
        memory.past = PastDay()


def _examples(state: CallerState, _marks: int) -> None:
    if memory := _behaviour(state):
        memory.examples.clear()


def _begin_anew(state: CallerState) -> bool:
    """Forgets what the detector that remembers most knew of this caller. Whether there was one.

    Only of who calls models: what is kept of an account, a page or a resource is bounded by itself, and more.
    """
    if "behaviour" not in state.memories:
        return False
    known = [(len(_encode(memory)), name) for name, memory in state.memories.items() if name not in _CORE]
    if known:
        del state.memories[max(known)[1]]
    return bool(known)


_IN_TURN = (
    _marks(_FEW_MARKS), _words(2), _words(1), _things(_FEW_THINGS), _steps(_FEW_STEPS), _words(0), _told,
    _signatures(_SIGNATURES), _marks(_FEWEST_MARKS), _steps(_FEWEST_STEPS), _things(_FEWEST_THINGS), _further_examples,
    _usual_ranges, _signatures(_FEWEST_SIGNATURES), _examples, _last_day,
)  # fmt: skip
