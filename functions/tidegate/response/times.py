"""How long each stage took, in seconds, and what the caller cost meanwhile: in the record, the index and the metrics.

Told apart because each is somebody else's to shorten: AWS delivers logs (minutes), detectors need a window, people
take their time, IAM settles. They follow on each other: what began before the deciding event, the source's delay,
detecting, deciding, acting and verifying are together what `contain` says. Where the arrival isn't known (a replay, a
finding that no delivery decided), the first three are left out and deciding counts from the start of the response.
Negative where a clock of the source is ahead of ours is 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from aws_lambda_powertools.metrics import MetricUnit

from tidegate.model import Incident, Receipt, Run
from tidegate.telemetry import metrics

STAGES = {  # name -> name of the metric
    "build_up": "SecondsOfBuildUp",  # from the first event until the one that decided
    "source": "SecondsOfSourceDelay",  # until that one reached our queue
    "detect": "SecondsToDetect",  # until it was found
    "decide": "SecondsToDecide",  # until the plan was allowed to act, by the mode or by a person
    "act": "SecondsToAct",  # until the last change was made
    "verify": "SecondsToVerify",  # until the last change was read back
    "contain": "SecondsToContain",  # from the first event until it was read back: how long the caller had
    "recover": "SecondsToRecover",  # from there until everything was undone
}
OF_FINDINGS = ("source", "detect")  # published by correlation for each finding, whether a response follows or not

WORDS = {
    "build_up": "went on for",
    "source": "arrived after",
    "detect": "detected after",
    "decide": "decided after",
    "act": "acted after",
    "verify": "verified after",
    "contain": "contained, since the first event, after",
    "recover": "recovered after",
}


def stages(run: Run, incident: Incident, receipts: list[Receipt]) -> dict[str, float]:
    """Those that the run has reached."""
    applied = max((each.applied_at for each in receipts if each.applied_at), default=None)
    verified = max((each.verified_at for each in receipts if each.verified_at), default=None)
    heard = run.heard
    spans = {
        "build_up": (incident.first_seen, heard and heard.event),
        "decide": (heard.found if heard else run.started_at, run.decided_at),
        "act": (run.decided_at, applied),
        "verify": (applied, verified),
        "contain": (incident.first_seen, run.contained_at),
        "recover": (run.contained_at, run.released_at),
    }
    reached = {name: _seconds(since, until) for name, (since, until) in spans.items() if since and until}
    return reached | (heard.stages if heard else {})


def publish(before: dict[str, float], after: dict[str, float]) -> None:
    """Each stage once, when it is first known."""
    for name in after.keys() - before.keys() - set(OF_FINDINGS):
        metrics.add_metric(STAGES[name], MetricUnit.Seconds, after[name])


def spelled(times: Mapping[str, float]) -> tuple[str, ...]:
    """For people, in the order of the stages."""
    return tuple(f"{WORDS[name]} {_span(times[name])}" for name in STAGES if name in times)


def _span(seconds: float) -> str:
    """Tenths of a second matter in a minute, seconds in an hour, and minutes beyond."""
    if seconds < 60:
        return f"{seconds:g} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def _seconds(since: datetime, until: datetime) -> float:
    return max(0.0, round((until - since).total_seconds(), 1))
