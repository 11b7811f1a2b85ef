"""The fourth hand's tenants that heads are trained on: bench/training/enterprise.py."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from enterprise import CHANGED, KINDS, Tenant
from enterprise_campaigns import ALONE, FAMILIES, LEAST, MEMBERS, SHARES, SLOW, SPREAD, plans
from enterprise_grammar import words
from enterprise_hours import MOST
from labelled import QUIET, Labelled
from tenant_days import ROWS, asked_by, texts

from tidegate.sources.contents import Contents

HISTORY, DAYS = 5, 10
TENANTS = 2


def days_of(number: int, callers: int, rows: Mapping[str, Sequence[Mapping[str, Any]]] = ROWS) -> list[Labelled]:
    return list(Tenant(number, rows, "test").days(callers=callers, history=HISTORY, days=DAYS))


@pytest.fixture(scope="module")
def days() -> Sequence[Labelled]:
    return [day for number in range(TENANTS) for day in days_of(number, 100)]


@pytest.fixture(scope="module")
def attacks(days: Sequence[Labelled]) -> Sequence[Labelled]:
    return [day for day in days if not day.benign]


def test_a_seed_makes_the_same_tenant_and_another_number_another() -> None:
    assert days_of(1, 20) == days_of(1, 20)
    assert texts(days_of(1, 20)) != texts(days_of(2, 20))


def test_every_kind_calls_every_change_happens_and_every_family_attacks(
    days: Sequence[Labelled], attacks: Sequence[Labelled]
) -> None:
    assert {day.kind for day in days if day.benign} == {*KINDS, *CHANGED}
    assert {day.kind for day in attacks} == set(FAMILIES)
    assert {day.share for day in attacks} == set(SHARES)


@pytest.mark.parametrize("half", [0, 1])
def test_tenants_of_a_half_attack_in_every_way_at_every_share(half: int) -> None:
    planned = {plan for number in range(80 + half, 96, 2) for plan in plans(number, 20)}
    assert planned == {(family, share) for family in ALONE for share in SHARES}


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
            assert found >= (3 if day.kind == SLOW else LEAST)


def test_a_slow_harvest_asks_a_few_requests_on_each_day(attacks: Sequence[Labelled]) -> None:
    by_caller = defaultdict(list)
    for day in attacks:
        if day.kind == SLOW:
            by_caller[day.caller].append(day)
    for some in by_caller.values():
        assert [day.day for day in some] == list(range(HISTORY, DAYS))
        assert all(len(asked_by(day)) <= 10 for day in some)


def test_a_group_has_as_many_members_as_one_pool_is_shared_out_to(attacks: Sequence[Labelled]) -> None:
    members = {day.caller for day in attacks if day.kind == SPREAD}
    assert MEMBERS[0] * TENANTS <= len(members) <= 2 * MEMBERS[1] * TENANTS


def test_half_of_the_attackers_have_a_benign_past(days: Sequence[Labelled], attacks: Sequence[Labelled]) -> None:
    early = {day.caller for day in days if day.day < HISTORY}
    attackers = {day.caller: day.new for day in attacks}
    assert all((caller in early) != new for caller, new in attackers.items())
    assert sum(attackers.values()) / len(attackers) == pytest.approx(0.5, abs=0.1)


def test_about_one_benign_day_in_twelve_is_unlike_its_callers_others(days: Sequence[Labelled]) -> None:
    benign = [day for day in days if day.benign]
    assert sum(day.kind in CHANGED for day in benign) / len(benign) == pytest.approx(1 / 12, abs=0.03)


def test_requests_of_a_day_are_in_the_order_of_their_times_and_of_that_day(days: Sequence[Labelled]) -> None:
    for day in days:
        times = [request.call.time for request in day.requests]
        assert times == sorted(times)
        assert len({int(time) // 86_400 for time in times}) == 1


def test_nothing_is_left_to_fill_in(days: Sequence[Labelled]) -> None:
    slots = {*words()[0], "q", "doc", "a", "b", "context", "shots", "coded", "rule", "n", "nn", "thing", "matter"}
    left = re.compile("|".join(f"\\{{{name}\\}}" for name in sorted(slots)))
    assert not [text for text in texts(days) if left.search(text)]


def test_a_tenant_without_any_public_text_asks_in_words_of_its_own() -> None:
    assert {day.kind for day in days_of(1, 60, {}) if not day.benign} == set(FAMILIES)


def test_passages_and_results_of_tools_come_along(days: Sequence[Labelled]) -> None:
    by_kind: dict[str, list[Contents]] = defaultdict(list)
    for day in days:
        by_kind[day.kind] += [request.contents for request in day.requests]
    assert any(one.brought and not one.user and one.messages > 1 for one in by_kind["agent_operator"])
    assert all(one.tools_offered for one in by_kind["agent_operator"])
    assert any(one.brought and one.user for one in by_kind["reader"])
    assert all(turn.text for some in by_kind.values() for one in some for turn in one.new)
