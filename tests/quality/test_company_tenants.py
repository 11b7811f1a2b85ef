"""The third hand's tenants that heads are trained on: bench/training/company.py."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import pytest
from company import CAMPAIGNS, MEMBERS, SHARES, Tenant
from company_attacks import FAMILIES, LEAST, SLOW, SPREAD
from company_people import CLASSES, MOST
from labelled import QUIET, Labelled
from tenant_days import ROWS, asked_by, texts

HISTORY, DAYS = 5, 10


def days_of(number: int = 1, callers: int = 120) -> list[Labelled]:
    return list(Tenant(number, ROWS, "test").days(callers=callers, history=HISTORY, days=DAYS))


@pytest.fixture(scope="module")
def days() -> Sequence[Labelled]:
    return days_of()


@pytest.fixture(scope="module")
def attacks(days: Sequence[Labelled]) -> Sequence[Labelled]:
    return [day for day in days if not day.benign]


def test_a_seed_makes_the_same_tenant_and_another_number_another() -> None:
    assert texts(days_of(callers=20)) == texts(days_of(callers=20))
    assert texts(days_of(callers=20)) != texts(days_of(number=2, callers=20))


def test_every_class_calls_and_every_family_attacks_at_every_share(
    days: Sequence[Labelled], attacks: Sequence[Labelled]
) -> None:
    assert {day.kind for day in days if day.benign} == set(CLASSES)
    assert {(day.kind, day.share) for day in attacks} == {(name, share) for name in FAMILIES for share in SHARES}


def test_nobody_attacks_before_the_history_is_over(attacks: Sequence[Labelled]) -> None:
    assert min(day.day for day in attacks) >= HISTORY > QUIET


def test_attack_requests_are_the_planned_share_of_a_day(days: Sequence[Labelled]) -> None:
    for day in days:
        found = len(asked_by(day))
        assert bool(found) != day.benign
        assert len(day.requests) <= MOST
        if not day.benign and len(day.requests) < MOST:
            assert found >= (3 if day.kind != "knowledge_base_scraping" else LEAST[day.kind])
            assert found / len(day.requests) == pytest.approx(day.share, rel=0.05)


def test_a_slow_harvest_asks_a_few_requests_on_each_day(attacks: Sequence[Labelled]) -> None:
    by_caller = defaultdict(list)
    for day in attacks:
        if day.kind == SLOW:
            by_caller[day.caller].append(day)
    for some in by_caller.values():
        assert [day.day for day in some] == list(range(HISTORY, DAYS))
        assert all(3 <= len(asked_by(day)) <= 10 for day in some)


def test_a_group_shares_out_one_pool(attacks: Sequence[Labelled]) -> None:
    members = {day.caller for day in attacks if day.kind == SPREAD}
    assert MEMBERS[0] * CAMPAIGNS <= len(members) <= MEMBERS[1] * CAMPAIGNS


def test_half_of_the_attackers_have_a_benign_past(days: Sequence[Labelled], attacks: Sequence[Labelled]) -> None:
    early = {day.caller for day in days if day.day < HISTORY}
    attackers = {day.caller: day.new for day in attacks}
    assert all((caller in early) != new for caller, new in attackers.items())
    assert sum(attackers.values()) / len(attackers) == pytest.approx(0.5, abs=0.1)


def test_requests_of_a_day_are_in_the_order_of_their_times_and_of_that_day(days: Sequence[Labelled]) -> None:
    for day in days:
        times = [request.call.time for request in day.requests]
        assert times == sorted(times)
        assert len({int(time) // 86_400 for time in times}) <= 1


def test_nothing_is_left_to_fill_in(days: Sequence[Labelled]) -> None:
    assert not [
        text for text in texts(days) if any(f"{{{name}}}" in text for name in ("o", "a", "d", "f1", "q", "doc"))
    ]


def test_tools_and_passages_come_along_where_an_application_sends_them(days: Sequence[Labelled]) -> None:
    sent = {day.kind: day.requests for day in days if day.benign}
    assert any(request.contents.brought and not request.contents.user for request in sent["agent_user"])
    assert all("<passages>" in request.contents.user for request in sent["rag_user"])
    assert all(request.contents.tools_offered for request in sent["coding_assistant"])
