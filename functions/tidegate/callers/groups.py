"""Callers of a day that belong together, and what speaks for a campaign. Pure arithmetic over a board.

That callers ask alike only proposes a group: batch jobs, retrieval and the users of one application do so as well.
Two things have to hold besides, each measured against the tenant's other callers of the same day:

- they look like harvesting a model more than those others do, judged as strangers;
- they appeared together: new here or turned, while the others aren't; begun within minutes; from one network.

Evidence is in nats: minus the logarithm of how likely chance is to show as much.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from typing import NamedTuple

from tidegate.callers.behaviour.day import UNIT
from tidegate.callers.behaviour.summary import HEADS_TOLD
from tidegate.callers.board import Board, Member, signed
from tidegate.scoring.statistics import TREES
from tidegate.scoring.trees import STRANGERS, shipped

FEWEST = 4  # members
# Cosines off the day's mean: to the one who is looked at, to the middle of its nearest, to the middle of all of those.
_NEAR, _CENTRED, _WIDER = 0.25, 0.4, 0.33
_CORE = 6
_PRIOR = 6.0  # how many callers the shipped quantiles stand for
_WINDOW = 1200  # seconds in which members begin together
_MOST_NATS = 12.0  # of one kind of evidence: no single one decides
_COPY = 8  # bits between two texts that are copies
_PLACES = tuple(TREES.index(name) for name in HEADS_TOLD)


class Evidence(NamedTuple):
    members: tuple[str, ...]
    neighbours: int  # who ask alike, members among them
    head: int  # place of the head that tells most
    raised: float  # nats by which a member stands out, on average
    each: tuple[float, ...]  # by which each of them does so among callers anywhere
    new: float
    begun: float
    begun_within: int  # members in the busiest window
    origin: float
    shared_marks: tuple[tuple[int, int], ...]  # mark, members that have it
    copies: float  # share of pairs of members' texts that are copies
    distinct: float  # members' worth of texts that no other member asked word for word
    direction: bytes  # where the members point to off the day's mean, 64 signed bytes

    @property
    def together(self) -> float:
        return self.new + self.begun + self.origin

    @property
    def score(self) -> float:
        """Both have to hold: the lesser of standing out (all members together) and of appearing together.

        A campaign divides its work. Members who ask the very same texts look the same to a head: that is one piece of
        evidence, however many they are.
        """
        return min(self.distinct * max(self.raised - 1.0, 0.0), self.together)


class Raised(NamedTuple):
    mean: float
    each: tuple[float, ...]


class Direction(NamedTuple):
    values: list[float]
    length: float


def group_of(board: Board, name: str, known: dict[str, Direction] | None = None) -> Evidence | None:
    """The group that a newcomer belongs to, if any. `known`: `off_the_mean` of this board, where several are asked."""
    seed = board.members[name]
    if not seed.is_new or not (off := off_the_mean(board) if known is None else known):
        return None
    near = sorted(((_cosine(off[name], direction), other) for other, direction in off.items()), reverse=True)
    core = [other for close, other in near[:_CORE] if close >= _NEAR or _share(seed, board.members[other])]
    if not core:  # callers that all ask the same lie in no direction from their mean
        return None
    for least in (_CENTRED, _WIDER):  # around the core, then around all that lie around it
        middle = _middle(off, core)
        alike = [other for other, direction in off.items() if _cosine(middle, direction) >= least]
        core = [other for other in alike if _may_belong(board.members[other])]
        if len(core) < FEWEST or name not in core:
            return None
    return _evidence(board, tuple(sorted(core)), alike, _middle(off, core).values)


def _may_belong(member: Member) -> bool:
    """A newcomer whom some head gives more than seven in ten benign ones: who merely asks alike isn't drawn in."""
    return member.is_new and any(value >= _usual(place)[1] for place, value in enumerate(member.heads))


def _evidence(board: Board, names: tuple[str, ...], alike: Sequence[str], middle: Sequence[float]) -> Evidence:
    members = [board.members[name] for name in names]
    inside = {*names, *alike}
    others = [member for name, member in board.members.items() if name not in inside]
    by_head = [_raised(members, others, place) for place in range(len(HEADS_TOLD))]
    head = max(range(len(by_head)), key=lambda place: by_head[place].mean)
    begun, within = _begun(members, others)
    marks = Counter(mark for member in members for mark in member.marks)
    origins = Counter(member.origin for member in members if member.origin)
    origin, most = max(((count, which) for which, count in origins.items()), default=(0, 0))
    longest = max(map(abs, middle)) or 1.0
    return Evidence(
        members=names,
        neighbours=len(alike),
        head=head,
        raised=by_head[head].mean,
        each=by_head[head].each,
        new=_nats(len(names), len(alike), sum(one.is_new for one in others), len(others)),
        begun=begun,
        begun_within=within,
        origin=_nats(origin, len(names), sum(one.origin == most for one in others), len(others)) if origin > 1 else 0.0,
        shared_marks=tuple((mark, count) for mark, count in marks.most_common(4) if count > 1),
        copies=_copies(members),
        distinct=_distinct(members),
        direction=bytes(round(127 * value / longest) & 0xFF for value in middle),
    )


