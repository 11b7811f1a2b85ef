"""LLMjacking: stolen credentials are tried out, models unlocked and used, and the traces covered.

Every step alone is something people do. Peers report the steps one by one and leave it to a person to see them
together, or ask for all of them in a fixed order within minutes, and miss the account whose models were enabled
already or the key that was temporary. Here the acts of one principal within a day are put together, whatever their
order of arrival, weighed by stage, and reported as one finding, which is said again only when it grows worse.

What the principal did on earlier days as well is its habit and counts nothing: an application that calls its model, a
tool that lists models; unless network and agent are new that day, when it may be somebody else. The same acts spread
over several principals from one address are put together by address, unless the address is one that the account has
been called from for a week.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

from tidegate.callers.sightings import day_of
from tidegate.detectors.about import (
    Atlas,
    Attack,
    Detector,
    Known,
    Owasp,
    Signal,
    failed_invocations,
    joined_calls,
    threats,
)
from tidegate.detectors.acts import ACTS, AGREES, INVOKE, NEW, STAGES, UNLOCK, counted
from tidegate.detectors.origins import ACT_STEP, SHARED, Look, Origins, reads, subjects
from tidegate.detectors.told import signal_of
from tidegate.model import Severity, narrowest_caller

WINDOW_STEPS = 48  # half hours: a day
A_STAGE_MORE = 1  # points for each stage beyond the first
TIERS = (  # points, stages
    (Severity.MEDIUM, 6, 2),
    (Severity.HIGH, 10, 2),
    (Severity.CRITICAL, 14, 3),
)

about = Detector(
    id="llmjacking",
    title="Stolen credentials are used to take models over",
    severity=Severity.HIGH,
    family="stolen_credentials",
    reads=(*reads(), failed_invocations(), joined_calls(), threats()),
    covers=(
        Attack("T1078.004"),
        Attack("T1496"),
        Attack("T1580"),
        Attack("T1562.008"),
        Atlas("AML.T0012"),
        Atlas("AML.T0034"),
        Atlas("AML.T0040"),
        Atlas("AML.T0055"),
        Owasp("LLM10:2025"),
    ),
    false_positives="A person who sets up Bedrock by program for the first time: lists the models, accepts the "
    "agreement, calls one. A posture tool that also calls models. Name the pipeline, or allow the principal, with an "
    "expiry; what it does for three days is its habit.",
    blind_spots="Acts more than a day apart. A thief who only calls the models that the stolen application calls, with "
    "its agent and from its network, is nothing but more calls: quota_abuse sees those. Calls of the mantle endpoint "
    "need data events. Several principals from several addresses are several findings.",
    runbook="The evidence tells which stages were reached and what each act weighs. Contain the principal first, then "
    "look for how the credential leaked, where else it was used (the address) and what was unlocked; delete API keys "
    "made meanwhile and put the logging back.",
    playbook="rotate_credentials",
    memory=Origins,
    whose="resource",
    subjects=subjects,
    shares=SHARED,
)


def _acts_alone(look: Look, memory: Origins) -> bool:
    """Whether nobody else did more than call models from this address."""
    return {*memory.names} <= {narrowest_caller(look.who)}


class Weighed(NamedTuple):
    points: int
    stages: dict[str, list[str]]  # stage -> acts with their points, in words
    agrees: list[str]  # what others say, in the same way: points, and no stage
    habits: tuple[str, ...]


def judge(look: Look, memory: Origins, known: Known) -> Iterator[Signal]:
    record = look.record
    by_address = known.name.startswith("address:")
    if not look.fresh or known.is_pipeline(record.principal):
        return
    if by_address and (_acts_alone(look, memory) or memory.firsts.past(record.time).is_history):
        return  # one principal is judged by its own memory, and an office is no thief
    habits = frozenset() if by_address else memory.habits(record.time)
    for end, codes in memory.acts.windows(record.time, WINDOW_STEPS):
        found = weigh(counted(codes), habits)
        for severity, points, stages in TIERS:
            if found.points < points or len(found.stages) < stages:
                break
            if _first_time(memory, known.name, narrowest_caller(look.who), severity, day_of(end - 1)):
                yield _signal(look, memory, known, found, severity, (points, stages), end)


def weigh(acts: tuple[str, ...], habits: frozenset[str]) -> Weighed:
    """The points of the acts that aren't habits, and of the stages they make up.

    From a network and with an agent that are both new, nothing is a habit: it is somebody else who does the same.
    """
    if NEW in acts:
        habits = frozenset()
    stages: dict[str, list[str]] = {stage: [] for stage in (*STAGES, AGREES)}
    points = 0
    for code in acts:
        act = ACTS[code]
        if code not in habits:
            points += act.points
            stages[act.stage].append(f"{act.words} (+{act.points})")
    agrees = stages.pop(AGREES)
    reached = {stage: words for stage, words in stages.items() if words}
    points += A_STAGE_MORE * max(len(reached) - 1, 0)
    return Weighed(points, reached, agrees, tuple(ACTS[code].words for code in acts if code in habits))


def _since(memory: Origins, end: float) -> dict[str, float]:
    """When each act that is in the window was first seen in it: the begin of its half hour."""
    newest = memory.acts.latest + 1 - int(end) // ACT_STEP  # steps that the memory knows after the window
    found = {}
    for code, bits in memory.acts.seen.items():
        inside = bits >> newest & (1 << WINDOW_STEPS) - 1
        if code in ACTS and inside:
            found[code] = end - inside.bit_length() * ACT_STEP
    return found


def _first_time(memory: Origins, name: str, principal: str, severity: Severity, day: int) -> bool:
    """Once a severity, campaign and principal: not again on the day after, when it merely goes on."""
    who = f"{principal}:" if name.startswith("address:") else ""
    if f"j{severity.rank}:{who}{day - 1}" in memory.raised:
        return False
    return memory.once(f"j{severity.rank}:{who}{day}")


def _signal(
    look: Look,
    memory: Origins,
    known: Known,
    found: Weighed,
    severity: Severity,
    needed: tuple[int, int],
    end: float,
) -> Signal:
    record = look.record
    by_address = known.name.startswith("address:")
    who = narrowest_caller(look.who)
    reached = list(found.stages)
    since = _since(memory, end)
    facts: dict[str, Any] = {
        "stages": found.stages,
        "others_agree": found.agrees,
        "points": found.points,
        "points_needed": needed[0],
        "stages_needed": needed[1],
        "points_a_further_stage": A_STAGE_MORE,
        "not_counted_as_habits": list(found.habits),
        "seen_since": {ACTS[code].words: _iso(time) for code, time in sorted(since.items(), key=lambda one: one[1])},
        "window": {"seconds": WINDOW_STEPS * ACT_STEP, "to": _iso(end)},
        "models_were_enabled_already": UNLOCK not in reached and INVOKE in reached,
        "history": memory.history(record.time),
        "severity_from": f"{found.points} points in {len(reached)} stages ({', '.join(reached)}); "
        f"{severity} from {needed[0]} points in {needed[1]} stages",
    }
    if by_address:
        facts["principals_from_this_address"] = sorted({*memory.names, who})
    return signal_of(
        record,
        look.who,
        identity=(known.name, str(day_of(end - 1)), severity.value),
        title=f"LLMjacking by {who}, in {len(reached)} stages: {', '.join(reached)}"
        + (f", with others from {known.name[8:]}" if by_address else ""),
        facts=facts,
        severity=severity,
        score=min(100.0, 30.0 + 4 * found.points),
        first_seen=min((*since.values(), record.time)),
        related=(known.name,) if by_address else (),
    )


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")
