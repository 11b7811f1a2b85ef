"""The fifth hand's tenants that heads are trained on: bench/training/agency.py."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from agency import Tenant
from agency_attackers import SLOW, SPREAD
from agency_callers import MEASURED, ODD, PEOPLE, PROGRAMS
from agency_grammar import table
from agency_plans import FAMILIES, LEAST, MEMBERS, MOST, SHARES, SLOW_DAY, plans
from labelled import QUIET, Labelled
from tenant_days import ROWS, asked_by, texts

from tidegate.sources.contents import Contents

HISTORY, DAYS = 3, 7
TENANTS = 4


def days_of(number: int, callers: int, rows: Mapping[str, Sequence[Mapping[str, Any]]] = ROWS) -> list[Labelled]:
    return list(Tenant(number, rows, "test").days(callers=callers, history=HISTORY, days=DAYS))


@pytest.fixture(scope="module")
def days() -> Sequence[Labelled]:
    return [day for number in range(TENANTS) for day in days_of(number, 60)]


@pytest.fixture(scope="module")
def attacks(days: Sequence[Labelled]) -> Sequence[Labelled]:
    return [day for day in days if not day.benign]


def test_a_seed_makes_the_same_tenant_and_another_number_another() -> None:
    assert days_of(1, 10) == days_of(1, 10)
    assert texts(days_of(1, 10)) != texts(days_of(2, 10))


def test_every_kind_calls_and_every_family_attacks(days: Sequence[Labelled], attacks: Sequence[Labelled]) -> None:
    benign = {day.kind for day in days if day.benign}
    assert {*PEOPLE, *PROGRAMS} <= benign <= {*PEOPLE, *PROGRAMS, *MEASURED, *ODD}
    assert {day.kind for day in attacks} == set(FAMILIES)
    assert {day.share for day in attacks} == set(SHARES)


@pytest.mark.parametrize("half", [0, 1])
def test_tenants_of_a_half_attack_in_every_way_at_every_share(half: int) -> None:
    planned = Counter(plan for number in range(half, 14, 2) for plan in plans(number, 50))
    assert len(planned) == len(FAMILIES) * len(SHARES)
    assert set(planned.values()) == {1}


def test_nobody_attacks_before_the_history_is_over(attacks: Sequence[Labelled]) -> None:
    assert min(day.day for day in attacks) >= HISTORY > QUIET
    short = Tenant(1, ROWS, "test").days(callers=40, history=0, days=4)
    assert min(day.day for day in short if not day.benign) >= QUIET


def test_attack_requests_are_the_planned_share_of_a_day(days: Sequence[Labelled]) -> None:
    for day in days:
        found = len(asked_by(day))
        assert bool(found) != day.benign
        assert 0 < len(day.requests) <= MOST
        if not day.benign:
            assert found / len(day.requests) == pytest.approx(day.share)
            assert found >= (SLOW_DAY[0] if day.kind == SLOW else LEAST)


def test_a_slow_harvest_asks_a_few_requests_on_each_day(attacks: Sequence[Labelled]) -> None:
    by_caller = defaultdict(list)
    for day in attacks:
        if day.kind == SLOW:
            by_caller[day.caller].append(day)
    for some in by_caller.values():
        assert [day.day for day in some] == list(range(HISTORY, DAYS))
        assert all(len(asked_by(day)) <= SLOW_DAY[1] for day in some)


def test_a_group_shares_out_one_stock() -> None:
    labels = ("distill_instr", "distill_pref", "cot_question")
    rows = {label: [{"text": f"{label} {place}.", "label": label} for place in range(2000)] for label in labels}
    asked = defaultdict(list)
    for day in days_of(4, 30, rows):
        if day.kind == SPREAD:
            asked[day.caller] += re.findall(rf"(?:{'|'.join(labels)}) \d+", " ".join(asked_by(day)))
    assert MEMBERS[0] <= len(asked) <= MEMBERS[1]
    assert all(asked.values())
    stock = [item for some in asked.values() for item in some]
    assert len(stock) == len(set(stock))


def test_half_of_the_attackers_have_a_benign_past(days: Sequence[Labelled], attacks: Sequence[Labelled]) -> None:
    attackers = {(day.tenant, day.caller): day.new for day in attacks}
    assert sum(attackers.values()) / len(attackers) == pytest.approx(0.5, abs=0.1)
    first: dict[tuple[int, str], Labelled] = {}
    for day in days:
        first.setdefault((day.tenant, day.caller), day)
    assert all(first[caller].benign != new for caller, new in attackers.items())


def test_about_one_benign_day_in_ten_looks_like_an_attack(days: Sequence[Labelled]) -> None:
    benign = [day for day in days if day.benign]
    assert sum(day.kind in {*ODD, *MEASURED} for day in benign) / len(benign) == pytest.approx(0.1, abs=0.035)


def test_volumes_have_a_long_tail(days: Sequence[Labelled]) -> None:
    volumes = sorted(len(day.requests) for day in days if day.benign)
    assert 3 <= volumes[len(volumes) // 4] < volumes[len(volumes) // 2] <= 20
    assert sum(volume > 100 for volume in volumes) < len(volumes) / 20


def test_requests_of_a_day_are_in_the_order_of_their_times_and_of_that_day(days: Sequence[Labelled]) -> None:
    for day in days:
        times = [request.call.time for request in day.requests]
        assert times == sorted(times)
        assert len({int(time) // 86_400 for time in times}) == 1


def test_nothing_is_left_to_fill_in_or_to_choose(days: Sequence[Labelled]) -> None:
    left = re.compile(r"\{[a-z_]+\d?\}")
    said = [text for text in texts(days) if left.search(text) and "format(" not in text]
    assert not said
    assert not [text for text in texts(days) if re.search(r"\((?:[a-z' ]+\|)+[a-z' ]*\)", text)]


def test_a_name_does_not_tell_who_attacks(days: Sequence[Labelled], attacks: Sequence[Labelled]) -> None:
    kinds = {*PEOPLE, *PROGRAMS}
    assert {day.caller.split("/")[1].rsplit("-", 1)[0] for day in attacks} <= kinds
    assert not any(family in day.caller for day in days for family in FAMILIES)


def test_a_tenant_without_any_public_text_asks_in_words_of_its_own() -> None:
    attacks = [day for day in days_of(1, 40, {}) if not day.benign]
    assert len({day.kind for day in attacks}) > 5
    assert len({text for day in attacks for text in asked_by(day)}) > 100


def test_passages_and_results_of_tools_come_along(days: Sequence[Labelled]) -> None:
    by_kind: dict[str, list[Contents]] = defaultdict(list)
    for day in days:
        by_kind[day.kind] += [request.contents for request in day.requests]
    assert any(one.brought and not one.user and one.messages > 1 for one in by_kind["agent"])
    assert all(one.tools_offered for one in by_kind["agent"])
    assert any(one.brought and one.user for one in by_kind["retrieval"])
    assert all(turn.text for some in by_kind.values() for one in some for turn in one.new)


def test_every_way_of_looking_odd_and_of_attacking_has_words() -> None:
    assert set(ODD) == set(table("odd_words")) - {"lists"}
    assert set(FAMILIES) - {SLOW, SPREAD} == set(table("attack_words")) - {"lists", "phrases"}
