"""A statistic went beyond its threshold: the signal, and why a person should believe it. Not a detector.

Shared by the detectors that judge a caller's behaviour. Each is told which statistics speak for it. A finding is made
when a day goes beyond a threshold, and another when it is some three times as rare, so that the last one says how far
it went.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from tidegate.callers.behaviour.day import SHAPE
from tidegate.callers.behaviour.memory import Behaviour, Example, Observation, excerpt, id_of
from tidegate.callers.behaviour.past_day import FINE as STEPS
from tidegate.callers.behaviour.usual import own_range, telling
from tidegate.detectors.about import Detector, Signal, signal_of_invocation
from tidegate.detectors.scores import RARE, rare
from tidegate.model import Severity
from tidegate.scoring.calibration import head_tail
from tidegate.scoring.statistics import DETECTORS, HEAD, STATISTICS
from tidegate.scoring.trees import shipped

_STEP = math.log(10) / 2  # nats, by which a day is rarer when it is told again
_MOST_TOLD = 12  # steps: of what is rarer than one in a million the order doesn't matter
_SHIPPED = 2e-4  # of benign caller-days, that go beyond a shipped threshold: they are conservative
_NATS_A_THRESHOLD = 3.0  # for each time a shipped one, whose tail isn't known
_MOST_NATS = 20.0  # told
_WHAT = {"harvest": "harvesting a model", "probing": "probing a model", "recital": "having a model recite"}
_MOST_FEATURES = 5
_EXCERPT = 160
_MEANING = {
    "run": "records in a row far in the tail of what this tenant's callers ask ({what})",
    "rule": "phrases that tell by themselves",
    "refusals": "more refusals than usual",
    "elicited": "one different question after another with the same words before or after it that ask for reasoning",
    "head": "the day as a whole looks like {what}, compared with the tenant's days and the caller's own",
}


def verdicts(about: Detector, seen: Observation, memory: Behaviour, *, title: str) -> Iterator[Signal]:
    """At most one signal of the statistics that speak for a detector. `title` may hold {caller}."""
    mine = {place: value for place, value in seen.exceeded.items() if DETECTORS[place] == about.id}
    if mine and (signal := verdict(about, mine, seen, memory, title=title)) is not None:
        yield signal


def verdict(
    about: Detector, mine: dict[int, float], seen: Observation, memory: Behaviour, *, title: str, caller: str = ""
) -> Signal | None:
    """The statistic that went furthest decides. None: nothing that was not reported today."""
    nats = {one: _beyond(seen, one, value) for one, value in mine.items()}
    place = max(nats, key=nats.__getitem__)
    succeeded = seen.record.given_away >= 0.25 or seen.record.diverged
    share = _share(seen, place, nats[place])
    rarity = -math.log(share)
    high = rarity >= RARE or succeeded
    steps = min(max(math.floor(rarity / _STEP), 0), _MOST_TOLD)
    tier = max(steps, round(RARE / _STEP)) if high else steps
    if not memory.raise_once(about.id, tier):
        return None
    call = seen.record.call
    kind, _, what = STATISTICS[place].partition(":")
    return signal_of_invocation(
        call,
        title=title.format(caller=caller or call.caller),
        facts={
            "decided_by": STATISTICS[place],
            "meaning": _MEANING[kind].format(what=_WHAT.get(what, what.replace("_", " "))),
            "value": round(mine[place], 2),
            "threshold": round(seen.limits[place], 2),
            "times_rarer": round(math.exp(min(nats[place], _MOST_NATS)), 1),
            "one_benign_day_in": round(1 / share),
            "severity_from": _severity_from(high, succeeded),
            **_calibration(seen, place, mine[place]),
            "also": {STATISTICS[one]: round(value, 2) for one, value in mine.items() if one != place},
            "phrases": [phrase.name for phrase in seen.record.phrases],
            "answer_gave_away": round(seen.record.given_away, 2),
            "records_today": memory.today.records,
            "days_known": memory.profile.days,
            "telling": telling(memory, seen.calibration.usual, place - HEAD if place >= HEAD else None),
            "unusual": unusual(memory),
            "usual": _usual(seen, place, memory),
            "examples": [_shown(one) for one in memory.examples],
            "deciding_record": excerpt(seen.record.contents.user, _EXCERPT),
        },
        severity=(Severity.HIGH if high else None),
        score=rare(Severity.HIGH if high else Severity.MEDIUM, rarity),
        identity=(str(memory.day), str(tier)),
        event_ids=tuple(found for one in memory.examples if (found := id_of(one.id)) != call.id),
    )


def _shown(example: Example) -> dict[str, Any]:
    return {
        "id": id_of(example.id),
        "tail_units": round(example.units / 16, 1),
        "asked": example.asked or "ordinary by itself",
    }


def _beyond(seen: Observation, place: int, value: float) -> float:
    """How much rarer than the threshold, in nats: by the statistic's tail, for a head without one by the laboratory's;
    of a shipped threshold, by how many times it."""
    known, limit = seen.calibration, seen.limits[place]
    if known.tails:
        slope = known.tails[place].slope
    else:
        slope = head_tail(shipped()[1][place - HEAD]).slope if place >= HEAD else max(limit, 1.0) / _NATS_A_THRESHOLD
    return (value - limit) / slope


def _share(seen: Observation, place: int, nats: float) -> float:
    """Of benign caller-days, that go as far: what was asked for is that of the thresholds. A head's threshold for many
    names, which nothing ships for, promises no more than the number of days that it was learned from."""
    known = seen.calibration
    without_tail = 1 / (known.caller_days + 1) if place >= HEAD else _SHIPPED
    return (known.rate if known.tails else without_tail) * math.exp(-min(nats, _MOST_NATS))


def _severity_from(high: bool, succeeded: bool) -> str:
    if succeeded:
        return "the answer shows that it worked"
    if not high:
        return "beyond the threshold"
    return f"fewer than one in {math.exp(RARE):,.0f} benign caller-days go as far"


def _calibration(seen: Observation, place: int, value: float) -> dict[str, Any]:
    known = seen.calibration
    if not known.rate:
        return {"history": "none: shipped, conservative thresholds. See `tidegate calibrate`."}
    told: dict[str, Any] = {
        "history": f"{known.caller_days} caller-days of {known.days} days of this tenant",
        "false_positive_rate": known.rate,
    }
    if known.tails:
        told["p_value"] = float(f"{known.tails[place].p_value(value):.2g}")
    return told


def _usual(seen: Observation, place: int, memory: Behaviour) -> dict[str, Any]:
    """How far the deciding statistic goes otherwise: on this caller's last day, and on this tenant's caller-days."""
    told: dict[str, Any] = {}
    if memory.past.day:
        told["last_day_of_caller"] = round(memory.past.most.get(place, 0) / STEPS, 2)
    if len(days := memory.profile.habit.get(place, ())) > 1:
        told["days_of_its_history"] = [round(day / STEPS, 2) for day in days]
    if tails := seen.calibration.tails:
        told["days_of_tenant"] = f"{tails[place].share:.1%} of them beyond {tails[place].start:.2f}"
    return told


def unusual(memory: Behaviour) -> list[dict[str, Any]]:
    """The features of the day furthest from this caller's usual ones, with their usual range."""
    profile = memory.profile
    if not profile.days:
        return []
    found = []
    for place, (name, value) in enumerate(zip(SHAPE, memory.today.shape(), strict=True)):
        middle, width = profile.usual(place)
        found.append((abs(value - middle) / width, name, value, place))
    found.sort(reverse=True)
    return [
        {"feature": name, "today": round(value, 2), "usual": list(own_range(memory, place) or ())}
        for times, name, value, place in found[:_MOST_FEATURES]
        if times > 1 and math.isfinite(times)
    ]
