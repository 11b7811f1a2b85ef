"""One campaign harvests a model through many identities, each of which asks too little to stand out.

The day's callers are laid side by side (callers/board.py). Those that are new, or turned to something else, and ask
alike make a group; it is accused when its members also look more like harvesting than the tenant's other callers do,
and when they appeared together: new among known ones, begun within minutes, from one network. A group that was there
on two earlier days is the tenant's own.

Members that hide a few requests among many of their own, newcomers or not, are looked for by how their texts begin and
end (callers/alike.py), once a calibration says how rare a day is here; each of them is named for its own score.

The finding that matters is the account's: containing one member would stop a twelfth of it and tell the rest. It names
its members, so that whoever judges it can contain them. Each member has a finding of its own besides, in the same
incident: whoever asks about a caller must find the campaign. Who began with them and asks alike, but looks no more
like a harvest than one caller in seven does, may be one of them or have happened to be there: it is told of apart, at
the bottom of what is medium, and low where few wrong accusations were asked for.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from tidegate.callers.behaviour.day import UNIT
from tidegate.callers.behaviour.summary import HEADS_TOLD, SUFFIX
from tidegate.callers.board import Accused, Board, Member
from tidegate.callers.groups import Evidence, group_of, off_the_mean
from tidegate.detectors.about import Atlas, Attack, Detector, Known, Owasp, Signal, caller_days
from tidegate.detectors.scores import measured
from tidegate.detectors.sharers import EXAMPLES, GROWN, MOST_NAMED, of_campaign, sharers
from tidegate.model import CallerDay, Seen, Severity

SUBJECT = "group:callers"
UNCALIBRATED = 9.0  # nats, of both: one chance in 8,000 for each, if callers were independent, which they aren't quite
HIGH_TIMES = 2.0  # of the threshold
_NOTEWORTHY = 0.3  # of the threshold, from which a group is remembered
_ITSELF = math.log(7)  # nats: one benign caller in seven looks as much like a harvest
_FEW = 0.005  # rate of wrong accusations asked for, below which who is beside a campaign is low

about = Detector(
    id="distributed_distillation",
    title="Model being distilled through many callers",
    severity=Severity.MEDIUM,
    family="extraction",
    reads=(caller_days(),),
    covers=(Atlas("AML.T0024.002"), Atlas("AML.T0040"), Attack("T1213"), Owasp("LLM10:2025")),
    false_positives="A team, or the first users of a new application, who begin on one day and ask for texts and code "
    "like those of a harvest: most of them ask with few words in common and stay below. People who code and begin "
    "a request as many of a campaign do, on a day that is unlike them. An evaluation run under many "
    "new identities. What comes on two days and isn't accused is known from the third on.",
    blind_spots="Fewer than four accounts; fewer than five requests a day; accounts that share neither words nor "
    "subjects nor how a request begins or ends; before calibration accounts with a past; accounts that all ask the "
    "same texts word for word, as users of one application do. At most 200 callers of a day are compared, newcomers "
    "first. Groups in several AWS accounts are several groups, or none.",
    runbook="Compare the examples: do they fill one data set? Ask the owner of the application how these identities "
    "came to be (sign-ups, keys made together). Contain the members one by one, all within minutes, or the role "
    "behind them; there is no playbook that stops them all, because nobody should stop many callers on one verdict.",
    playbook=None,
    memory=Board,
    whose="resource",
    subjects=lambda _record, _known: (SUBJECT,),
    version=2,
)


def detect(days: Sequence[Seen], memory: Board, known: Known) -> Iterator[Signal]:
    told = [day for day in days if isinstance(day, CallerDay)]
    news = {day.caller: day for day in told if memory.note(day)}
    if not news:
        return
    newest = max(news.values(), key=lambda day: (day.time, day.id))
    # Whoever came before those it is compared with is looked at again: the loudest newcomer stands for its group.
    loudest = max((name for name, one in memory.members.items() if one.is_new), key=memory.loudness, default="")
    off = off_the_mean(memory)
    for name in dict.fromkeys((*news, loudest)):
        if name in memory.members and (found := group_of(memory, name, off)) is not None:
            yield from _judged(found, news.get(name, newest), memory, known)
    yield from sharers(newest, memory, known)


def _judged(found: Evidence, day: CallerDay, memory: Board, known: Known) -> Iterable[Signal]:
    calibrated = known.calibration
    threshold = calibrated.groups if calibrated and calibrated.rate else UNCALIBRATED
    if found.score < _NOTEWORTHY * threshold or memory.is_established(found.direction) or found.score < threshold:
        return
    accused = _overlapping(found, memory.accused)
    tier = int(found.score >= HIGH_TIMES * threshold)
    if accused is None:
        accused = Accused([], found.members[0], 0, 0)
        memory.accused = [*memory.accused, accused]
    elif tier <= accused.tier and len({*accused.names, *found.members}) < accused.size * (1 + GROWN):
        return
    names = sorted({*accused.names, *found.members})[:MOST_NAMED]
    loud = _by_themselves(found)
    joined = [name for name in names if name not in accused.names and name in memory.members]
    graver = tier > accused.tier
    told = [name for name in names if name in loud and (graver or name in joined or name in accused.beside)]
    beside = [name for name in joined if name not in loud]
    accused.beside = sorted({*accused.beside, *beside} - loud)
    accused.names, accused.size, accused.tier = names, len(names), max(tier, accused.tier)
    whole = _signal(found, day, memory, accused, threshold)
    yield whole
    for name in told:
        yield _of_member(name, memory.members[name], whole, found, accused)
    for name in beside:
        few = calibrated is None or calibrated.rate < _FEW
        member = _of_member(name, memory.members[name], whole, found, accused)
        yield _of_one_beside(member, Severity.LOW if few else Severity.MEDIUM)


def _by_themselves(found: Evidence) -> set[str]:
    """The members that stand out, or as much as all of them do on average: a large group needs less of each."""
    least = min(_ITSELF, sum(found.each) / len(found.each))
    return {name for name, nats in zip(found.members, found.each, strict=True) if nats >= least}


def _overlapping(found: Evidence, accused: Iterable[Accused]) -> Accused | None:
    members = set(found.members)
    return next((one for one in accused if 2 * len(members & set(one.names)) >= min(len(members), one.size)), None)


def _signal(found: Evidence, day: CallerDay, memory: Board, accused: Accused, threshold: float) -> Signal:
    names = [name for name in accused.names if name not in accused.beside]
    members = {name: memory.members[name] for name in accused.names if name in memory.members}
    loudest = sorted(members, key=lambda name: (-members[name].heads[found.head], name))[:EXAMPLES]
    tier = accused.tier
    facts: dict[str, Any] = {
        "members": names,
        "beside_them": accused.beside,
        "requests_today": sum(member.records for member in members.values()),
        "score": round(found.score, 1),
        "threshold": round(threshold, 1),
        "meaning": "the lesser of how far the members stand out and of how much they appeared together, in nats",
        "stands_out": {"as": HEADS_TOLD[found.head], "nats_a_member": round(found.raised, 2), "by_chance": 1.0},
        "together": {
            "new_or_turned": f"{len(found.members)} of the {found.neighbours} who ask alike "
            f"({round(found.new, 1)} nats)",
            "begun_within_20_minutes": f"{found.begun_within} ({round(found.begun, 1)} nats)",
            "one_network": f"{round(found.origin, 1)} nats",
        },
        "shared_fingerprints": [
            {"what": "suffix" if mark & SUFFIX else "prefix", "mark": f"{mark & 0xFFFF:04x}", "members": count}
            for mark, count in found.shared_marks
        ],
        "copies_between_members": round(found.copies, 2),
        "asked_by_several_word_for_word": round(1 - found.distinct / len(found.members), 2),
        "compared_with": len(memory.members) - len(members),
        "history": f"{len(memory.groups)} groups known of earlier days; the others of the day are what is usual",
        "examples": [{"caller": name, "id": members[name].event, "asked": members[name].excerpt} for name in loudest],
        "severity_from": f"{HIGH_TIMES:g} times the threshold" if tier else "beyond the threshold",
    }
    return Signal(
        identity=(str(day.day), accused.founder, str(tier), str(len(accused.names))),
        title=f"{len(accused.names)} callers harvest a model together",
        facts=facts,
        time=day.time,
        first_seen=day.day * 86_400.0 + min(member.began for member in members.values()),
        severity=Severity.HIGH if tier else None,
        score=measured(
            Severity.HIGH if tier else Severity.MEDIUM,
            found.score / (HIGH_TIMES * threshold if tier else threshold) - 1,
        ),
        account=day.account,
        region=day.region,
        caller=f"account:{day.account}",
        related=tuple(names),
        event_ids=tuple(member.event for member in members.values()),
    )


def _of_member(name: str, member: Member, whole: Signal, found: Evidence, accused: Accused) -> Signal:
    """What is said of one member, so that whoever looks for it finds the campaign: a part of the account's incident."""
    return Signal(
        identity=(whole.identity[0], "member", str(accused.tier)),
        title=whole.title,
        facts={
            **of_campaign(name, member, accused),
            "stands_out": {"as": HEADS_TOLD[found.head], "log_odds": round(member.heads[found.head] / UNIT, 2)},
            **{fact: whole.facts[fact] for fact in ("score", "threshold", "meaning", "together", "severity_from")},
            "examples": [{"id": member.event, "asked": member.excerpt}],
        },
        time=whole.time,
        first_seen=int(whole.identity[0]) * 86_400.0 + member.began,
        severity=whole.severity,
        score=whole.score,
        account=whole.account,
        region=whole.region,
        caller=name,
        event_ids=(member.event,),
        case=whole.caller,
    )


def _of_one_beside(member: Signal, severity: Severity) -> Signal:
    return replace(
        member,
        identity=(member.identity[0], "beside"),
        facts={**member.facts, "severity_from": "asks alike and began with a campaign, and hardly stands out itself"},
        severity=severity,
        score=measured(severity, 0.0),
    )
