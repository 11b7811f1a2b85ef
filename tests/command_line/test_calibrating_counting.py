"""What `calibrate` learns of detectors that count over a day: from whom, how much, and from whom not."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from campaign_builders import a_call, answered, asked
from command_line_builders import START, Tidegate, lines_of
from hypothesis import given
from hypothesis import strategies as st

from tidegate.settings import Settings
from tidegate_local import counting_learning, native_records
from tidegate_local.calibration import Calibration
from tidegate_local.counting_learning import FARTHEST, LOWERED, CallerDay, fit
from tidegate_local.story import ASSISTANT, SMALL

DAY = 86_400
PROBE = "logit_probe/sweep"
SCRAPING = "knowledge_base_scraping"
RATE = 0.0001


def days_of(*times: float, callers: int = 100, days: int = 10) -> list[CallerDay]:
    """A thousand quiet caller-days but for these: one caller each, how many times its threshold it went."""
    quiet = [CallerDay(day, f"1/user:u-{caller}", {}) for day in range(days) for caller in range(callers)]
    loud = [CallerDay(place % days, f"1/user:loud-{place}", {PROBE: over}) for place, over in enumerate(times)]
    return [*quiet, *loud]


def test_what_several_callers_do_passes_afterwards() -> None:
    fitted = fit(days_of(1.2, 1.5, 2.0, 2.0, 2.0), PROBE, RATE)

    assert fitted.multiplier == pytest.approx(2.1)
    assert fitted.suspects == []


def test_what_the_rate_allows_stays_accused() -> None:
    fitted = fit(days_of(1.2, 1.3, 1.4, 3.0, 3.0, 3.0), PROBE, 0.003)

    assert fitted.multiplier == pytest.approx(1.05 * 1.4)


@pytest.mark.parametrize("times", [(), (3.0,), (3.0, 3.0)])
def test_what_one_or_two_callers_do_is_theirs_and_they_are_named(times: tuple[float, ...]) -> None:
    fitted = fit(days_of(*times), PROBE, RATE)

    assert fitted.multiplier == 1
    assert [day.times[PROBE] for day in fitted.suspects] == list(times)


def test_a_caller_on_many_days_is_still_one_caller() -> None:
    often = [CallerDay(day, "1/user:job", {PROBE: 2.5}) for day in range(10)]

    assert fit([*days_of(), *often], PROBE, RATE).multiplier == 1


def test_too_few_days_teach_nothing() -> None:
    assert fit(days_of(2, 2, 2, 2, callers=10, days=2), PROBE, RATE).multiplier == 1
    assert fit(days_of(2, 2, 2, 2, callers=10, days=3), PROBE, RATE).multiplier == 1


def test_one_attack_in_a_hundred_caller_days_is_not_learned_from() -> None:
    habit = (1.3, 1.4, 1.5, 1.5, 1.5)
    attacks = (40.0, 25.0, 12.0, 9.0, 7.0, 6.0, 5.0, 4.5, 4.0, 4.0)

    clean, contaminated = fit(days_of(*habit), PROBE, RATE), fit(days_of(*habit, *attacks), PROBE, RATE)

    assert contaminated.multiplier == clean.multiplier
    assert sorted(day.times[PROBE] for day in contaminated.suspects) == sorted(attacks)


def test_whom_behaviour_suspects_teaches_nothing() -> None:
    days = days_of(2.0, 2.0, 2.0)

    fitted = fit(days, PROBE, RATE, suspected={"1/user:loud-0"})

    assert fitted.multiplier == 1
    assert {day.caller for day in fitted.suspects} == {"1/user:loud-0", "1/user:loud-1", "1/user:loud-2"}


@given(st.lists(st.floats(1, 1e6), max_size=60), st.floats(0.00001, 0.2))
def test_it_is_never_below_what_ships_nor_without_bound_and_who_stays_accused_is_within_the_rate_or_named(
    times: list[float], rate: float
) -> None:
    days = days_of(*times)

    fitted = fit(days, PROBE, rate)

    assert 1 <= fitted.multiplier <= FARTHEST
    accused = [day for day in days if day.over(PROBE) >= fitted.multiplier and day not in fitted.suspects]
    assert len(accused) <= rate * len(days)


@given(st.lists(st.floats(1, 1e6), max_size=10), st.lists(st.floats(1, 3.9), max_size=20))
def test_an_attack_in_a_hundred_caller_days_raises_it_to_what_ships_calls_high_at_most(
    attacks: list[float], habit: list[float]
) -> None:
    assert fit(days_of(*attacks, *habit), PROBE, RATE).multiplier <= 4.2


def _sweeps(people: int, calls: int, *, day: int) -> list:
    return [
        a_call(
            day * DAY + 100 * person + number,
            asked("the", max_tokens=1, logprobs=True, logit_bias={str(number): 9}),
            answered("a"),
            user=f"u-{10 * day + person}",
        )
        for person in range(people)
        for number in range(calls)
    ]


def test_the_detectors_themselves_say_how_far_a_day_went_after_they_raised_it() -> None:
    (day,) = counting_learning.caller_days(_sweeps(1, 60, day=0))

    assert list(day.times) == [PROBE]
    assert day.times[PROBE] == pytest.approx((1 + 60 * 3 - 3) / 20, abs=0.2)


def test_what_was_learned_on_the_first_half_is_measured_on_the_second() -> None:
    records = [one for day in range(10) for one in _sweeps(10, 10, day=day)]

    learned = counting_learning.learn(records, 0.001)

    assert learned.caller_days == 100
    assert learned.multipliers[PROBE] > 1
    assert {times for name, times in learned.multipliers.items() if name != PROBE} == {1}
    assert set(learned.multipliers) == set(counting_learning.RULES)
    assert (learned.measured_caller_days, learned.measured_false_positive_rate) == (50, 0)


def test_a_file_from_before_means_what_ships() -> None:
    before = {
        "calls_per_hour": 1, "tokens_per_hour": 1, "calls_per_day": 1, "tokens_per_day": 1, "own_baseline_times": 1,
        "asked_false_positive_rate": 0.1, "promised_false_positive_rate": 0.1, "measured_false_positive_rate": None,
        "measured_interval": None, "learned_days": ("", ""), "learned_caller_days": 1, "measured_days": None,
        "measured_caller_days": 0, "with_baseline": 0, "warm_up": "",
    }  # fmt: skip

    assert Calibration.model_validate(before).applied_to(Settings()).counting_multipliers == {}


def test_replay_accuses_the_habit_without_a_calibration_and_only_the_attack_with_it(
    tidegate: Tidegate, tmp_path: Path
) -> None:
    _tenant(tmp_path / "past", days=range(8))
    _tenant(tmp_path / "today", days=range(8, 9), attack=True)
    calibrated = tidegate("calibrate", tmp_path / "past", "--out", tmp_path / "c.json", "--false-positive-rate", 0.05)
    with_it = ("--calibration", tmp_path / "c.json")

    assert _accused(tidegate, tmp_path) == {"user:u-18", "user:u-19"}
    assert _accused(tidegate, tmp_path, *with_it) == {"user:u-19"}
    multiplier = json.loads((tmp_path / "c.json").read_text())["counting"]["multipliers"]["denial_of_wallet/flagrant"]
    assert f"denial_of_wallet/flagrant={multiplier:g}" in calibrated.out.replace("\n", " ")
    found = lines_of(tmp_path / "f.jsonl")
    evidence = next(one["evidence"] for one in found if one["detector"] == "denial_of_wallet")
    assert f"times {multiplier:g}, learned" in evidence["threshold_from"]


def _accused(tidegate: Tidegate, folder: Path, *options: object) -> set[str]:
    assert tidegate("replay", folder / "today", "--findings", folder / "f.jsonl", *options).code == 0
    return {one["caller"] for one in lines_of(folder / "f.jsonl") if one["detector"] == "denial_of_wallet"}


def _tenant(folder: Path, *, days: range, attack: bool = False) -> None:
    """Twenty people; each day two others of them have a long report written in twenty pieces."""
    folder.mkdir()
    for day in days:
        pieces = {(2 * day + 2) % 20: 20, (2 * day + 3) % 20: 100 if attack else 20}
        records = [
            native_records.converse(
                START + timedelta(days=day, hours=9, minutes=person, seconds=number),
                ASSISTANT[0],
                SMALL,
                f"part {number} of the yearly report {person}",
                "answer",
                tokens=(200, 8000 if person in pieces else 50),
                metadata={"user": f"u-{person}"},
            )
            for person in range(20)
            for number in range(pieces.get(person, 3))
        ]
        key, body = native_records.log_file(START + timedelta(days=day), records)
        (folder / key.rpartition("/")[2]).write_bytes(body)


@pytest.mark.parametrize(
    ("times", "multiplier"), [((), 0.5), ((0.3, 0.3), 0.5), ((0.4,), 0.6), ((0.6, 0.4), 0.9), ((0.7,), 1), ((1.2,), 1)]
)
def test_where_hardly_any_caller_does_it_less_is_enough_and_half_as_much_again_as_was_reached_passes(
    times: tuple[float, ...], multiplier: float
) -> None:
    assert fit(days_of(*times), PROBE, RATE, lowest=0.5).multiplier == pytest.approx(multiplier)


def test_a_threshold_is_lowered_past_what_the_rate_allows_and_past_likely_attacks() -> None:
    fitted = fit(days_of(0.7, 40.0, 6.0), PROBE, 0.001, lowest=0.5)

    assert fitted.multiplier == 0.5
    assert sorted(day.times[PROBE] for day in fitted.suspects) == [6.0, 40.0]


def test_few_days_lower_nothing_and_what_several_do_still_raises() -> None:
    assert fit(days_of(callers=29), PROBE, RATE, lowest=0.5).multiplier == 1
    assert fit(days_of(callers=30), PROBE, RATE, lowest=0.5).multiplier == 0.5
    assert fit(days_of(2.0, 2.0, 2.0), PROBE, RATE, lowest=0.5).multiplier > 1


@given(st.lists(st.floats(0, 1e6), max_size=60), st.floats(0.00001, 0.2))
def test_a_lowered_threshold_accuses_no_more_than_the_rate_or_names_whom(times: list[float], rate: float) -> None:
    days = days_of(*times)

    fitted = fit(days, PROBE, rate, lowest=0.5)

    assert 0.5 <= fitted.multiplier <= FARTHEST
    accused = [day for day in days if day.over(PROBE) >= fitted.multiplier and day not in fitted.suspects]
    assert len(accused) <= rate * len(days)


def test_what_is_told_of_a_quiet_day_is_a_part_of_what_ships() -> None:
    (day,) = counting_learning.caller_days(_sweeps(1, 4, day=0))

    assert day.times[PROBE] == pytest.approx((1 + 4 * 3 - 3) / 20, abs=0.2)
    assert counting_learning.caller_days(_sweeps(1, 1, day=0))[0].times == {}


def test_a_tenant_in_which_nobody_sweeps_is_told_of_a_smaller_sweep() -> None:
    quiet = [
        a_call(day * DAY + n, asked("hello"), answered("hi"), user=f"u-{n}") for day in range(10) for n in range(40)
    ]
    counting = counting_learning.learn(quiet, 0.001)

    assert counting.multipliers == dict.fromkeys(counting_learning.RULES, 1) | dict.fromkeys(LOWERED, 0.5)
    assert {name for name in counting.shortest() if "/" not in name} == set(counting_learning.DETECTORS) - {SCRAPING}
    assert {name for name in counting.shortest() if "/" in name} == {one for one in LOWERED if one.startswith(SCRAPING)}
    assert Settings(counting_multipliers=counting.multipliers).counting_multipliers == counting.multipliers


def test_a_habit_raises_the_rule_it_is_about_and_another_rule_of_the_detector_is_lowered() -> None:
    """Before, what many embedded or asked in one way kept a sweep in another from being noticed."""
    quiet = [
        a_call(day * DAY + n, asked("hello"), answered("hi"), user=f"q-{n}") for day in range(10) for n in range(40)
    ]
    records = sorted(
        [*quiet, *[one for day in range(10) for one in _sweeps(10, 10, day=day)]], key=lambda one: one.time
    )

    counting = counting_learning.learn(records, 0.001)

    assert counting.multipliers[PROBE] > 1
    assert counting.multipliers["embedding_extraction/short"] == 0.5
    assert counting.shortest()[PROBE] == counting.multipliers[PROBE]