def _raised(members: Sequence[Member], others: Sequence[Member], place: int) -> Raised:
    """How far members stand out by a head: among the others here, and among callers anywhere; the lesser."""
    here, anywhere = [], []
    for member in members:
        value = member.heads[place]
        above = sum(one.heads[place] >= value for one in others)
        common = _common(value, place)
        here.append(-math.log((above + _PRIOR * common + 1) / (len(others) + _PRIOR + 1)))
        anywhere.append(-math.log(common))
    return Raised(min(sum(here), sum(anywhere)) / len(members), tuple(anywhere))


@cache
def _usual(place: int) -> tuple[float, ...]:
    """What benign callers reach, judged as strangers, in sixteenths of log-odds."""
    return tuple(UNIT * value for value in shipped()[1][_PLACES[place]].strangers)


def _common(value: int, place: int) -> float:
    """The share of benign callers anywhere whom a head gives as much."""
    usual = _usual(place)
    if value < usual[0]:
        return 1.0
    for (low, high), (more, fewer) in zip(pairwise(usual), pairwise(STRANGERS), strict=True):
        if value < high:
            return math.exp(math.log(more) + math.log(fewer / more) * (value - low) / (high - low))
    return STRANGERS[-1]


def _begun(members: Sequence[Member], others: Sequence[Member]) -> tuple[float, int]:
    starts = sorted(member.began for member in members)
    within, since = max((sum(start <= one < start + _WINDOW for one in starts), start) for start in starts)
    usual = sum(since <= one.began < since + _WINDOW for one in others)
    # Any member may open the window: chance has as many tries.
    nats = _nats(within - 1, len(starts) - 1, usual, len(others)) - math.log(len(starts))
    return max(nats, 0.0), within


def _nats(seen: int, of: int, others_seen: int, others: int) -> float:
    """Minus the logarithm of the chance that `of` others would show as many as `seen`."""
    if seen <= 0:
        return 0.0
    return chance_nats(seen, of, (others_seen + 1) / (others + 2))


def chance_nats(seen: int, of: int, share: float) -> float:
    """Minus the logarithm of the chance that so many of `of` are seen, where a share is expected."""
    chance = sum(math.comb(of, count) * share**count * (1 - share) ** (of - count) for count in range(seen, of + 1))
    return min(-math.log(max(chance, 1e-12)), _MOST_NATS)


def _copies(members: Sequence[Member]) -> float:
    pairs = copies = 0
    for place, one in enumerate(members[:12]):
        for other in members[place + 1 : 12]:
            for mark in one.signatures:
                pairs += len(other.signatures)
                copies += sum((mark ^ each).bit_count() <= _COPY for each in other.signatures)
    return copies / pairs if pairs else 0.0


def _distinct(members: Sequence[Member]) -> float:
    told: set[int] = set()
    count = 0.0
    for member in members:
        own = set(member.signatures)
        count += len(own - told) / len(own) if own else 1.0
        told |= own
    return count


def off_the_mean(board: Board) -> dict[str, Direction]:
    """Where each caller of the day points to, off where all of them do: once a board, for it costs more than a group.
    Empty where newcomers are too few to be one."""
    if sum(one.is_new for one in board.members.values()) < FEWEST:
        return {}
    values = {name: signed(member.direction) for name, member in board.members.items()}
    count = len(values)
    mean = [sum(column) / count for column in zip(*values.values(), strict=True)]
    return {name: _direction([a - b for a, b in zip(one, mean, strict=True)]) for name, one in values.items()}


def _middle(off: dict[str, Direction], names: Sequence[str]) -> Direction:
    return _direction([sum(column) for column in zip(*(off[name].values for name in names), strict=True)])


def _direction(values: list[float]) -> Direction:
    return Direction(values, math.hypot(*values))


def _cosine(one: Direction, other: Direction) -> float:
    lengths = one.length * other.length
    return math.sumprod(one.values, other.values) / lengths if lengths else 0.0


def _share(one: Member, other: Member) -> bool:
    return not set(one.marks).isdisjoint(other.marks)
