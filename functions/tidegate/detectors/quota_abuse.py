"""A caller uses models far beyond its budget, or far beyond what is usual for it.

Calls, tokens and dollars over an hour and a day that slide over event time, against what is written down; calls and
tokens also against the caller's own past. Fixed clock buckets miss a burst across their edge; a baseline that includes
the spike hides it: here windows slide, and the past ends a day before the window.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import Any, NamedTuple

from tidegate.callers.baseline import LEAST_DAYS, Baseline, baseline
from tidegate.callers.usage import HOUR, STEP, STEPS_AN_HOUR, Day, Usage, Window, cell, span
from tidegate.detectors.about import Atlas, Attack, Detector, Known, Owasp, Signal, invocations
from tidegate.detectors.scores import measured
from tidegate.model import Invocation, Severity, related_callers

about = Detector(
    id="quota_abuse",
    title="Caller over its budget or far from its own usage",
    severity=Severity.MEDIUM,
    family="quota_abuse",
    reads=(invocations(),),
    covers=(Atlas("AML.T0034"), Atlas("AML.T0029"), Attack("T1496"), Owasp("LLM10:2025")),
    false_positives="Planned batch work, evaluations, load tests, a new application. Write a budget for the caller, or "
    "allow its principal with an expiry.",
    blind_spots=f"A caller with fewer than {LEAST_DAYS} active days has no baseline: only its budget counts. Growth by "
    "less than three times in a fortnight stays quiet, as does abuse on more than half the days of one. End users "
    "named in requestMetadata are the caller's word: someone who holds the principal can spread calls over invented "
    "users; a budget for the principal in the rules sees the sum. Records more than four hours late aren't counted.",
    runbook="See which models and prompts the calls went to, and whether the owner knows of them. Contain the caller, "
    "not the application behind it; raise the budget if the use is wanted.",
    playbook="throttle_caller",
    memory=Usage,
    counts=True,
)

# (severity, times the limit). Each is reported once a window.
_TIERS = ((Severity.MEDIUM, 1.0), (Severity.HIGH, 2.0), (Severity.CRITICAL, 10.0))
_FLOORS = {Window.HOUR: (60.0, 50_000.0), Window.DAY: (300.0, 250_000.0)}  # calls, tokens a baseline never goes under
_REFUSED = ("AccessDenied", "AccessDeniedException")  # used nothing: a contained caller that goes on trying
_WORDS = {Window.HOUR: "an hour", Window.DAY: "a day"}


class Limit(NamedTuple):
    measure: str  # calls, tokens, dollars
    used: float
    limit: float
    source: str
    usual: Baseline | None = None

    @property
    def times(self) -> float:
        return self.used / self.limit


def tokens_of(call: Invocation) -> int:
    """Tokens that cost and count against AWS's quota: read from the prompt cache, they hardly do."""
    return call.input_tokens + call.output_tokens + call.cache_write_tokens


def is_use(call: Invocation) -> bool:
    """Refused calls cost nothing and use nothing."""
    return call.error not in _REFUSED


