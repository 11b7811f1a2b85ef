"""Models are called and no log record arrives; a source that is always heard falls silent; a probe isn't answered.

CloudTrail tells of each call, the invocation log what was asked: a call in the one without a record in the other, once
the log has had time to be delivered, is a call that nobody can judge. Attackers look for such Regions, or make them.
Calls are matched by request id, so that one caller's missing records are seen among a thousand others'.

Not a detector of single records: the watch (watching.py) asks it every quarter of an hour about calls that are over
their delay, about the rhythm of every source, and about the probes that were sent through each of them (probing.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from tidegate.callers.absence import Silence
from tidegate.callers.sightings import day_of
from tidegate.configurations.left_by_calls import DELETED
from tidegate.detectors.about import Atlas, Attack, Detector, Known, Owasp, Signal
from tidegate.model import Principal, Severity

_LEAST_CALLS = 5  # of one hour: below, a single lost record would be a large share
_LEAST_SHARE = 0.1
_MANY = 20
_HALF = 0.5
_NAMED = 10  # callers in the evidence, those with most missing first


class Counted(NamedTuple):
    """What the watch counted of one caller: calls that the log ought to hold, and those it doesn't."""

    calls: int
    missing: int
    principal: Principal


class Gap(NamedTuple):
    """An hour of one Region in which calls have no log record although its delivery delay is over."""

    account: str
    region: str
    since: float  # the hour, epoch seconds
    until: float
    callers: Mapping[str, Counted]
    first: float  # of the missing calls
    last: float
    waited: int  # seconds that were given to the log
    log_heard: float  # when this Region's log was last heard; 0: never

    @property
    def calls(self) -> int:
        return sum(one.calls for one in self.callers.values())

    @property
    def missing(self) -> int:
        return sum(one.missing for one in self.callers.values())


class Quiet(NamedTuple):
    """A source that stopped against its own rhythm."""

    source: str  # invocation_log, cloudtrail, guardduty
    account: str
    region: str
    silence: Silence


class Unanswered(NamedTuple):
    """A probe that was sent through a source and didn't come out where it should, or none that was sent at all."""

    source: str
    account: str
    region: str
    sent: float
    last_answer: float  # 0: never
    waited: int  # seconds


class Mute(NamedTuple):
    """Detectors that stayed silent on a case of their own, in the function that received a probe."""

    source: str
    account: str
    region: str
    answered: float
    detectors: tuple[str, ...]


about = Detector(
    id="telemetry_gap",
    title="Models are called and nobody sees what is asked",
    severity=Severity.MEDIUM,
    family="tampering",
    reads=(),
    covers=(Attack("T1562.008"), Attack("T1562.001"), Atlas("AML.T0015"), Owasp("LLM10:2025")),
    false_positives="A Region in which invocation logging was never switched on: it is reported once a day until it "
    "is, or until logging/ACCOUNT/REGION is allowed as a model. A log configuration that leaves embeddings out. An "
    "application that was switched off for good falls silent once. Maintenance of the account's trail.",
    blind_spots="Seen only where the trail logs InvokeModel and Converse (read-only management events) and the rule "
    "receives them. Not expected in the log, and so never missed: calls that failed, calls that an AWS service makes "
    "for someone (agents, knowledge bases), bedrock-mantle, bidirectional and asynchronous calls, batch jobs. An event "
    "that comes later than the delay is not counted. A source with less than three days of history, or with gaps of "
    "more than a day, has no rhythm to miss; GuardDuty is silent when all is well, so only its probe tells.",
    runbook="Read the Region's logging configuration (bedrock get-model-invocation-logging-configuration) and its "
    "bucket's policy and key; compare with the last configuration in the finding. If someone changed it, that is the "
    "incident. For a silent source look at its rule, its queue and its function's log; for a probe, at its path.",
    playbook=None,
)


def detect(observed: Gap | Quiet | Unanswered | Mute, known: Known) -> Iterator[Signal]:
    """Asked by the watch. What is observed again the same day is the same finding."""
    if isinstance(observed, Gap):
        yield from _gap(observed, known)
    elif isinstance(observed, Quiet):
        yield _quiet(observed)
    elif isinstance(observed, Mute):
        yield _mute(observed)
    else:
        yield _unanswered(observed)


def _gap(gap: Gap, known: Known) -> Iterator[Signal]:
    if not gap.missing:
        return
    share = gap.missing / gap.calls
    if gap.missing == gap.calls:
        yield _of_region(gap, "all", *_severity_of_all(gap), known)
    elif gap.missing >= _LEAST_CALLS and share >= _HALF:
        yield _of_region(gap, "half", Severity.HIGH, "half of the Region's calls or more are missing", known)
    elif gap.missing >= _LEAST_CALLS and share >= _LEAST_SHARE:
        yield _of_region(gap, "some", Severity.MEDIUM, f"{_LEAST_SHARE:.0%} of the Region's calls or more", known)
    if gap.missing == gap.calls or share >= _HALF:
        return  # the Region's trouble, not a caller's
    for caller, counted in gap.callers.items():
        if counted.missing == counted.calls >= _LEAST_CALLS:
            yield _of_caller(gap, caller, counted)


