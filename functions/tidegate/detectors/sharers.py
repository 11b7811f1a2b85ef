"""What distributed_distillation says of callers whose texts begin or end alike (callers/alike.py). Not a detector.

Only who goes beyond the threshold itself is named: that many share a form with it is part of its own evidence. A
newcomer is no different here from who has a past: each is measured by its own days.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Any

from tidegate.callers.alike import Sharing, sharing, threshold
from tidegate.callers.behaviour.day import UNIT
from tidegate.callers.behaviour.summary import HEADS_TOLD, SUFFIX
from tidegate.callers.board import Accused, Board, Member
from tidegate.detectors.about import Known, Signal
from tidegate.detectors.scores import rare
from tidegate.model import CallerDay, Severity
from tidegate.scoring.statistics import HEAD, TREES
from tidegate.scoring.trees import shipped

_PLACE = TREES.index(HEADS_TOLD[0])
GROWN = 0.33  # of a campaign's size, from which it is told of again
EXAMPLES = 3
_FEW_OTHERS = 20
MOST_NAMED = 100


def sharers(day: CallerDay, memory: Board, known: Known) -> Iterator[Signal]:
    """`day`: the newest. Nothing before calibration: how far a day goes is told by the tenant's own."""
    calibrated = known.calibration
    if calibrated is None or not calibrated.rate or not calibrated.tails:
        return
    least = threshold(calibrated.rate)
    for one in sharing(memory, shipped()[1][_PLACE], calibrated.tails[HEAD + _PLACE]):
        beyond = {name: score for name, score in one.scores.items() if score >= least}
        if beyond:
            yield from _joined(one, beyond, least, day, memory)


def _joined(found: Sharing, beyond: dict[str, float], least: float, day: CallerDay, memory: Board) -> Iterable[Signal]:
    accused = _campaign_of(found, memory.accused)
    if accused is None:
        accused = Accused([], min(beyond), 0, 0)
        memory.accused = [*memory.accused, accused]
    new = sorted(name for name in beyond if name not in accused.names or name in accused.beside)
    new = new[: max(0, MOST_NAMED - len(accused.names))]
    if not new:
        return
    accused.beside = [name for name in accused.beside if name not in beyond]
    accused.names = sorted({*accused.names, *new})
    whole = _of_all(found, beyond, least, day, memory, accused)
    if len(accused.names) >= accused.size * (1 + GROWN):
        accused.size = len(accused.names)
        yield whole
    for name in new:
        yield _of_one(name, whole, beyond[name], found, memory, accused)


def _campaign_of(found: Sharing, accused: Iterable[Accused]) -> Accused | None:
    """Who shares a form with somebody of a campaign that was told of today is of that one."""
    return next((one for one in accused if not found.own.keys().isdisjoint(one.names)), None)


def _of_all(
    found: Sharing, beyond: dict[str, float], least: float, day: CallerDay, memory: Board, accused: Accused
) -> Signal:
    names = [name for name in accused.names if name not in accused.beside]
    members = {name: memory.members[name] for name in names if name in memory.members}
    loudest = sorted(beyond, key=lambda name: (-beyond[name], name))[:EXAMPLES]
    score = max(beyond.values())
    facts: dict[str, Any] = {
        "members": names,
        "beside_them": accused.beside,
        "requests_today": sum(member.records for member in members.values()),
        "score": round(score, 1),
        "threshold": round(least, 1),
        "meaning": "how rare a member's day is by itself, and seven tenths of how rare it is that so many of those "
        "whose texts begin or end alike stand out, in nats",
        "stands_out": {"as": HEADS_TOLD[0], "nats": {name: round(found.own[name], 1) for name in loudest}},
        "together": {
            "texts": "end alike" if found.form & SUFFIX else "begin alike",
            "mark": f"{found.form & 0xFFFF:04x}",
            "have_it": found.having,
            "of_these_stand_out": len(found.own),
            "of_the_others_stand_out": f"{found.others_stand_out} of {found.others}",
            "nats": round(found.shared, 1),
        },
        "examples": [
            {"caller": name, "id": memory.members[name].event, "asked": memory.members[name].excerpt}
            for name in loudest
        ],
        "severity_from": "beyond the threshold",
    }
    return Signal(
        identity=(str(day.day), accused.founder, str(accused.tier), str(len(names))),
        title=f"{len(names)} callers harvest a model together",
        facts=facts,
        time=day.time,
        first_seen=day.day * 86_400.0 + min(member.began for member in members.values()),
        score=_scored(score),
        account=day.account,
        region=day.region,
        caller=f"account:{day.account}",
        related=tuple(names),
        event_ids=tuple(member.event for member in members.values()),
    )


def _of_one(name: str, whole: Signal, score: float, found: Sharing, memory: Board, accused: Accused) -> Signal:
    member = memory.members[name]
    return Signal(
        identity=(whole.identity[0], "member", "0"),
        title=whole.title,
        facts={
            **of_campaign(name, member, accused),
            "score": round(score, 1),
            "stands_out": {
                "as": HEADS_TOLD[0],
                "log_odds": round(member.own / UNIT, 2),
                "nats": round(found.own[name], 1),
            },
            **{fact: whole.facts[fact] for fact in ("threshold", "meaning", "together", "severity_from")},
            "examples": [{"id": member.event, "asked": member.excerpt}],
        },
        time=whole.time,
        first_seen=int(whole.identity[0]) * 86_400.0 + member.began,
        score=_scored(score),
        account=whole.account,
        region=whole.region,
        caller=name,
        event_ids=(member.event,),
        case=whole.caller,
    )


def of_campaign(name: str, member: Member, accused: Accused) -> dict[str, Any]:
    """What a member's finding says of its campaign, however that was told."""
    return {
        "campaign_of": len(accused.names),
        "others": [other for other in accused.names if other != name][:_FEW_OTHERS],
        "requests_today": member.records,
        "days_known": member.known,
    }


def _scored(score: float) -> float:
    """By how rare it is: two kinds of evidence that fall off alike add up to so much by chance this often."""
    return rare(Severity.MEDIUM, score - math.log(1 + score))