def detect(calls: Sequence[Invocation], usage: Usage, known: Known) -> Iterator[Signal]:
    for _, group in groupby(calls, key=lambda call: int(call.time) // HOUR):
        hour = [call for call in group if is_use(call)]
        touched = usage.add([(call.time, tokens_of(call)) for call in hour])
        if known.budget.dollars_per_hour or known.budget.dollars_per_day:
            usage.spend((call.time, known.prices.dollars(call)) for call in hour)
        for window in Window if touched else ():
            for end in usage.ends(window, touched):
                yield from _judge(window, end, hour, usage, known)
    usage.forget()


def _judge(window: Window, end: int, calls: list[Invocation], usage: Usage, known: Known) -> Iterator[Signal]:
    limits = limits_of(window, end, usage, known)
    exceeded = [limit for limit in limits if limit.times > 1]
    if not exceeded:
        return
    for tier, (severity, times) in enumerate(_TIERS):
        over = [limit for limit in exceeded if limit.times > times and not _was_over(window, end, usage, limit, times)]
        if over and usage.raise_once(window, cell(window, end), tier):
            worst = max(over, key=lambda limit: limit.times)
            yield _signal(window, end, severity, times, worst, limits, calls, usage, known)


def _was_over(window: Window, end: int, usage: Usage, limit: Limit, times: float) -> bool:
    """Whether a window is over only because of the clock hour (day) before, which was over by itself and was reported:
    windows slide, and who stopped last night isn't accused again this morning."""
    before, present = usage.alone(window, end, limit.measure)
    return before > limit.limit * times >= present


def limits_of(window: Window, end: int, usage: Usage, known: Known) -> list[Limit]:
    """Every limit that applies to a window. The history is opened only where the window could exceed it.

    A learned budget says what callers use here, not what one may use: it leaves alone who is within its own baseline.
    """
    calls, tokens = usage.used(window, end)
    budget = known.budget
    written = (
        (budget.calls_per_hour, budget.tokens_per_hour)
        if window is Window.HOUR
        else (budget.calls_per_day, budget.tokens_per_day)
    )
    used = {"calls": calls, "tokens": tokens}
    over = any(most and used[measure] > most for measure, most in zip(used, written, strict=True))
    own = _own(window, end, usage, used) if _asks_history(window, used, over, known) else {}
    limits = [
        Limit(measure, used[measure], float(most), budget.source)
        for measure, most in zip(used, written, strict=True)
        if most and not (budget.learned and measure in own and used[measure] <= own[measure].limit)
    ]
    if dollars := budget.dollars_per_hour if window is Window.HOUR else budget.dollars_per_day:
        limits.append(Limit("dollars", usage.spent(window, end), dollars, budget.source))
    if budget.own_times:
        limits += [
            Limit(measure, used[measure], usual.limit * budget.own_times, "own baseline", usual)
            for measure, usual in own.items()
        ]
    return limits


def _asks_history(window: Window, used: dict[str, int], over: bool, known: Known) -> bool:
    if known.through:
        return False
    if known.budget.learned and over:
        return True
    floors = zip(used.values(), _FLOORS[window], strict=True)
    return known.budget.own_times > 0 and any(value > floor for value, floor in floors)


def _own(window: Window, end: int, usage: Usage, used: dict[str, int]) -> dict[str, Baseline]:
    """What is usual for the caller itself, of each measure; nothing where too little is known."""
    past = usage.history(end // STEPS_AN_HOUR if window is Window.HOUR else end)
    found = {
        measure: baseline([_value(window, day, place) for day in past], floor=_FLOORS[window][place])
        for place, measure in enumerate(used)
    }
    return {measure: usual for measure, usual in found.items() if usual}


def _value(window: Window, day: Day, place: int) -> int:
    hourly, daily = (day.peak_calls, day.peak_tokens), (day.calls, day.tokens)
    return (hourly if window is Window.HOUR else daily)[place]


def _signal(
    window: Window,
    end: int,
    severity: Severity,
    times: float,
    worst: Limit,
    limits: list[Limit],
    calls: list[Invocation],
    usage: Usage,
    known: Known,
) -> Signal:
    begin, until = span(window, end)
    inside = [call for call in calls if begin <= call.time < until]
    deciding = _deciding(inside, worst, times, known)
    last = inside[deciding]
    name = f"{'through:' if known.through else ''}{window.name.lower()}:{cell(window, end)}"
    end_user = known.name[5:] if known.name.startswith("user:") else ""
    return Signal(
        identity=(name, severity.value),
        title=f"{_amount(worst)} in {_WORDS[window]}, {worst.times:.1f} times the limit",
        facts={
            "window": _shown_window(window, end),
            "exceeded": worst.measure,
            "through_end_users": known.through,
            "limits": [_shown(limit) for limit in limits],
            **({"price": known.prices.said(last.model, last.time)} if worst.measure == "dollars" else {}),
            "severity_from": f"over {times:g} times the limit",
            "history_days": len(usage.history(end // STEPS_AN_HOUR if window is Window.HOUR else end)),
            "history_days_needed": LEAST_DAYS,
            "models": sorted({call.model for call in inside})[:20],
            "errors": sum(1 for call in inside if call.error),
            "records_too_late": usage.too_late,
        },
        time=last.time,
        first_seen=float(begin),
        severity=severity,
        score=measured(severity, math.log(worst.times / times)),
        account=last.account,
        region=last.region,
        caller=known.name,
        related=related_callers(last.principal, end_user),
        principal=last.principal,
        model=last.model,
        event_ids=tuple(call.id for call in inside[: deciding + 1][-100:]),
    )


def _shown_window(window: Window, end: int) -> dict[str, Any]:
    begin, until = span(window, end)
    return {
        "seconds": until - begin,
        "from": _iso(begin),
        "to": _iso(until),
        "sub_bucket_seconds": STEP if window is Window.HOUR else HOUR,
    }


def _amount(limit: Limit) -> str:
    return f"${limit.used:,.2f}" if limit.measure == "dollars" else f"{limit.used:,} {limit.measure}"


def _deciding(inside: list[Invocation], worst: Limit, times: float, known: Known) -> int:
    """Which of the new records carried the window over: counted back from its total."""
    total = worst.used
    for place in range(len(inside) - 1, 0, -1):
        total -= _share(inside[place], worst.measure, known)
        if total <= worst.limit * times:
            return place
    return 0


def _share(call: Invocation, measure: str, known: Known) -> float:
    """What one call adds to a measure."""
    if measure == "dollars":
        return known.prices.dollars(call)
    return 1 if measure == "calls" else tokens_of(call)


def _shown(limit: Limit) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "measure": limit.measure,
        "used": round(limit.used, 2),
        "limit": round(limit.limit, 2) if limit.measure == "dollars" else round(limit.limit),
        "times": round(limit.times, 2),
        "source": limit.source,
    }
    if limit.usual:
        shown |= {"usual": round(limit.usual.level), "spread": round(limit.usual.spread), "days": limit.usual.days}
    return shown


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")
