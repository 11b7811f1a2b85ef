"""What a history that is taken for benign shows again and again excuses the caller who does it, and nobody else."""

from __future__ import annotations

import math

import msgspec
import pytest
from detection_builders import an_invocation
from hypothesis import given
from hypothesis import strategies as st

from tidegate.callers.behaviour.habit import further, with_habit
from tidegate.callers.behaviour.memory import Behaviour
from tidegate.callers.behaviour.past_day import FINE
from tidegate.detectors.about import Known
from tidegate.scoring.calibration import Calibrated, Tail
from tidegate.scoring.scale import SHIPPED
from tidegate.scoring.statistics import STATISTICS

HEAD = STATISTICS.index("head:probing")
KNOWN = Calibrated(
    SHIPPED, thresholds=(2.0,) * len(STATISTICS), tails=(Tail(0.0, 0.02, 1.0),) * len(STATISTICS), rate=0.01
)


def lived(*days: float):
    habit = {}
    for value in days:
        habit = further(habit, {HEAD: round(value * FINE)}, KNOWN)
    return habit


def test_one_odd_day_excuses_nothing():
    assert with_habit(lived(1.0, 7.0, -3.0), KNOWN)[HEAD] == 2.0


def test_from_the_second_on_a_day_has_to_be_odder_than_the_less_odd_of_the_furthest_two():
    limits = with_habit(lived(3.0, 1.0, 7.0, 4.0), KNOWN)

    assert limits[HEAD] == pytest.approx(4.5)
    assert [limit for place, limit in enumerate(limits) if place != HEAD] == [2.0] * (len(STATISTICS) - 1)


def test_a_threshold_below_zero_is_one_like_another():
    low = msgspec.structs.replace(KNOWN, thresholds=(-2.0,) * len(STATISTICS))
    habit = further(further({}, {HEAD: -FINE}, low), {HEAD: -FINE // 2}, low)

    assert with_habit(habit, low)[HEAD] == pytest.approx(-0.5)


@given(st.lists(st.floats(-10, 10), max_size=12))
def test_a_habit_never_lowers_a_threshold_and_no_order_of_days_changes_it(days: list[float]):
    assert lived(*days) == lived(*sorted(days))
    assert all(limit >= 2.0 for limit in with_habit(lived(*days), KNOWN))


REFUSING = msgspec.Raw(msgspec.json.encode({"output": {"message": {"content": [{"text": "I can't help with that."}]}}}))
REFUSALS = STATISTICS.index("refusals")


def _refused_all_day(memory: Behaviour, day: int, calibration: Calibrated) -> bool:
    """Whether refusals accused the caller."""
    accused = False
    for number in range(2):  # too few to change what is usual
        body = {"messages": [{"role": "user", "content": [{"text": f"open the vault of house number {number}"}]}]}
        call = an_invocation(
            day * 86_400 + 60.0 * number, id=f"{day}-{number}", output_body=REFUSING,
            input_body=msgspec.Raw(msgspec.json.encode(body)),
        )  # fmt: skip
        seen = memory.observe(call, Known(calibration=calibration))
        assert seen is not None
        if REFUSALS in seen.exceeded:
            accused = memory.raise_once("prompt_attack", 0) or accused
    return accused


@pytest.mark.parametrize(("benign_until", "kept"), [(math.inf, 2), (0.0, 0)])
def test_days_of_the_history_make_a_habit_and_days_judged_as_they_come_make_none(benign_until: float, kept: int):
    memory, history = Behaviour(), msgspec.structs.replace(KNOWN, benign_until=benign_until)

    accused = [_refused_all_day(memory, day, history) for day in range(4)]

    assert accused == ([True, True, False, False] if kept else [True] * 4)
    assert len(memory.profile.habit.get(REFUSALS, ())) == kept
