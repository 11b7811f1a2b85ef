"""Many names of one principal attack together: a new session name for each request, end users that nobody ever saw.

No name asks enough to be judged. What they have in common is who signs for them: a role, a user or key, the account.
The first records of each new name and day are folded into one memory, with the same statistics as a single caller's:
running sums of how far texts lie in the tenant's tail, more odd phrases and refusals than usual, and heads over the
day as a whole. Whoever is accused by a narrower name adds nothing, and from its third record on a name is judged by
itself: so the narrowest identity that explains the calls is the one accused.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from tidegate.callers.behaviour.crowd import FEWEST_NAMES, LIGHT, MEMBERS, NEW_DAYS, Crowd, Named, crowds_of
from tidegate.callers.behaviour.day import UNIT
from tidegate.callers.behaviour.memory import id_of
from tidegate.detectors.about import Atlas, Attack, Detector, Known, Owasp, Signal, invocations
from tidegate.detectors.verdicts import verdict
from tidegate.model import Invocation, Seen, Severity
from tidegate.scoring.statistics import DETECTORS, STATISTICS

_STANDS_OUT = UNIT  # one tail unit, or a phrase: from where on a name is told of by itself


def crowds(record: Seen, _known: Known) -> Iterable[str]:
    return crowds_of(record) if isinstance(record, Invocation) else ()


about = Detector(
    id="attack_under_many_names",
    title="Many names of one principal attack together",
    severity=Severity.MEDIUM,
    family="extraction",
    reads=(invocations(),),
    covers=(Atlas("AML.T0024.002"), Atlas("AML.T0051"), Atlas("AML.T0040"), Attack("T1078"), Owasp("LLM10:2025")),
    false_positives="An application that launches something new, so that all its users ask otherwise from one day on; "
    "a load test or an evaluation run under invented user names. A crowd accused on two days in a row is usual from "
    "the third on.",
    blind_spots=f"Of each name the first {LIGHT} records a day are taken, for its first {NEW_DAYS} days; nobody is "
    f"accused below {FEWEST_NAMES} names a day. Many names with a past that attack together, each a little, are "
    "`distributed_distillation`'s at most. An attack that is few among the new names of a busy application is thinned "
    "by them. Before calibration only texts that lie far out by themselves are found, not harvests by the shape of the "
    "day; a tenant's crowds are calibrated apart from its callers, from twenty crowd-days on. A principal's crowd is "
    "remembered in two halves, by delivery: each sees half.",
    runbook=f"`members` are at most {MEMBERS} names whose own records stood out: look for the rest among the "
    "principal's names of the day. Ask who hands these names out: sessions of a role are named by who assumes it "
    "(AssumeRole in CloudTrail), end users by the application. If they are one person's, contain the principal; if the "
    "application is being used by strangers, close its sign-up or give each user a quota. Throttling asks first: a "
    "role is many people's.",
    playbook="throttle_caller",
    memory=Crowd,
    whose="resource",
    subjects=crowds,
    counts=True,
    crowd=True,
)


def detect(calls: Sequence[Invocation], memory: Crowd, known: Known) -> Iterator[Signal]:
    for call in calls:
        seen = memory.observe(call, known)
        if seen is None or not seen.exceeded or memory.names < FEWEST_NAMES:
            continue
        title = f"{memory.names} names of {{caller}} attack together"
        signal = verdict(about, seen.exceeded, seen, memory, title=title, caller=known.name)
        if signal is not None:
            yield from _of_crowd(signal, memory, known)


def _of_crowd(signal: Signal, memory: Crowd, known: Known) -> Iterator[Signal]:
    """The crowd did it; who happened to ask last has done no more than the others.

    Whose record stood out has a finding of its own besides, in the same incident: whoever asks about a name must find
    the crowd. Sessions of a role have none and aren't `related`: an incident goes by them, and what many of them did
    would be lost in the earlier incident of one."""
    names = [one.name for one in memory.members if one.units >= _STANDS_OUT]
    apart = [name for name in names if known.name.startswith("account:") or name.startswith("user:")]
    facts = {
        **signal.facts,
        "looks_like": DETECTORS[STATISTICS.index(signal.facts["decided_by"])],
        "names_today": memory.names,
        "records_of_a_name": LIGHT,
        "members": names,
        "members_are": f"{len(names)} of {memory.names} names: those whose records stood out, the loudest first",
    }
    ids = dict.fromkeys((*signal.event_ids, *(id_of(one.id) for one in memory.members)))
    whole = replace(signal, caller=known.name, related=tuple(apart), facts=facts, event_ids=tuple(ids))
    yield whole
    for one in memory.tell_members(_STANDS_OUT):
        if one.name in apart:
            yield _of_member(one, whole)


def _of_member(one: Named, whole: Signal) -> Signal:
    """What is said of one name: it has asked too little to be judged by itself."""
    told = ("decided_by", "meaning", "value", "threshold", "looks_like", "names_today", "records_of_a_name")
    return replace(
        whole,
        identity=(whole.identity[0], "member"),
        facts={
            "crowd": whole.caller,
            "tail_units": round(one.units / UNIT, 1),
            **{fact: whole.facts[fact] for fact in told},
            "severity_from": "one name of a crowd that was accused as a whole: low by itself",
        },
        severity=Severity.LOW,
        score=None,
        caller=one.name,
        related=(),
        event_ids=(id_of(one.id),),
        case=whole.caller,
    )
