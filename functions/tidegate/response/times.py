"""How long each stage took, in seconds, and what the caller cost meanwhile: in the record, the index and the metrics.

Told apart because each is somebody else's to shorten: AWS delivers logs (minutes), detectors need a window, people
take their time, IAM settles. Negative where a clock of the source is ahead of ours is 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from aws_lambda_powertools.metrics import MetricUnit

from tidegate.model import Incident, Receipt, Run
from tidegate.telemetry import metrics

STAGES = {  # name -> name of the metric
    "detect": "SecondsToDetect",  # from the first event until the response began, the source's delay included
    "decide": "SecondsToDecide",  # until the plan was allowed to act, by the mode or by a person
    "act": "SecondsToAct",  # until the last change was made
    "verify": "SecondsToVerify",  # until the last change was read back
    "contain": "SecondsToContain",  # from the first event until it was read back: how long the caller had
    "recover": "SecondsToRecover",  # from there until everything was undone
}

WORDS = {
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
    spans = {
        "detect": (incident.first_seen, run.started_at),
        "decide": (run.started_at, run.decided_at),
        "act": (run.decided_at, applied),
        "verify": (applied, verified),
        "contain": (incident.first_seen, run.contained_at),
        "recover": (run.contained_at, run.released_at),
    }
    return {name: _seconds(since, until) for name, (since, until) in spans.items() if since and until}


def publish(before: dict[str, float], after: dict[str, float]) -> None:
    """Each stage once, when it is first known."""
    for name in after.keys() - before.keys():
        metrics.add_metric(STAGES[name], MetricUnit.Seconds, after[name])


def spelled(times: Mapping[str, float]) -> tuple[str, ...]:
    """For people, in the order of the stages."""
    return tuple(f"{WORDS[name]} {times[name]:g} s" for name in STAGES if name in times)


def _seconds(since: datetime, until: datetime) -> float:
    return max(0.0, round((until - since).total_seconds(), 1))
