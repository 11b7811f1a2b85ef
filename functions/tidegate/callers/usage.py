"""How much a caller uses models: calls and tokens over sliding event-time windows, and what is usual for it.

Windows are made of sub-buckets: an hour of twelve times five minutes, a day of twenty-four hours, the newest one
still filling. A window therefore covers 55 to 60 minutes (23 to 24 hours) and never counts too much.

A record may be `LATENESS_HOURS` late against the newest one of its caller; a later one is counted in `too_late` only.
Folding is commutative within that lateness. At most 1.1 KB encoded, 0.4 KB more where dollars are budgeted.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

import msgspec

from tidegate.callers.series import Series

STEP = 300  # seconds of a sub-bucket of the hour
HOUR, DAY = 3600, 86_400
STEPS_AN_HOUR = HOUR // STEP
LATENESS_HOURS = 4
A_DOLLAR = 10_000  # dollars are counted in hundredths of a cent: a small call of a small model costs some of them
BASELINE_DAYS = 14
_KEEP_STEPS = (LATENESS_HOURS + 2) * STEPS_AN_HOUR
_KEEP_HOURS = LATENESS_HOURS + 25
_KEEP_DAYS = BASELINE_DAYS + 4


class Window(IntEnum):
    HOUR = 0
    DAY = 1


class Day(msgspec.Struct, frozen=True, gc=False):
    """One day of history (UTC)."""

    calls: int
    tokens: int
    peak_calls: int  # of its busiest hour
    peak_tokens: int


def _series() -> Series:
    return Series(0, [])


class Usage(msgspec.Struct, array_like=True):
    latest: int = 0  # the newest five-minute step seen
    step_calls: Series = msgspec.field(default_factory=_series)
    step_tokens: Series = msgspec.field(default_factory=_series)
    hour_calls: Series = msgspec.field(default_factory=_series)
    hour_tokens: Series = msgspec.field(default_factory=_series)
    day_calls: Series = msgspec.field(default_factory=_series)
    day_tokens: Series = msgspec.field(default_factory=_series)
    peak_calls: Series = msgspec.field(default_factory=_series)
    peak_tokens: Series = msgspec.field(default_factory=_series)
    raised: list[int] = msgspec.field(default_factory=list)  # windows reported; see `mark`
    too_late: int = 0
    step_spent: Series = msgspec.field(default_factory=_series)  # hundredths of a cent, where dollars are budgeted
    hour_spent: Series = msgspec.field(default_factory=_series)

    def spend(self, records: Iterable[tuple[float, float]]) -> None:
        """Folds (time, dollars). After `add` of the same records: what that found too late is left out here too."""
        oldest = (self.latest // STEPS_AN_HOUR - LATENESS_HOURS) * STEPS_AN_HOUR
        for time, dollars in records:
            if (step := int(time) // STEP) >= oldest and (amount := round(dollars * A_DOLLAR)):
                self.step_spent.add(step, amount, keep=_KEEP_STEPS)
                self.hour_spent.add(step // STEPS_AN_HOUR, amount, keep=_KEEP_HOURS)

    def spent(self, window: Window, end: int) -> float:
        """Dollars of the window that ends with this step (hour)."""
        series, steps = (self.step_spent, STEPS_AN_HOUR) if window is Window.HOUR else (self.hour_spent, 24)
        return series.sum(end, steps) / A_DOLLAR

    def add(self, records: Iterable[tuple[float, int]]) -> list[int]:
        """Folds (time, tokens), a call each; returns the five-minute steps touched, in order.

        No more than an hour of records at once, oldest first: what slides out can't be judged any more.
        """
        steps: dict[int, list[int]] = {}
        for time, tokens in records:
            counted = steps.setdefault(int(time) // STEP, [0, 0])
            counted[0] += 1
            counted[1] += tokens
        oldest = (self.latest // STEPS_AN_HOUR - LATENESS_HOURS) * STEPS_AN_HOUR
        touched = []
        for step in sorted(steps):
            calls, tokens = steps[step]
            if step < oldest:
                self.too_late += calls
                continue
            self._count(step, calls, tokens)
            touched.append(step)
        return touched

    def _count(self, step: int, calls: int, tokens: int) -> None:
        hour, day = step // STEPS_AN_HOUR, step * STEP // DAY
        self.latest = max(self.latest, step)
        self.step_calls.add(step, calls, keep=_KEEP_STEPS)
        self.step_tokens.add(step, tokens, keep=_KEEP_STEPS)
        self.hour_calls.add(hour, calls, keep=_KEEP_HOURS)
        self.hour_tokens.add(hour, tokens, keep=_KEEP_HOURS)
        self.day_calls.add(day, calls, keep=_KEEP_DAYS)
        self.day_tokens.add(day, tokens, keep=_KEEP_DAYS)
        self.peak_calls.raise_to(day, self.hour_calls.at(hour), keep=_KEEP_DAYS)
        self.peak_tokens.raise_to(day, self.hour_tokens.at(hour), keep=_KEEP_DAYS)

    def ends(self, window: Window, touched: Iterable[int]) -> list[int]:
        """The steps (hours) with calls in them at which a window ends that these steps are part of."""
        if window is Window.HOUR:
            reached = {end for step in touched for end in range(step, step + STEPS_AN_HOUR)}
            return [end for end in sorted(reached) if self.step_calls.at(end)]
        hours = {end for step in touched for end in range(step // STEPS_AN_HOUR, step // STEPS_AN_HOUR + 24)}
        return [end for end in sorted(hours) if self.hour_calls.at(end)]

    def used(self, window: Window, end: int) -> tuple[int, int]:
        """(calls, tokens) of the window that ends with this step (hour)."""
        if window is Window.HOUR:
            return self.step_calls.sum(end, STEPS_AN_HOUR), self.step_tokens.sum(end, STEPS_AN_HOUR)
        return self.hour_calls.sum(end, 24), self.hour_tokens.sum(end, 24)

    def alone(self, window: Window, end: int, measure: str) -> tuple[float, float]:
        """Calls, tokens or dollars of the clock hour (UTC day) before the one in which a window ends, and of that one.

        Dollars of a day before are those of its last hours, as far as they are kept.
        """
        hour = end // STEPS_AN_HOUR if window is Window.HOUR else end
        if measure == "dollars":
            first, hours = (hour, 1) if window is Window.HOUR else (hour // 24 * 24, 24)
            before, present = self.hour_spent.sum(first - 1, hours), self.hour_spent.sum(first + hours - 1, hours)
            return before / A_DOLLAR, present / A_DOLLAR
        series = getattr(self, f"{'hour' if window is Window.HOUR else 'day'}_{measure}")
        place = hour if window is Window.HOUR else hour // 24
        return series.at(place - 1), series.at(place)

    def history(self, last_hour: int) -> list[Day]:
        """The active days of the fortnight that was over a day before the window that ends with `last_hour`.

        So no record of that window is in it: a spike is never part of what it is compared with.
        """
        until = (last_hour - 24) * HOUR // DAY  # this day isn't over then
        return [
            Day(calls, self.day_tokens.at(day), self.peak_calls.at(day), self.peak_tokens.at(day))
            for day in range(until - BASELINE_DAYS, until)
            if (calls := self.day_calls.at(day))
        ]

    def raise_once(self, window: Window, hour: int, tier: int) -> bool:
        """Whether this window's tier is reported for the first time. `hour`: the first of the cell, see `cell`."""
        mark = hour << 3 | window << 2 | tier
        if mark in self.raised:
            return False
        self.raised = sorted([*self.raised, mark])
        return True

    def forget(self) -> None:
        """Drops the marks of windows that no accepted record can touch any more."""
        hour = self.latest // STEPS_AN_HOUR - LATENESS_HOURS
        kept = {Window.HOUR: hour, Window.DAY: hour - 23}
        self.raised = [mark for mark in self.raised if mark >> 3 >= kept[Window(mark >> 2 & 1)]]


def cell(window: Window, end: int) -> int:
    """The hour that names a window in findings: its last clock hour, or the first hour of its last day (UTC).

    Windows slide; findings about them are one an hour, or one a day, and the same in every order of arrival.
    """
    return end // STEPS_AN_HOUR if window is Window.HOUR else end // 24 * 24


def span(window: Window, end: int) -> tuple[int, int]:
    """Epoch seconds at which the window begins and ends."""
    until = (end + 1) * (STEP if window is Window.HOUR else HOUR)
    return until - (HOUR if window is Window.HOUR else DAY), until
