from __future__ import annotations

import json
import random
from datetime import timedelta
from pathlib import Path

import pytest
from command_line_builders import START, Tidegate, lines_of

from tidegate.errors import ConfigurationError
from tidegate.model import Invocation, Principal
from tidegate.settings import Settings
from tidegate_local import native_records
from tidegate_local.calibration import CallerDay, calibrate, caller_days, wilson
from tidegate_local.story import ASSISTANT, SMALL

HOUR, DAY = 3600.0, 86400.0


def a_call(time: float, caller: str = "user:u-1", tokens: int = 100, error: str = "") -> Invocation:
    return Invocation(
        id=f"{caller}-{time}",
        time=time,
        account="111122223333",
        region="us-east-1",
        operation="Converse",
        model=SMALL,
        caller=caller,
        principal=Principal(),
        input_tokens=tokens,
        error=error,
    )


def days_of(count: int, callers: int, *, seed: int = 1) -> list[CallerDay]:
    dice = random.Random(seed)
    return [
        CallerDay(
            day, f"a/user:{caller}", (calls := dice.lognormvariate(3, 1), calls * 500, calls * 4, calls * 2000, -1.0)
        )
        for day in range(count)
        for caller in range(callers)
    ]


def test_a_caller_day_is_its_busiest_hour_and_its_day() -> None:
    calls = [a_call(start + 60 * minute) for start in (9 * HOUR, 15 * HOUR) for minute in range(30)]

    (day,) = caller_days(calls)

    assert day.values == (30, 3000, 60, 6000, -1.0)


def test_refused_calls_are_no_use() -> None:
    assert caller_days([a_call(HOUR, error="AccessDeniedException")]) == []


def test_a_baseline_counts_once_there_are_days_enough() -> None:
    calls = [a_call(day * DAY + 9 * HOUR + minute) for day in range(8) for minute in range(10)]

    assert [day.values[4] >= 0 for day in caller_days(calls)] == [False] * 6 + [True] * 2


@pytest.mark.parametrize("rate", [0.05, 0.01])
def test_the_rate_that_was_asked_is_kept_on_days_that_were_not_learned_from(rate: float) -> None:
    learned = calibrate(days_of(30, 200), rate)

    assert learned.measured_interval is not None
    assert learned.measured_interval[0] <= rate
    assert learned.measured_false_positive_rate is not None
    assert learned.measured_false_positive_rate <= 2 * rate


def test_what_so_few_days_cannot_promise_is_said() -> None:
    learned = calibrate(days_of(5, 10), 0.0001)

    assert learned.promised_false_positive_rate == pytest.approx(1 / 51)
    assert "can't promise" in learned.warm_up
    assert learned.own_baseline_times == 0


def test_the_rate_that_is_told_was_measured_on_other_days_than_it_was_learned_on() -> None:
    quiet, loud = days_of(10, 50), [CallerDay(9, f"a/user:x-{n}", (1e6, 1e9, 1e6, 1e9, -1.0)) for n in range(3)]
    before, after = calibrate(quiet, 0.01), calibrate([*quiet, *loud], 0.01)

    assert before.measured_false_positive_rate is not None
    assert after.measured_false_positive_rate is not None
    accused = round(before.measured_false_positive_rate * before.measured_caller_days)
    assert round(after.measured_false_positive_rate * after.measured_caller_days) == accused + 3


def test_the_latest_days_are_learned_from_as_well() -> None:
    small = days_of(6, 50)
    grown = [CallerDay(day.day + 6, day.caller, (*(2 * v for v in day.values[:4]), -1.0)) for day in small]

    assert calibrate([*small, *grown], 0.01).calls_per_day > 1.5 * calibrate(small, 0.01).calls_per_day


def test_two_days_are_too_few() -> None:
    with pytest.raises(ConfigurationError, match="at least 3"):
        calibrate(days_of(2, 10), 0.01)


def test_it_is_applied_to_the_detector() -> None:
    learned = calibrate(days_of(10, 50), 0.01)

    settings = learned.applied_to(Settings())

    assert (settings.calls_per_hour, settings.tokens_per_day) == (learned.calls_per_hour, learned.tokens_per_day)


def test_an_interval_holds_its_share() -> None:
    low, high = wilson(3, 1000)
    assert 0 < low < 0.003 < high < 0.01


def test_replay_with_a_calibration_finds_what_the_shipped_budget_leaves(tidegate: Tidegate, tmp_path: Path) -> None:
    _tenant(tmp_path / "past", days=range(4))
    _tenant(tmp_path / "today", days=range(4, 5), greedy=True)

    assert (
        tidegate("calibrate", tmp_path / "past", "--out", tmp_path / "c.json", "--false-positive-rate", 0.05).code == 0
    )
    tidegate("replay", tmp_path / "today", "--findings", tmp_path / "shipped.jsonl")
    shipped = lines_of(tmp_path / "shipped.jsonl")
    ran = tidegate(
        "replay", tmp_path / "today", "--calibration", tmp_path / "c.json", "--findings", tmp_path / "f.jsonl"
    )

    assert shipped == []
    assert ran.code == 0
    found = lines_of(tmp_path / "f.jsonl")
    assert {one["caller"] for one in found} == {"user:u-0"}
    assert "quota_abuse" in {one["detector"] for one in found}


def _tenant(folder: Path, *, days: range, greedy: bool = False) -> None:
    """Twenty people with ten calls a day; on a greedy day the first makes two hundred."""

    folder.mkdir()
    for day in days:
        records = [
            native_records.converse(
                START + timedelta(days=day, hours=9, minutes=20 * number / (20 if greedy and person == 0 else 1)),
                ASSISTANT[0],
                SMALL,
                f"question {number}",
                "answer",
                tokens=(100, 50),
                metadata={"user": f"u-{person}"},
            )
            for person in range(20)
            for number in range(200 if greedy and person == 0 else 10)
        ]
        key, body = native_records.log_file(START + timedelta(days=day), records)
        (folder / key.rpartition("/")[2]).write_bytes(body)


def test_the_calibration_is_told_as_json(tidegate: Tidegate, tmp_path: Path) -> None:
    _tenant(tmp_path / "past", days=range(4))
    ran = tidegate("calibrate", tmp_path / "past", "--out", tmp_path / "c.json", "--end-user-key", "nobody", "--json")
    told = json.loads(ran.out)
    assert told["damaged"] == 0
    # No such key: who used the application can't be told apart, and its role is one caller.
    assert told["calls_per_day"] >= 200
