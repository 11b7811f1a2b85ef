"""The sixth hand's tenants that heads are trained on: bench/training/market.py."""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from labelled import QUIET, Labelled
from market import FAMILIES, KINDS, Tenant
from market_callers import MOST
from market_campaigns import LEAST, MEMBERS, SLOWLY, TOGETHER
from market_phrases import written
from market_strategies import SLOW, SPREAD
from market_usage import looking_like, product, using
from market_work import Work, talk
from market_world import LOOKALIKES, PRODUCTS, World
from tenant_days import ROWS, asked_by, texts

HISTORY, DAYS = 5, 10
TENANTS, CALLERS = 3, 20


def days_of(number: int, callers: int, rows: Mapping[str, Sequence[Mapping[str, Any]]] = ROWS) -> list[Labelled]:
    return list(Tenant(number, rows, "test").days(callers=callers, history=HISTORY, days=DAYS))


@pytest.fixture(scope="module")
def tenants() -> Sequence[Sequence[Labelled]]:
    return [days_of(number, CALLERS) for number in range(TENANTS)]


@pytest.fixture(scope="module")
def days(tenants: Sequence[Sequence[Labelled]]) -> Sequence[Labelled]:
    return [day for some in tenants for day in some]


@pytest.fixture(scope="module")
def attacks(days: Sequence[Labelled]) -> Sequence[Labelled]:
    return [day for day in days if not day.benign]


def test_a_seed_makes_the_same_tenant_again_and_another_number_another() -> None:
    assert days_of(1, 2) == days_of(1, 2)
    assert texts(days_of(1, 2)) != texts(days_of(2, 2))


def test_honest_days_are_of_a_product_or_a_look_alike_and_every_family_attacks(
    days: Sequence[Labelled], attacks: Sequence[Labelled]
) -> None:
    assert {day.kind for day in days if day.benign} <= set(KINDS)
    assert {day.kind for day in attacks} == set(FAMILIES)


@pytest.mark.parametrize("name", PRODUCTS)
def test_users_of_every_product_ask_this_and_that(name: str) -> None:
    dice = random.Random(name)
    world = World(ROWS, dice)
    said_in(using(world, product(world, name, dice), False, None, dice), dice)


@pytest.mark.parametrize("name", LOOKALIKES)
def test_a_day_of_every_look_alike_asks_this_and_that(name: str) -> None:
    dice = random.Random(name)
    world = World(ROWS, dice)
    usual = using(world, product(world, "open_chat", dice), False, None, dice)
    said_in(looking_like(world, name, usual, dice), dice)


def said_in(work: Work, dice: random.Random) -> None:
    asked = [one for _ in range(20) for one in talk(work, 2, dice)]
    assert all(one.user or one.brought for one in asked)
    assert len({one.user for one in asked}) > 10


def test_nobody_attacks_before_the_history_is_over(attacks: Sequence[Labelled]) -> None:
    assert min(day.day for day in attacks) >= HISTORY > QUIET
    short = Tenant(1, ROWS, "test").days(callers=6, history=0, days=4)
    assert min(day.day for day in short if not day.benign) >= QUIET


def test_a_tenant_of_quiet_days_alone_has_no_attack() -> None:
    assert all(day.benign for day in Tenant(1, ROWS, "test").days(callers=4, history=3, days=3))


def test_attack_requests_are_the_share_of_a_day_that_its_label_says(days: Sequence[Labelled]) -> None:
    for day in days:
        found = len(asked_by(day))
        assert bool(found) != day.benign
        assert 0 < len(day.requests) <= MOST
        assert day.share == pytest.approx(found / len(day.requests))


def test_an_attack_day_has_requests_enough_but_for_slow_ones_and_groups(attacks: Sequence[Labelled]) -> None:
    most = {SLOW: SLOWLY, SPREAD: TOGETHER}
    for day in attacks:
        fewest, highest = most.get(day.kind, (LEAST, MOST))
        assert fewest <= len(asked_by(day)) <= highest


def test_attacks_hide_in_a_twentieth_of_a_day_and_fill_whole_ones(attacks: Sequence[Labelled]) -> None:
    shares = {round(day.share, 2) for day in attacks if day.kind not in (SLOW, SPREAD)}
    assert {0.05, 0.1, 0.25, 0.5, 1.0} <= shares


def test_a_slow_harvest_asks_on_each_day_until_the_end(attacks: Sequence[Labelled]) -> None:
    by_caller = defaultdict(list)
    for day in attacks:
        if day.kind == SLOW:
            by_caller[day.caller].append(day.day)
    assert by_caller
    assert all(found == list(range(HISTORY, DAYS)) for found in by_caller.values())


def test_a_group_has_several_members(tenants: Sequence[Sequence[Labelled]]) -> None:
    for some in tenants:
        members = {day.caller for day in some if day.kind == SPREAD}
        assert not members or len(members) >= MEMBERS[0]


def test_about_half_of_the_attackers_have_a_benign_past(days: Sequence[Labelled], attacks: Sequence[Labelled]) -> None:
    first = {day.caller: day for day in reversed(attacks)}
    early = {day.caller for day in days if day.day < HISTORY}
    assert all(day.new for caller, day in first.items() if caller not in early)
    assert not any(day.new for caller, day in first.items() if caller in early)
    assert sum(day.new for day in first.values()) / len(first) == pytest.approx(0.5, abs=0.15)


def test_the_name_of_a_caller_does_not_tell_who_attacks(days: Sequence[Labelled]) -> None:
    assert all(re.fullmatch(rf"market-{day.tenant}/[a-z_]+-\d+", day.caller) for day in days)


def test_about_one_benign_day_in_ten_looks_like_somebody_else(days: Sequence[Labelled]) -> None:
    benign = [day for day in days if day.benign]
    assert 0.05 < sum(day.kind in LOOKALIKES for day in benign) / len(benign) < 0.15


def test_requests_of_a_day_are_in_the_order_of_their_times_and_of_that_day(days: Sequence[Labelled]) -> None:
    for day in days:
        times = [request.call.time for request in day.requests]
        assert times == sorted(times)
        assert len({int(time) // 86_400 for time in times}) == 1


def test_nothing_is_left_to_fill_in(days: Sequence[Labelled]) -> None:
    lists = {*written("words")["lists"], *written("attack_words")["lists"]}
    slots = {*lists, "q", "doc", "a", "b", "t", "s", "coded", "w", "v", "n", "name", "brand", "code", "date"}
    left = re.compile("|".join(f"\\{{{name}\\}}" for name in sorted(slots)))
    assert not [text for text in texts(days) if left.search(text)]
    assert not [one for day in days for one in day.requests if left.search(one.contents.answered)]


def test_nothing_that_is_sent_is_empty(days: Sequence[Labelled]) -> None:
    assert all(turn.text for day in days for request in day.requests for turn in request.contents.new)
    assert all(request.contents.new for day in days for request in day.requests)


def test_tenants_have_little_of_what_they_say_in_common(tenants: Sequence[Sequence[Labelled]]) -> None:
    public = {row["text"] for rows in ROWS.values() for row in rows}
    said = [{text for text in texts(some) if len(text) > 60 and text not in public} for some in tenants]
    for place, one in enumerate(said):
        for other in said[place + 1 :]:
            assert len(one & other) < min(len(one), len(other)) / 50


def test_a_tenant_without_any_public_text_asks_in_words_of_its_own() -> None:
    found = [day for number in range(3) for day in days_of(number, 2, {})]
    assert {day.kind for day in found if not day.benign} == set(FAMILIES)
