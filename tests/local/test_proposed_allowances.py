"""Allowances proposed out of a history: for a person to judge, and as rules that can be read."""

from __future__ import annotations

import tomllib

import pytest

from tidegate.detectors.about import matches
from tidegate.model import Principal
from tidegate_local.allowances import AccusedDay, proposed

ROLE = "111122223333/session:EvaluationRole"


def accused(caller: str, *days: int, detector: str = "distillation") -> list[AccusedDay]:
    return [AccusedDay(caller, day, 120, detector) for day in days]


def test_a_caller_that_would_be_accused_on_two_days_is_proposed() -> None:
    (found,) = proposed(accused("111122223333/iam-user:grader", 20_700, 20_703), until=20_705)

    assert found.caller == "111122223333/iam-user:grader"
    assert found.why == "accused on 2 of its days by distillation; some 120 records a day"
    (rule,) = tomllib.loads(found.toml)["allow"]
    assert (rule["detector"], rule["principal"], rule["account"]) == (
        "distillation",
        "iam-user:grader",
        "111122223333",
    )
    assert f"{rule['expires']:%Y-%m-%d}" == "2026-12-08", "ninety days after the history"


def test_one_day_alone_is_nothing_to_allow() -> None:
    assert proposed(accused("111122223333/iam-user:grader", 20_700), until=20_705) == []


def test_sessions_that_change_their_name_are_proposed_by_their_role() -> None:
    days = [*accused(f"{ROLE}/run-1", 20_700), *accused(f"{ROLE}/run-2", 20_701), *accused(f"{ROLE}/run-3", 20_702)]

    (found,) = proposed(days, until=20_705)

    assert found.caller == f"{ROLE}/*"
    assert "3 of its days in 3 sessions" in found.why
    assert tomllib.loads(found.toml)["allow"][0]["principal"] == "session:EvaluationRole/*"


def test_one_session_is_proposed_by_its_own_name() -> None:
    (found,) = proposed(accused(f"{ROLE}/nightly", 20_700, 20_701), until=20_705)

    assert found.caller == f"{ROLE}/nightly"


def test_each_detector_has_a_rule_of_its_own() -> None:
    days = [*accused(f"{ROLE}/nightly", 20_700), *accused(f"{ROLE}/nightly", 20_701, detector="prompt_attack")]

    (found,) = proposed(days, until=20_705)

    assert [rule["detector"] for rule in tomllib.loads(found.toml)["allow"]] == ["distillation", "prompt_attack"]


@pytest.mark.parametrize("name", ['say "hello"', "back\\slash", "line\nbreak", "smile \U0001f600", "del \x7f"])
def test_a_hostile_name_stays_a_name(name: str) -> None:
    (found,) = proposed(accused(f"111122223333/user:{name}", 20_700, 20_701), until=20_705)

    assert tomllib.loads(found.toml)["allow"][0]["principal"] == f"user:{name}"


@pytest.mark.parametrize("name", ["*", "a?", "[abc]", "session:EvaluationRole/*"])
def test_a_name_with_a_star_allows_nobody_else(name: str) -> None:
    (found,) = proposed(accused(f"111122223333/user:{name}", 20_700, 20_701), until=20_705)

    pattern = tomllib.loads(found.toml)["allow"][0]["principal"]
    assert matches(pattern, Principal(), f"user:{name}")
    assert not any(matches(pattern, Principal(), f"user:{other}") for other in ("ab", "a", "session:EvaluationRole/x"))
