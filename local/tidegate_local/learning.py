"""Everything that `calibrate` learns from a history, under one false-positive budget."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from tidegate.callers.state import unpacked
from tidegate.detection import Detection
from tidegate.model import Record
from tidegate.rules import Rules
from tidegate.settings import Settings
from tidegate_local import behaviour_learning, counting_learning
from tidegate_local.calibration import Calibration, calibrate, caller_days
from tidegate_local.clock import RunClock
from tidegate_local.memory import MemoryCallerStates, MemoryConfigurationSnapshots
from tidegate_local.replay import Collected, Discarded, NothingDone, batches
from tidegate_local.warm_states import packed

QUOTA_SHARE, BEHAVIOUR_SHARE, COUNTING_SHARE = 0.15, 0.8, 0.05  # of the rate asked for


def learn(records: Iterable[Record], rate: float, settings: Settings | None = None) -> Calibration:
    """Everything that is learned from a history: budgets, behaviour, counting, and what is remembered of its callers.

    The rate is shared: QUOTA_SHARE of it for the budgets, BEHAVIOUR_SHARE for behaviour, COUNTING_SHARE for the
    detectors that count over a day. `records` in event-time order; they are iterated several times.
    """
    budgets = calibrate(caller_days(records), rate * QUOTA_SHARE)
    behaviour = behaviour_learning.learn(records, rate * BEHAVIOUR_SHARE)
    said = (
        behaviour.warm_up
        if behaviour
        else (
            "Behaviour: too few days or texts to learn from (three days, fifty caller-days with text); only "
            "phrases and running sums judge it, with conservative thresholds."
        )
    )
    suspected = {one.caller for one in behaviour.suspects} if behaviour else ()
    counting = counting_learning.learn(records, rate * COUNTING_SHARE, suspected)
    found = budgets.model_copy(
        update={
            "asked_false_positive_rate": rate,
            "behaviour": behaviour,
            "counting": counting,
            "warm_up": f"{budgets.warm_up} {said} {counting.warm_up}".rstrip(),
            "history_ended": max(record.time for record in records),
        }
    )
    states = _lived_through(records, found, settings or Settings())
    return found.model_copy(update={"callers": packed(states)})


def _lived_through(records: Iterable[Record], learned: Calibration, settings: Settings) -> MemoryCallerStates:
    """What the pipeline remembers at the end of the history; what it found on the way is nobody's business.

    Elsewhere a day on which a caller is accused isn't learned from. Here it is: at the beginning of a history everybody
    is new and looks odd, and who was accused of that would stay unknown for ever.
    """
    states = MemoryCallerStates()
    detection = Detection(
        states, NothingDone(), MemoryConfigurationSnapshots(), Collected(), Discarded(), Discarded(), Rules(),
        learned.applied_to(settings), RunClock(datetime.fromtimestamp(0.0, UTC)), calibration=learned.calibrated(),
        on_suppressed=lambda _found: None, as_stored=unpacked,
    )  # fmt: skip
    for batch in batches(records):
        detection.take(batch)
    return states
