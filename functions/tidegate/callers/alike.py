"""Callers of a day whose texts begin or end alike and who stand out, each by its own measure. Pure arithmetic.

Members of a campaign that hide a few requests among many of their own lie in no common direction: cover traffic drowns
it. What they share is the form of what they ask for: the first or the last words of some request. Who shares a form is
nothing, of course: users of an application do, and whoever asks for code. So for every form it is counted how many of
those who have it are among the tenant's callers that look most like harvesting, judged with their own history, and how
many of the others of the day are. Where nearly all of one form stand out and hardly anybody else does, each of them
needs less evidence of its own: both are nats, minus the logarithm of chance, and are added.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from typing import NamedTuple

from tidegate.callers.behaviour.day import UNIT
from tidegate.callers.board import Board, Member
from tidegate.callers.groups import chance_nats
from tidegate.scoring.calibration import Tail
from tidegate.scoring.trees import Head

FEWEST = 4  # who share a form and stand out
STANDS_OUT = math.log(10)  # nats: one benign caller-day in ten goes as far
_MOST_OWN, _MOST_SHARED = 6.0, 8.0  # nats that count: neither kind of evidence decides alone
_WEIGHT = 0.7  # of what is shared: members of a class stand out together more often than chance has it
_BELOW = 1.5  # nats a log-odds, below what one day in twenty reaches


class Sharing(NamedTuple):
    """Those who share a form and stand out, with what speaks for each."""

    form: int
    scores: dict[str, float]  # nats
    own: dict[str, float]  # of these, by itself
    shared: float  # of these, by how many stand out
    having: int  # who have the form at all
    others: int  # of the day, without the form
    others_stand_out: int


def threshold(rate: float) -> float:
    """Of a score: 9 nats where one caller-day in a hundred may be accused by all detectors together, 10 where one in a
    thousand. On tenants drawn to choose it by, one benign caller-day in 4,356 went beyond 10, three beyond 9.5."""
    return 7.0 - math.log10(rate)


def own_nats(value: float, head: Head, tail: Tail) -> float:
    """How rare a day with this log-odds of a head is among the tenant's benign ones."""
    moved = tail.start - head.benign[1]
    points = [(at + moved, -math.log(share)) for at, share in zip(head.benign, (0.05, 0.01, 0.001), strict=True)]
    (low, least), (middle, more), (high, most) = points
    if value < low:
        return max(0.0, least - _BELOW * (low - value))
    if value < middle:
        return least + (more - least) * (value - low) / (middle - low)
    return more + (most - more) * (value - middle) / (high - middle)


def sharing(board: Board, head: Head, tail: Tail) -> list[Sharing]:
    """Every form that enough callers who stand out share, each caller with the one that tells most of it."""
    nats = {value: own_nats(value / UNIT, head, tail) for value in {member.own for member in board.members.values()}}
    own = {name: nats[member.own] for name, member in board.members.items()}
    stands_out = {name for name, nats in own.items() if nats >= STANDS_OUT}
    if len(stands_out) < FEWEST:
        return []
    found = [
        _sharing(form, names, stands_out, own)
        for form, names in _by_form(board.members, _shared(board.members, stands_out)).items()
    ]
    best: dict[str, Sharing] = {}
    for one in sorted(found, key=lambda one: (one.shared, one.form)):
        best.update(dict.fromkeys(one.scores, one))
    return [
        one._replace(scores={name: score for name, score in one.scores.items() if best[name] is one}) for one in found
    ]


def _shared(members: dict[str, Member], stands_out: set[str]) -> set[int]:
    """The few forms that enough of those who stand out share."""
    seen = Counter(form for name in stands_out for form in set(members[name].forms))
    return {form for form, count in seen.items() if count >= FEWEST}


def _by_form(members: dict[str, Member], forms: set[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    for name, member in members.items():
        for form in forms.intersection(member.forms):
            found[form].append(name)
    return found


def _sharing(form: int, names: list[str], stands_out: set[str], own: dict[str, float]) -> Sharing:
    mine = [name for name in names if name in stands_out]
    others, others_out = len(own) - len(names), len(stands_out) - len(mine)
    shared = chance_nats(len(mine) - 1, len(names) - 1, (others_out + 1.1) / (others + 7))  # one brings it up
    add = _WEIGHT * min(shared, _MOST_SHARED)
    return Sharing(
        form=form,
        scores={name: min(own[name], _MOST_OWN) + add for name in mine},
        own={name: own[name] for name in mine},
        shared=shared,
        having=len(names),
        others=others,
        others_stand_out=others_out,
    )
