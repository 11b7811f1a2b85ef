"""Whether scores between 0 and 1 have become worse than they were: a sequential test against one's own history.

The history is a histogram of twenty bins. Its tenth percentile is the line below which a score is bad; how often they
are blocked is counted as well. Both are watched by a CUSUM of log-likelihood ratios over yes and no (Page 1954;
Reynolds and Stoumbos 1999 for yes and no): it rises with every bad score, falls with every good one, never below
zero, and reaches `ALARM` only when the share of bad ones has risen to about three times what is usual. The upper 95 %
bound of the usual share is taken, so that a short history can't raise an alarm by its own error. Under the usual share
an alarm is due less than once in e**ALARM scores, 160,000.

While there is no history, the guardrail's own threshold is the line, and what is looked for is an application of which
every second answer lies below it, against one in four: so one that was bad from its first day is found on it, and one
that is merely strict isn't. A day that raises this alarm doesn't become history either.

A day enters the history when it is over, unless it raised an alarm: what is judged is not in what it is judged by.
What comes late enters the day that is open then; the order within a day hardly matters. About 90 bytes.
"""

from __future__ import annotations

import math
from typing import Any

import msgspec

from tidegate.callers.sightings import day_of

BINS = 20
LEARNING_SCORES, LEARNING_DAYS = 30, 3
ALARM = 12.0
LEAST_BAD = 12  # scores: the bad answers of one long conversation are no change of the application
_BAD = 0.10  # the share of the history that lies below the line
_LEAST_RISE, _TIMES = 0.10, 3.0  # what is looked for: three times the usual share, and ten points more at least
_MOST_KEPT = 4000  # scores; beyond, the history is halved, so that it follows the application
_MUCH = 0.5
_NEW_USUAL, _NEW_WORSE = 0.25, 0.5  # shares of answers below the guardrail's threshold, of a new application


class _Watch(msgspec.Struct, array_like=True):
    """A CUSUM over yes and no."""

    level: float = 0.0
    bad: int = 0  # since the level was last zero
    seen: int = 0

    def see(self, is_bad: bool, usual: float, worse: float = 0.0) -> bool:
        """`worse`: the share that is looked for; 0: three times the usual one."""
        if self.has_alarmed:  # said; from here on anew
            self.level, self.bad, self.seen = 0.0, 0, 0
        worse = worse or min(0.95, max(_TIMES * usual, usual + _LEAST_RISE))
        step = math.log(worse / usual) if is_bad else math.log((1 - worse) / (1 - usual))
        self.level = max(0.0, self.level + step)
        if not self.level:
            self.bad = self.seen = 0
            return False
        self.bad += is_bad
        self.seen += 1
        return self.has_alarmed

    @property
    def has_alarmed(self) -> bool:
        return self.level >= ALARM and self.bad >= LEAST_BAD


def _empty() -> list[int]:
    return []


class ScoreHistory(msgspec.Struct, array_like=True):
    past: list[int] = msgspec.field(default_factory=_empty)  # scores by bin, before `day`
    today: list[int] = msgspec.field(default_factory=_empty)
    blocked: int = 0  # of the past
    blocked_today: int = 0
    day: int = 0
    days: int = 0  # in the past
    alarmed: bool = False  # today
    low: _Watch = msgspec.field(default_factory=_Watch)
    blocks: _Watch = msgspec.field(default_factory=_Watch)
    floor: _Watch = msgspec.field(default_factory=_Watch)  # while there is no history

    def see(self, score: float, is_blocked: bool, time: float, threshold: float | None = None) -> str:
        """Takes a score; "scores" or "blocks" where that shows a change for the worse, "floor" where a new application
        is bad by the guardrail's own threshold, else ""."""
        if (day := day_of(time)) > self.day:
            self._turn(day)
        self.today = self.today or [0] * BINS
        self.today[_bin(score)] += 1
        self.blocked_today += is_blocked
        if self.is_learning:
            is_bad = is_blocked or (threshold is not None and score < threshold)
            found = self.floor.see(is_bad, _NEW_USUAL, _NEW_WORSE)
            self.alarmed = self.alarmed or found
            return "floor" if found else ""
        if self.floor.seen:
            self.floor = _Watch()
        line, usual = self._line()
        low = self.low.see(score < line, _upper(usual, self.total))
        blocks = self.blocks.see(is_blocked, _upper(self.blocked / self.total, self.total))
        self.alarmed = self.alarmed or low or blocks
        return "scores" if low else "blocks" if blocks else ""

    def _turn(self, day: int) -> None:
        if self.today and not self.alarmed:
            self.past = [old + new for old, new in zip(self.past or [0] * BINS, self.today, strict=True)]
            self.blocked += self.blocked_today
            self.days += 1
            if self.total > _MOST_KEPT:
                self.past, self.blocked = [count // 2 for count in self.past], self.blocked // 2
        self.today, self.blocked_today, self.alarmed, self.day = [], 0, False, day

    @property
    def total(self) -> int:
        return sum(self.past)

    @property
    def is_learning(self) -> bool:
        return self.days < LEARNING_DAYS or self.total < LEARNING_SCORES

    def _line(self) -> tuple[float, float]:
        """(the score below which one is bad, the share of the history below it): the edge nearest to the tenth."""
        total, below, best = self.total, 0, (0.0, 0.0)
        for place, count in enumerate(self.past):
            if below > 2 * _BAD * total:
                break
            best = (place / BINS, below / total)
            if below >= _BAD * total:
                break
            below += count
        return best

    def _watch(self, change: str) -> _Watch:
        return {"scores": self.low, "blocks": self.blocks}.get(change, self.floor)

    def is_much_worse(self, change: str) -> bool:
        watch = self._watch(change)
        return change != "floor" and watch.bad >= _MUCH * max(1, watch.seen)  # without a history nobody knows

    def facts(self, change: str) -> dict[str, Any]:
        line, usual = self._line()
        watch = self._watch(change)
        shares = {"scores": usual, "blocks": self.blocked / max(1, self.total)}
        facts: dict[str, Any] = {
            "bad_since_it_changed": watch.bad,
            "answers_since_it_changed": watch.seen,
            "usual_share": round(shares.get(change, _NEW_USUAL), 3),
            "history_scores": self.total,
            "history_days": self.days,
            "history_days_needed": LEARNING_DAYS,
            "test": f"CUSUM of log-likelihood ratios, {watch.level:.1f}",
            "threshold": ALARM,
        }
        return facts | ({"bad_below": line} if change == "scores" else {})


def _bin(score: float) -> int:
    return min(BINS - 1, max(0, int(score * BINS)))


def _upper(share: float, count: int) -> float:
    """The upper end of a share's 95 % interval (Wilson), at least 2 %."""
    z = 1.96
    middle = share + z * z / (2 * count)
    half = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return min(0.6, max(0.02, (middle + half) / (1 + z * z / count)))
