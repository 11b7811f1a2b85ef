"""What would accuse a caller again and again, in a history that is taken for benign: a red team's days, a job's.

Of each statistic that went beyond its threshold on some day of the history, the two furthest days are kept. One odd day
excuses nothing, as it may have been an attack; from the second on, a day has to be odder than the less odd of the two.
Only `calibrate` teaches habits: days that are judged as they come never do, so who attacks for a week is told each day.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tidegate.callers.behaviour.past_day import FINE as STEPS
from tidegate.scoring.calibration import Calibrated

type Habit = dict[int, tuple[int, ...]]  # place in STATISTICS -> its furthest days, at most DAYS of them, in steps

DAYS = 2
_SLACK = 0.5  # slopes of a statistic's tail by which a day has to lie beyond the habit


def further(habit: Mapping[int, tuple[int, ...]], most: Mapping[int, int], known: Calibrated) -> Habit:
    """The habit with one more day of the history. `most`: how far each statistic went on it, in steps."""
    return {**habit} | {
        place: tuple(sorted((*habit.get(place, ()), steps), reverse=True)[:DAYS])
        for place, steps in most.items()
        if steps > known.thresholds[place] * STEPS
    }


def with_habit(habit: Mapping[int, tuple[int, ...]], known: Calibrated) -> Sequence[float]:
    """The thresholds of one caller."""
    limits = list(known.thresholds)
    for place, days in habit.items():
        if len(days) == DAYS:
            slack = _SLACK * known.tails[place].slope if known.tails else 0.0
            limits[place] = max(limits[place], days[-1] / STEPS + slack)
    return limits
