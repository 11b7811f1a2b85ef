"""One caller eats the account's quota of a model, or is throttled in storms: the others are refused for it.

Quotas of Bedrock are the account's, a model and a Region: requests and tokens a minute. Who floods them, by a stolen
key, a loop or on purpose, stops every application beside it (denial of service without a single large bill). Two
signs: throttled calls, in a storm or all day long, from the log and from CloudTrail, and the share of a written quota
that one principal uses. Quotas are written down in the rules, as Service Quotas shows them; without, only throttled
calls are seen.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from tidegate.callers.series import Series
from tidegate.callers.sightings import day_of, raised_once
from tidegate.detectors.about import Atlas, Attack, Detector, Known, Owasp, Quota, Signal, invocations
from tidegate.detectors.acts import THROTTLES
from tidegate.detectors.model_calls import REFUSED, model_calls
from tidegate.detectors.quota_abuse import tokens_of
from tidegate.model import ApiCall, Invocation, Severity, related_callers

STEP = 300  # seconds
WINDOW = 3  # steps: a quarter of an hour, the newest step still filling
_KEEP = 20  # steps: the window and an hour and more of late data
# SDKs try a throttled call two to four times again: thirty are seven to fifteen calls that nobody got an answer to.
STORMS = ((Severity.LOW, 30), (Severity.MEDIUM, 300))
# Slower than a storm and without end: a call refused every seven minutes, day and night.
DAY_LONG = 200
SHARES = ((Severity.LOW, 0.5), (Severity.MEDIUM, 0.9))
_USUAL_DAYS = 3  # with a storm on so many of the days before, one more is how this caller works
_DAYS_BACK = 14
_MOST_QUOTAS = 3  # of models followed for a caller: those it called last


def _series() -> Series:
    return Series(0, [])


class Use(msgspec.Struct, array_like=True):
    """Of one quota, as the log tells it: CloudTrail has no tokens."""

    calls: Series = msgspec.field(default_factory=_series)
    tokens: Series = msgspec.field(default_factory=_series)


class Memory(msgspec.Struct, array_like=True):
    in_log: Series = msgspec.field(default_factory=_series)  # throttled calls
    in_trail: Series = msgspec.field(default_factory=_series)  # the same calls, told by CloudTrail
    used: dict[str, Use] = {}  # quota -> use
    storms: list[int] = []  # days with one
    raised: list[str] = []
    day: int = 0  # the newest
    day_in_log: int = 0  # throttled calls of it
    day_in_trail: int = 0

    def refused(self, time: float, *, in_log: bool) -> None:
        """Counts a throttled call for its day; of earlier days than the newest nothing is counted any more."""
        day = day_of(time)
        if day > self.day:
            self.day, self.day_in_log, self.day_in_trail = day, 0, 0
        if day == self.day:
            self.day_in_log += in_log
            self.day_in_trail += not in_log

    def throttled_on(self, day: int) -> int:
        return max(self.day_in_log, self.day_in_trail) if day == self.day else 0

    def throttled(self, end: int) -> int:
        """In the window that ends with this step. Log and CloudTrail tell of the same calls: the larger counts."""
        return max(self.in_log.sum(end, WINDOW), self.in_trail.sum(end, WINDOW))


class Share(NamedTuple):
    of: float
    measure: str  # requests, tokens
    used: int
    quota: Quota


about = Detector(
    id="quota_exhaustion",
    title="One caller exhausts the account's quota",
    severity=Severity.MEDIUM,
    family="quota_abuse",
    reads=(invocations(), *model_calls(failed=True)),
    covers=(Atlas("AML.T0029"), Atlas("AML.T0034"), Attack("T1496"), Attack("T1499"), Owasp("LLM10:2025")),
    false_positives="A batch job that runs as fast as it is let, and the only application of an account, which may use "
    "all of it. A caller that had storms on three earlier days of the fortnight is left alone until it takes nine "
    "tenths of a written quota. Allow the job's principal, or ask AWS for a larger quota.",
    blind_spots="Shares are known only for quotas written in the rules; they aren't fetched from Service Quotas. "
    "Tokens are counted as logged, while AWS counts some models' output several times. Use is judged over a quarter of "
    "an hour: a burst of one minute is a fifteenth of it. Callers that exhaust a quota together are each below.",
    runbook="See who else is throttled at the time: the event index, by errorCode. Throttle the caller if it isn't "
    "meant to work like this, then give it a quota of its own (an application inference profile, another account).",
    playbook="throttle_caller",
    memory=Memory,
    whose="principal",
    counts=True,
)


def detect(records: Sequence[Invocation | ApiCall], memory: Memory, known: Known) -> Iterator[Signal]:
    touched: dict[int, list[Invocation | ApiCall]] = {}
    for record in records:
        if _count(record, memory, known):
            touched.setdefault(int(record.time) // STEP, []).append(record)
    for step in sorted(touched):
        for end in range(step, step + WINDOW):
            yield from _judge(end, touched[step], memory, known)


def _count(record: Invocation | ApiCall, memory: Memory, known: Known) -> bool:
    """Whether the record is one that a judgement may follow from."""
    if record.error in REFUSED:
        return False  # used nothing
    step, in_log = int(record.time) // STEP, isinstance(record, Invocation)
    throttled = record.error in THROTTLES
    if throttled:
        (memory.in_log if in_log else memory.in_trail).add(step, 1, keep=_KEEP)
        memory.refused(record.time, in_log=in_log)
    if not known.quotas or not isinstance(record, Invocation):
        return throttled
    quota = known.quota_of(record.model, record.region)
    if quota is None or throttled:
        return throttled
    use = memory.used.setdefault(_key(quota), Use())
    use.calls.add(step, 1, keep=_KEEP)
    use.tokens.add(step, tokens_of(record), keep=_KEEP)
    if len(memory.used) > _MOST_QUOTAS:
        del memory.used[min(memory.used, key=lambda key: (memory.used[key].calls.newest, key))]
    return True


def _judge(end: int, records: list[Invocation | ApiCall], memory: Memory, known: Known) -> Iterator[Signal]:
    throttled, share = memory.throttled(end), _share(end, memory, known)
    day = day_of(end * STEP)
    all_day = memory.throttled_on(day)
    is_storm = throttled >= STORMS[0][1] or all_day >= DAY_LONG
    usual = sum(1 for other in memory.storms if day - _DAYS_BACK <= other < day) >= _USUAL_DAYS
    if is_storm and day not in memory.storms:
        memory.storms = sorted([*memory.storms, day])[-_DAYS_BACK:]
    found: list[tuple[Severity, str]] = []
    if not usual:
        found += [(severity, f"{least} throttled calls or more") for severity, least in STORMS if throttled >= least]
        if all_day >= DAY_LONG:
            found.append((Severity.MEDIUM, f"{DAY_LONG} throttled calls or more on one day"))
    if share:
        taken = [(severity, least) for severity, least in SHARES if share.of >= least]
        found += [(severity, f"{least:.0%} of the quota or more") for severity, least in taken if not usual]
        if is_storm and share.of >= SHARES[-1][1]:
            found.append((Severity.HIGH, "nearly all of the quota, and calls are refused for it"))
    for severity, reason in found:
        if raised_once(memory.raised, f"{severity.rank}:{day}"):
            yield _signal(end, severity, reason, throttled, share, records, memory, known)


def _share(end: int, memory: Memory, known: Known) -> Share | None:
    """The largest share of a quota that the window used."""
    shares = []
    minutes = WINDOW * STEP / 60
    for quota in known.quotas:
        if use := memory.used.get(_key(quota)):
            for measure, series, most in (
                ("requests", use.calls, quota.requests_per_minute),
                ("tokens", use.tokens, quota.tokens_per_minute),
            ):
                if most:
                    used = series.sum(end, WINDOW)
                    shares.append(Share(used / (most * minutes), measure, used, quota))
    return max(shares, key=lambda share: share.of, default=None)


def _key(quota: Quota) -> str:
    return f"{quota.model[-24:]}@{quota.region}"


def _signal(
    end: int,
    severity: Severity,
    reason: str,
    throttled: int,
    share: Share | None,
    records: list[Invocation | ApiCall],
    memory: Memory,
    known: Known,
) -> Signal:
    last = records[-1]
    facts: dict[str, Any] = {
        "throttled": throttled,
        "throttled_needed": {severity.value: least for severity, least in STORMS},
        "throttled_today": memory.throttled_on(day_of(end * STEP)),
        "throttled_today_needed": DAY_LONG,
        "window_seconds": WINDOW * STEP,
        "days_with_storms": len(memory.storms),
        "quota": _shown_quota(share) if share else None,
        "severity_from": reason,
    }
    took = f" and took {share.of:.0%} of the {share.measure} quota" if share and share.of >= SHARES[0][1] else ""
    return Signal(
        identity=(str(day_of(end * STEP)), severity.value),
        title=f"{known.name} was throttled {throttled} times in a quarter of an hour{took}",
        facts=facts,
        time=last.time,
        first_seen=float((end - WINDOW + 1) * STEP),
        severity=severity,
        account=last.account,
        region=last.region,
        caller=known.name,
        related=related_callers(last.principal),
        principal=last.principal,
        model=last.model if isinstance(last, Invocation) else "",
        event_ids=tuple(record.id for record in records)[-100:],
    )


def _shown_quota(share: Share) -> dict[str, Any]:
    quota = share.quota
    a_minute = quota.requests_per_minute if share.measure == "requests" else quota.tokens_per_minute
    return {
        "model": quota.model,
        "region": quota.region,
        "measure": share.measure,
        "used": share.used,
        "quota_of_window": a_minute * WINDOW * STEP // 60,
        "share": round(share.of, 2),
    }