def _severity_of_all(gap: Gap) -> tuple[Severity, str]:
    if gap.log_heard and gap.calls >= _LEAST_CALLS:
        return Severity.HIGH, "nothing is logged in a Region whose log used to arrive"
    if gap.calls >= _MANY:
        return Severity.HIGH, f"{_MANY} calls or more, and nothing is logged in this Region"
    if gap.log_heard:
        return Severity.LOW, f"fewer than {_LEAST_CALLS} calls: single records get lost"
    return Severity.MEDIUM, "nothing is logged in this Region"


def _of_region(gap: Gap, tier: str, severity: Severity, because: str, known: Known) -> Signal:
    resource = f"logging/{gap.account}/{gap.region}"
    last = known.before(resource, gap.until)
    configuration = "never seen" if last is None else "deleted" if last == DELETED else last
    most = sorted(gap.callers.items(), key=lambda item: (-item[1].missing, item[0]))
    return Signal(
        identity=("region", gap.region, tier, severity.value, str(day_of(gap.last))),
        title=f"{gap.missing} of {gap.calls} model calls in {gap.region} have no invocation log record",
        facts={
            **_counts(gap, gap.calls, gap.missing),
            "callers": {name: counted.missing for name, counted in most[:_NAMED] if counted.missing},
            "log_last_heard": _readable(gap.log_heard),
            "last_logging_configuration": configuration,
            "severity_from": because,
        },
        time=gap.last,
        first_seen=gap.first,
        severity=severity,
        account=gap.account,
        region=gap.region,
        caller=f"service:invocation_log/{gap.region}",
        resource=resource,
    )


def _of_caller(gap: Gap, caller: str, counted: Counted) -> Signal:
    return Signal(
        identity=("caller", gap.region, str(day_of(gap.last))),
        title=f"None of the {counted.calls} model calls of {caller} in {gap.region} is in the invocation log",
        facts={
            **_counts(gap, counted.calls, counted.missing),
            "calls_of_others_logged": gap.calls - gap.missing,
            "severity_from": f"{_LEAST_CALLS} calls or more, all of them missing, while those of others are logged",
        },
        time=gap.last,
        first_seen=gap.first,
        account=gap.account,
        region=gap.region,
        caller=caller,
        principal=counted.principal,
        resource=f"logging/{gap.account}/{gap.region}",
    )


def _counts(gap: Gap, calls: int, missing: int) -> dict[str, object]:
    return {
        "calls": calls,
        "missing": missing,
        "share_missing": round(missing / calls, 3),
        "first": _readable(gap.first),
        "last": _readable(gap.last),
        "seconds_given_to_the_log": gap.waited,
    }


def _quiet(quiet: Quiet) -> Signal:
    silence = quiet.silence
    return Signal(
        identity=("silent", quiet.source, quiet.region, str(silence.since)),
        title=f"{quiet.source} of {quiet.region} fell silent",
        facts={
            "last_heard": _readable(silence.since),
            "silent_seconds": silence.lasted,
            "longest_gap_seconds": silence.longest,
            "limit_seconds": silence.limit,
            "history": f"{silence.history // 86_400} days of it, the gap itself left out",
            "severity_from": "a source that was heard regularly",
        },
        time=float(silence.since + silence.limit),
        first_seen=float(silence.since),
        account=quiet.account,
        region=quiet.region,
        caller=f"service:{quiet.source}/{quiet.region}",
        resource=f"source/{quiet.source}/{quiet.account}/{quiet.region}",
    )


def _unanswered(probe: Unanswered) -> Signal:
    return Signal(
        identity=("probe", probe.source, str(day_of(probe.sent))),
        title=f"The probe of {probe.source} was not answered: nothing that arrives there is detected",
        facts={
            "sent": _readable(probe.sent),
            "last_answer": _readable(probe.last_answer),
            "seconds_waited": probe.waited,
            "severity_from": "this path is broken, or someone broke it",
        },
        time=probe.sent + probe.waited,
        first_seen=probe.sent,
        severity=Severity.HIGH,
        account=probe.account,
        region=probe.region,
        caller=f"service:probe/{probe.source}",
        resource=f"source/{probe.source}/{probe.account}/{probe.region}",
    )


def _mute(mute: Mute) -> Signal:
    return Signal(
        identity=("mute", mute.source, *mute.detectors, str(day_of(mute.answered))),
        title=f"{len(mute.detectors)} detectors of {mute.source} don't fire on their own case",
        facts={
            "detectors": list(mute.detectors),
            "seen": _readable(mute.answered),
            "severity_from": "what these detectors look for is not found",
        },
        time=mute.answered,
        severity=Severity.HIGH,
        account=mute.account,
        region=mute.region,
        caller=f"service:probe/{mute.source}",
        resource=f"source/{mute.source}/{mute.account}/{mute.region}",
    )


def _readable(time: float) -> str | None:
    return datetime.fromtimestamp(time, UTC).isoformat().replace("+00:00", "Z") if time else None
