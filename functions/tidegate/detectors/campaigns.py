"""Whether what a caller did within a day is a campaign: more than a rule allows, and more than its own days. Not a
detector.

One odd call says nothing. Three numbers decide, the first that applies: what is usual for a caller that has done the
same on five days or more (on fewer, three times the most of those); what a caller may begin to do that has been known
for `KNOWN_AFTER` days without doing it; what a caller may do that is new itself, of whom nothing is known yet.
Where a tenant's callers go further by nature, `calibrate` learns how many times as much each rule lets pass; where
hardly anybody does such a thing at all, what may be begun is as little as half of what ships. A rule goes by
`detector/rule`, what counts for all of a detector's rules by its id.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from tidegate.callers.baseline import LEAST_DAYS, Baseline
from tidegate.callers.behaviour.memory import excerpt
from tidegate.callers.past_days import PastDays
from tidegate.callers.sightings import day_of, raised_once
from tidegate.detectors.about import Known
from tidegate.detectors.scores import counted
from tidegate.model import Invocation, Severity

KNOWN_AFTER = 5  # days since the caller was first seen
HIGH_TIMES = 4.0  # of what is needed
_EXCERPT = 160  # characters
_TODAY = 0.2  # of what is needed, has to be today's
_TIMES = 3.0  # what a caller did on a day, as long as its days are too few for a baseline


class Beyond(NamedTuple):
    """A count beyond what it needs to be one: of the UTC day where days are compared, else of the last 24 hours."""

    recent: float
    needed: float
    source: str
    usual: Baseline | None
    days: int  # of history of this very thing
    rule: str  # detector/rule
    multiplier: float = 1.0  # of what ships, in `needed` already

    @property
    def times(self) -> float:
        return self.recent / self.needed if self.needed else 0.0

    @property
    def severity(self) -> Severity:
        return Severity.HIGH if self.times >= HIGH_TIMES else Severity.MEDIUM

    @property
    def score(self) -> float:
        return counted(self.severity, self.times / (HIGH_TIMES if self.severity is Severity.HIGH else 1.0))

    def facts(self, what: str) -> dict[str, Any]:
        facts: dict[str, Any] = {
            "counted": what,
            "in_24_hours": round(self.recent),
            "threshold": round(self.needed),
            "threshold_from": self.source,
            **({"threshold_shipped": round(self.needed / self.multiplier)} if self.multiplier != 1 else {}),
            "history_days": self.days,
            "history_days_needed": LEAST_DAYS,
            "severity_from": f"{self.times:.1f} times the threshold; high from {HIGH_TIMES:g} times on",
        }
        if self.usual:
            facts |= {"usual_a_day": round(self.usual.level), "usual_spread": round(self.usual.spread)}
        return facts


def deciding(call: Invocation, known: Known) -> dict[str, Any]:
    """What the call that decided asked, redacted: counting keeps no other's words."""
    return {"deciding_record": excerpt(known.contents(call).user, _EXCERPT)}


def beyond(rule: str, days: PastDays, time: float, known: Known, *, begun: float, new: float) -> Beyond | None:
    """`begun`: for a known caller that never did this; `new`: for a caller of whom nothing is known. Counts of a day.

    A caller's own days don't lower the threshold below `begun`; what was learned of `rule` moves all of them. None:
    within it.
    """
    multiplier = multiplier_of(rule, known)
    if multiplier < 1:
        begun, new = begun * multiplier, new * multiplier
    recent = days.recent(time)
    if recent < min(begun, new):
        return None
    usual = days.usual(floor=begun)
    if usual:
        needed, source, recent = usual.limit, "own days", float(days.of_day(time))
    elif days.days and known.days_known(time) >= KNOWN_AFTER:
        needed, source = max(begun, _TIMES * days.most), f"{_TIMES:g} times the most of {days.days} earlier days"
    elif known.days_known(time) >= KNOWN_AFTER:
        needed, source = begun, f"a caller known for {known.days_known(time)} days that had not done this"
    else:
        needed, source = new, f"a caller known for fewer than {KNOWN_AFTER} days"
    if multiplier < 1:
        source = f"{source}; times {multiplier:g}, as hardly any caller does this"
    elif multiplier > 1:
        needed, source = needed * multiplier, f"{source}; times {multiplier:g}, learned from all callers' days"
    if recent < needed or (days.day == day_of(time) and days.today < _TODAY * needed):
        return None  # or over since yesterday
    return Beyond(recent, needed, source, usual, days.days, rule, multiplier)


def multiplier_of(rule: str, known: Known) -> float:
    """What was learned of a rule itself, else of its detector."""
    return known.multipliers.get(rule, known.multipliers.get(rule.partition("/")[0], 1.0))


def first_today(raised: list[str], found: Beyond, time: float, known: Known) -> str:
    """As `once_a_day`; whoever calibrates is told each time how far the caller went."""
    if known.reached is not None:
        known.reached[found.rule] = max(known.reached.get(found.rule, 0.0), found.times)
    return once_a_day(raised, found.severity, time)


def once_a_day(raised: list[str], severity: Severity, time: float, what: str = "") -> str:
    """The mark of a finding that is reported for the first time on its day (UTC), else empty: one a severity, whichever
    of a detector's rules comes first."""
    mark = f"{what}{severity.value}:{day_of(time)}"
    return mark if raised_once(raised, mark, keep=4) else ""
