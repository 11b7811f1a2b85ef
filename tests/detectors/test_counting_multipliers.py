"""Thresholds of the detectors that count over a day, times what was learned of a tenant's callers."""

from __future__ import annotations

import pytest
from campaign_builders import DAY, a_call, answered, asked, of
from detection_builders import T, World
from event_cases import Case, cases, happens, steps
from hypothesis import given
from hypothesis import strategies as st

from tidegate.callers.past_days import PastDays
from tidegate.detectors.about import Known
from tidegate.detectors.campaigns import beyond
from tidegate.errors import ConfigurationError
from tidegate.settings import Settings
from tidegate_local.counting_learning import DETECTORS, NEAREST

COUNTED = [case for case in cases() if case.fires and case.detector in DETECTORS]
SWEEP = [
    a_call(number, asked("the", max_tokens=1, logprobs=True, logit_bias={str(number): 9}), answered("a"))
    for number in range(30)
]


@given(
    counts=st.lists(st.integers(0, 500), min_size=1, max_size=12),
    begun=st.integers(1, 200),
    new=st.integers(1, 200),
    known_days=st.integers(0, 20),
    multiplier=st.floats(NEAREST, 20),
)
def test_a_multiplier_above_one_adds_no_finding_and_one_below_loses_none(counts, begun, new, known_days, multiplier):
    days = PastDays()
    for day, count in enumerate(counts):
        days.add(T + day * DAY, count)
    time = T + (len(counts) - 1) * DAY
    since = int(time) // DAY - known_days

    shipped = beyond("one", days, time, Known(since=since), begun=begun, new=new)
    learned = beyond("one", days, time, Known(since=since, multipliers={"one": multiplier}), begun=begun, new=new)

    if multiplier >= 1:
        assert learned is None or (shipped is not None and learned.needed >= shipped.needed)
    if multiplier <= 1:
        assert shipped is None or (learned is not None and learned.needed <= shipped.needed)


@pytest.mark.parametrize("case", COUNTED, ids=lambda case: case.id)
def test_each_of_them_lets_pass_what_was_learned_of_it_and_not_of_another(case: Case):
    own = case.world.but(settings=Settings(counting_multipliers={case.detector: 1000}))
    others = case.world.but(settings=Settings(counting_multipliers=dict.fromkeys(set(DETECTORS) - {case.detector}, 9)))
    for step in steps(case.told):
        happens(step, own)
        happens(step, others)

    assert of(own, case.detector) == []
    assert of(others, case.detector)


def test_what_was_learned_of_a_rule_counts_before_what_was_of_its_detector_and_for_no_other_rule():
    days = PastDays()
    days.add(T, 15)
    learned = {"one": 2.0, "one/a": 1.0, "other/a": 5.0}
    known = Known(since=int(T) // DAY, multipliers=learned)

    assert beyond("one/a", days, T, known, begun=10, new=10)
    assert beyond("one/b", days, T, known, begun=10, new=10) is None
    assert beyond("two/a", days, T, known, begun=10, new=10)


def test_a_finding_says_the_threshold_what_ships_and_where_it_is_from():
    shipped, learned = World(), World(settings=Settings(counting_multipliers={"logit_probe": 1.5}))
    for world in (shipped, learned):
        world.see(*SWEEP)

    evidence = of(learned, "logit_probe")[0].evidence
    assert (evidence["threshold"], evidence["threshold_shipped"]) == (30, 20)
    assert evidence["threshold_from"].endswith("times 1.5, learned from all callers' days")
    assert of(shipped, "logit_probe")[0].evidence["threshold"] == 20
    assert "threshold_shipped" not in of(shipped, "logit_probe")[0].evidence


def test_a_stack_is_told_them_as_calibrate_prints_them():
    said = {"TIDEGATE_COUNTING_MULTIPLIERS": "logit_probe=1.5, denial_of_wallet=2"}

    assert Settings.from_environment(said).counting_multipliers == {"logit_probe": 1.5, "denial_of_wallet": 2}


@pytest.mark.parametrize("wrong", ["logit_probe=0.4", "logit_probe", "logit_probe=much"])
def test_a_multiplier_that_is_none_is_refused_by_name(wrong: str):
    with pytest.raises(ConfigurationError, match="TIDEGATE_COUNTING_MULTIPLIERS"):
        Settings.from_environment({"TIDEGATE_COUNTING_MULTIPLIERS": wrong})
